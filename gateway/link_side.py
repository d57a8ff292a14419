"""Article 8 in the daemon: what is seen of the gateway, and heard of devices, becomes what depositors are told."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

import msgspec

from gateway import __version__
from gateway.daemon import Daemon
from gateway.link.chronicle import AT_ONCE
from gateway.link.incident_book import moved_on, placed, resume
from gateway.link.instant import Instant
from gateway.link.link_file import Kept, load, new_standing
from gateway.link.looking import Looked, Standing, look, tell_of_death
from gateway.link.losses import by_depositor, newly_lost
from gateway.link.operator.certificates import certificates_due
from gateway.link.operator.daemon_happenings import past_outage, started, stopping
from gateway.link.operator.depositor_happenings import incident_happening
from gateway.link.operator.notices_state import channels_changed
from gateway.link.operator.occurrences import Seen, occurrences
from gateway.link.operator.policy_happenings import policy_refused
from gateway.link.operator.repair_happenings import repair_happening
from gateway.link.operator.stats_document import by_outcome, counters_of
from gateway.link.outage import Gap
from gateway.link.signals import Signals
from gateway.link.traffic_totals import TrafficTotals
from gateway.link_parts import LinkParts
from gateway.notices.notice import Lane
from gateway.policy.verdict import Verdict
from gateway.supervision.repairs import RepairNews
from radio.packets import RxPacket

if TYPE_CHECKING:
    from gateway.broker.client import BrokerState

LOOK_S = 1.0
SAVE_EVERY_S = 45.0
TRAFFIC_EVERY_S = 3_600.0
CHANNELS_EVERY_S = 10.0
# Incidents' events for which a disk that takes no evidence is waited; the evidence itself waits with more.
MOST_UNPROVEN = 1_000
# Their ends are days away; the broker's is known once it was connected to.
CERTIFICATES_EVERY_S = 600.0


class LinkSide:
    """Looks at the gateway's links once a second, and tells whoever is to know."""

    def __init__(self, daemon: Daemon, parts: LinkParts) -> None:
        """Go on with what is kept."""
        self._daemon = daemon
        self._parts = parts
        self._open_without_policy = daemon.policy is not None and daemon.policy.is_open_without
        kept = load(parts.links_file)
        self._unproven = () if kept is None else kept.unproven
        # Whether some of them have not even been given to the evidence; those of the last run were not, by this one.
        self._has_unrecorded = bool(self._unproven)
        self._standing = new_standing() if kept is None else self._resumed(kept)
        self._seen = Seen()
        # What was told to be given up, of each depositor's; None until it is known what the store counted before.
        self._lost = None if kept is None else kept.lost
        self._is_resumed = False
        self._gap: Gap | None = None
        # What the evidence says of the policy in force; nothing yet, since this start.
        self._recorded: tuple[int | None, str | None] | None = None
        self._refusal = None if daemon.policy is None else daemon.policy.last_refusal
        self._failing: frozenset[Lane] = frozenset()
        self._due_ms: dict[str, int] = {}
        self.beat_s: float | None = None
        """When it last looked, by the event loop's clock; None before."""
        self.signals: Signals | None = None
        """What the last look saw of the gateway."""
        parts.work.keep = self._keep
        daemon.listener.recovery.on_news(self._repaired)
        if daemon.broker is not None:
            daemon.broker.on_state(self._on_broker)

    @property
    def standing(self) -> Standing:
        """Links and incidents, as the last look left them."""
        return self._standing

    def heard(self, packets: Sequence[RxPacket], verdicts: Sequence[Verdict]) -> None:
        """A batch was heard, and judged."""
        now, parts = self._parts.present.now(), self._parts
        parts.heard.take(packets, verdicts, now)
        parts.months.take(packets, verdicts, now)
        if parts.feed is not None:
            parts.feed.take(packets, verdicts, now)

    def _repaired(self, news: RepairNews) -> None:
        """Something was done about the radio."""
        self._parts.chronicle.repair(news)
        self._parts.voice.happened(repair_happening(news))

    def count(self) -> None:
        """A statistics interval is over."""
        daemon, now = self._daemon, self._parts.present.now()
        counts = None if daemon.policy is None else by_outcome(daemon.policy.counts.uplinks.items())
        backends = {backend.name: backend.counters for backend in daemon.pipeline.backends}
        counters = counters_of(now.ms, daemon.pipeline.totals, counts, daemon.pipeline.refusals, backends)
        self._parts.voice.tell_stats(counters, now)

    async def run(self) -> None:
        """Watch and tell, until cancelled."""
        parts = self._parts
        self._begin()
        try:
            async with asyncio.TaskGroup() as tasks:
                if parts.evidence is not None:
                    tasks.create_task(parts.evidence.run())
                # What the last run could not tell is kept before this one leaves its first sign of life.
                await self._look()
                for part in (parts.notifier, parts.requests, parts.teller, parts.months, parts.life):
                    if part is not None:
                        tasks.create_task(part.run())
                tasks.create_task(self._look_regularly())
                tasks.create_task(self._watch_certificates())
        finally:
            self._end()

    def _begin(self) -> None:
        """Find how the last run ended, before there is a sign of life of this one."""
        parts, policy = self._parts, self._daemon.policy
        self._gap = parts.life.gap()
        parts.chronicle.started(self._gap)
        if self._gap is not None:
            parts.voice.happened(past_outage(self._gap))
        in_force = None if policy is None else policy.in_force
        parts.voice.happened(started(__version__, None if in_force is None else in_force.policy.serial))

    async def _resume(self, now: Instant) -> None:
        """Tell depositors what could not be told before the last run ended; comes once it is known who they are."""
        if self._is_resumed:
            return
        self._is_resumed = True
        for event in self._unproven:
            self._parts.chronicle.incident(event)
        self._has_unrecorded = False
        if self._gap is not None:
            depositors = list(self._parts.parties.depositors)
            await self._take(tell_of_death(self._standing, depositors, self._gap, now), now)
        self._parts.teller.tell()

    def _end(self) -> None:
        """Leave what a next run needs. Blocks for as long as the disk takes."""
        parts, is_ordered = self._parts, self._daemon.stop.is_set()
        now = parts.present.now()
        parts.chronicle.traffic(self._totals(), now)
        if is_ordered:
            parts.chronicle.stopped()
            parts.voice.happened(stopping(parts.health.uptime_s))
        if parts.evidence is not None:
            parts.evidence.close()
        if self._is_proven:
            self._unproven = ()
        parts.keeper.keep_now(self._kept())
        parts.months.save()
        parts.life.beat(stopped=is_ordered)

    async def _look_regularly(self) -> None:
        """Until the daemon is told to stop: a radio that is stopped in order is no trouble of anybody's link."""
        await asyncio.sleep(LOOK_S)
        while not self._daemon.stop.is_set():
            self.beat_s = asyncio.get_running_loop().time()
            await self._look()
            await asyncio.sleep(LOOK_S)

    async def _watch_certificates(self) -> NoReturn:
        """One that comes to its end is told to operators, again after each start."""
        parts = self._parts
        told: Mapping[str, int] = {}
        while True:
            parts.health.certificates = await parts.certificates.look()
            known_unix_s = parts.present.known_unix_s()
            told, happened = certificates_due(told, parts.health.certificates, known_unix_s)
            parts.voice.happened(*happened)
            await asyncio.sleep(CERTIFICATES_EVERY_S)

    async def _look(self) -> None:
        """One look at everything: what is found is kept first, and then told."""
        parts, now = self._parts, self._parts.present.now()
        signals = self.signals = self._signals()
        parts.work.look(signals.unix_s)
        parts.chronicle.clock(now)
        self._follow_policy()
        self._count_losses(now)
        if parts.parties.policy is not None or self._daemon.policy is None:
            await self._resume(now)
            subjects = parts.parties.subjects(parts.heard)
            looked = look(self._standing, signals, subjects, now, open_without_policy=self._open_without_policy)
            await self._take(looked, now)
        self._tell_operators(signals, now)
        if self._is_due("traffic", TRAFFIC_EVERY_S, now):
            parts.chronicle.traffic(self._totals(), now)
        if self._unproven and self._is_proven:
            self._unproven, parts.teller.has_progressed = (), True
        if parts.teller.has_progressed or self._is_due("keep", SAVE_EVERY_S, now):
            parts.teller.has_progressed = False
            await self._keep()

    async def _take(self, looked: Looked, now: Instant) -> None:
        """What a look came to: the links' documents at once, incidents once they are kept, and then in the evidence."""
        parts = self._parts
        gone = self._standing.links.keys() - looked.standing.links.keys()
        self._standing = looked.standing
        # Before anything is waited for: whoever has the links kept meanwhile keeps these with them.
        parts.teller.take(looked.events)
        book, now_in_book = moved_on(looked.standing.book, now)
        for depositor, change in looked.changes:
            parts.chronicle.link(depositor, change, placed(book, change.after.since_ms, now_in_book))
        self._unproven = (*self._unproven, *looked.events)[-MOST_UNPROVEN:]
        self._has_unrecorded |= bool(looked.events)
        parts.depositors.clear(gone - parts.parties.depositors.keys())
        await parts.depositors.tell(self._standing, parts.work.planned)
        if looked.events:
            await self._keep()
            # Kept first: what a kill keeps from the evidence is recorded at the next start, before anybody is told.
            for event in looked.events:
                parts.chronicle.incident(event)
            self._has_unrecorded = False
            if any(event.kind in AT_ONCE for event in looked.events):
                await parts.chronicle.written()
            parts.teller.tell()
            parts.voice.happened(*map(incident_happening, looked.events))

    def _tell_operators(self, signals: Signals, now: Instant) -> None:
        parts = self._parts
        self._seen, happened = occurrences(self._seen, signals)
        parts.voice.happened(*happened)
        if parts.notifier is not None and self._is_due("channels", CHANNELS_EVERY_S, now):
            self._failing, changed = channels_changed(self._failing, parts.notifier.state.lanes)
            parts.voice.happened(*changed)
        health = parts.health.look(signals, self._standing, parts.parties, parts.gateway_eui, now)
        parts.voice.tell_health(health, now)

    def _signals(self) -> Signals:
        """What the daemon's parts tell, and what keeps the records of this one from the disk."""
        parts = self._parts
        signals = parts.observer.look()
        router = self._daemon.pipeline.router
        problem = parts.keeper.error or (None if parts.evidence is None else parts.evidence.error)
        problem = problem or (None if router is None else router.keeper.error)
        if problem is None or signals.disk_error is not None:
            return signals
        return msgspec.structs.replace(signals, disk_error=problem)

    def _follow_policy(self) -> None:
        """Whom it concerns, from now on; and what was refused since the last look."""
        policy, parts = self._daemon.policy, self._parts
        held = None if policy is None else policy.in_force
        recorded = (None, None) if held is None else (held.policy.serial, held.digest)
        if recorded != self._recorded:
            self._recorded = recorded
            parts.chronicle.policy(*recorded)
        if policy is None:
            return
        former = parts.parties.policy
        parts.parties.follow(policy.last, policy.known_unix_s, is_in_force=held is not None)
        if parts.notifier is not None and policy.last is not former:
            parts.notifier.follow(policy.last)
        if parts.feed is not None:
            parts.feed.follow(None if held is None else held.policy)
        if policy.last_refusal is not None and policy.last_refusal is not self._refusal:
            self._refusal = policy.last_refusal
            parts.voice.happened(policy_refused(self._refusal.source, self._refusal.reason, recorded[0]))

    def _count_losses(self, now: Instant) -> None:
        """Of which uplinks it is known by now that no server gets them."""
        router = self._daemon.pipeline.router
        if router is None or not router.is_ready:
            return
        if self._lost is None:
            self._lost = by_depositor(router.keeper.losses)
        self._lost, lost = newly_lost(self._lost, router.keeper.losses)
        for depositor, count in lost.items():
            self._parts.heard.lose(depositor, count, now)
            self._parts.months.lose(depositor, count, now)

    @property
    def _is_proven(self) -> bool:
        """Whether the evidence has all incidents, also what the last run left, and what a stop came upon."""
        return not self._has_unrecorded and self._parts.chronicle.is_written

    def _totals(self) -> dict[str, TrafficTotals]:
        heard = self._parts.heard
        return {depositor: heard.totals_of(depositor) for depositor in heard.forwarded}

    def _on_broker(self, state: "BrokerState") -> None:
        """A broker that was away knows old documents, or none; those of links come with the next look."""
        if state.connected:
            parts = self._parts
            parts.depositors.forget()
            parts.teller.publish_again()

    def _resumed(self, kept: Kept) -> Standing:
        """Where the last run stopped; where it was away for longer, `tell_of_death` begins the links anew."""
        parts = self._parts
        last, now = parts.life.last, parts.present.now()
        same_boot = last is not None and last.boot_id == parts.present.boot_id
        parts.teller.resume(kept.stories, kept.untold)
        parts.work.planned = kept.maintenance
        return Standing(resume(kept.standing.book, now, same_boot=same_boot), kept.standing.links)

    def _kept(self) -> Kept:
        teller = self._parts.teller
        return Kept(self._standing, teller.stories, teller.untold, self._parts.work.planned, self._lost, self._unproven)

    async def _keep(self) -> None:
        await self._parts.keeper.keep(self._kept())

    def _is_due(self, what: str, every_s: float, now: Instant) -> bool:
        """Whether it is so long ago, or never was; from now on it is not."""
        due_ms = self._due_ms.get(what)
        if due_ms is not None and now.ms < due_ms:
            return False
        self._due_ms[what] = now.ms + round(every_s * 1000)
        return True
