"""What was heard of each depositor's devices, as the depositor may know it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from gateway.link.device_flags import status_of
from gateway.link.device_heard import DeviceHeard, note, take_over
from gateway.link.gathered import TOLD_BY_THE_LINK, Uplinks
from gateway.link.incident import IncidentKind
from gateway.link.instant import Instant
from gateway.link.messages import dev_addr_text, eui_text
from gateway.link.messages_depositor import DeviceStatus, Traffic
from gateway.link.past_moment import ago_s, utc_of
from gateway.link.traffic_totals import NONE_YET, Day, TrafficTotals, moved_on
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict
from radio.packets import RxPacket

MOST_DEVICES = 1000
FORGOTTEN_AT_ONCE = 50
MOST_LISTED = 200
# More than an incident names; see `gateway.link.gathered`.
MOST_NEWS_DEVICES = 100


class Heard:
    """All depositors, since `start`. Packets that are no depositor's are counted apart, without their devices."""

    def __init__(self, start: Instant) -> None:
        self.nobodys: Counter[Outcome] = Counter()
        self._depositors: dict[str, _DepositorHeard] = {}
        self._day = Day(start.ms)
        self._looked_ms = start.ms
        self._look(start)

    def take(self, packets: Sequence[RxPacket], verdicts: Sequence[Verdict], now: Instant) -> None:
        """A batch, with its verdicts, heard just now."""
        self._look(now)
        for packet, verdict in zip(packets, verdicts, strict=True):
            if verdict.depositor is None:
                self.nobodys[verdict.outcome] += 1
            else:
                self._of(verdict.depositor).take(packet, verdict, now.ms)

    def lose(self, depositor: str, count: int, now: Instant) -> None:
        """So many of the forwarded were lost. They count on the day on which that is found out."""
        self._look(now)
        self._of(depositor).totals.lost += count

    @property
    def forwarded(self) -> dict[str, int]:
        """How many were forwarded since the start, by depositor."""
        return {depositor: each.totals.forwarded for depositor, each in self._depositors.items()}

    def totals_of(self, depositor: str) -> TrafficTotals:
        """What was counted since the start."""
        known = self._depositors.get(depositor)
        return TrafficTotals() if known is None else known.totals.copy()

    def traffic_of(self, depositor: str, now: Instant) -> Traffic:
        """What was counted since midnight UTC, or since the start if that was later, or while the clock is not sure.

        A clock that becomes sure, or jumps, begins the day's counters anew where midnight was since they began.
        """
        self._look(now)
        day = self.totals_of(depositor).since(self._day.totals.get(depositor, NONE_YET))
        return Traffic(
            since=utc_of(now, self._day.began_ms),
            for_s=ago_s(now, self._day.began_ms),
            heard=day.heard,
            forwarded=day.forwarded,
            refused=day.refused,
            over_limits=day.over_limits,
            lost=day.lost,
        )

    def news_of(self, depositor: str) -> dict[IncidentKind, Uplinks]:
        """What came since this was asked last, for each kind of incident that gathers uplinks."""
        known = self._depositors.get(depositor)
        return {kind: Uplinks() for kind in _NEWS} if known is None else known.pop_news()

    def devices_of(self, depositor: str, now: Instant, most: int = MOST_LISTED) -> tuple[tuple[DeviceStatus, ...], int]:
        """The devices heard last, the latest first, and how many known ones that leaves out.

        No more than MOST_DEVICES are known of a depositor: those heard longest ago are forgotten.
        """
        known = self._depositors.get(depositor)
        if known is None:
            return (), 0
        latest = islice(reversed(known.devices.values()), most)
        listed = tuple([status_of(device, now) for device in latest])
        return listed, len(known.devices) - len(listed)

    def _of(self, depositor: str) -> "_DepositorHeard":
        known = self._depositors.get(depositor)
        if known is None:
            known = self._depositors[depositor] = _DepositorHeard()
        return known

    def _look(self, now: Instant) -> None:
        self._day = moved_on(self._day, now, self._looked_ms, self._totals)
        self._looked_ms = now.ms

    def _totals(self) -> Mapping[str, TrafficTotals]:
        return {depositor: each.totals for depositor, each in self._depositors.items()}


_NEWS = (IncidentKind.REFUSALS, IncidentKind.OVER_LIMITS, IncidentKind.NEAR_LIMIT)


class _News(msgspec.Struct):
    """What one kind of incident has to gather next."""

    counts: dict[Outcome, int] = {}
    devices: dict[str, None] = {}

    def take(self, verdict: Verdict) -> None:
        """One packet more. Whose device a forged one is, nobody knows; some are not told one by one."""
        outcome = verdict.outcome
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        if outcome is Outcome.FORGED or outcome in TOLD_BY_THE_LINK or len(self.devices) >= MOST_NEWS_DEVICES:
            return
        if verdict.dev_eui is not None:
            self.devices[eui_text(verdict.dev_eui)] = None
        elif verdict.dev_addr is not None:
            self.devices[dev_addr_text(verdict.dev_addr)] = None


class _DepositorHeard:
    """One depositor's packets: counts of all, and the devices heard last, by DevEUI or ~DevAddr, the latest last."""

    def __init__(self) -> None:
        self.totals = TrafficTotals()
        self.devices: dict[int, DeviceHeard] = {}
        self._refusals, self._over_limits, self._near_limit = _News(), _News(), _News()

    def take(self, packet: RxPacket, verdict: Verdict, now_ms: int) -> None:
        """One packet more."""
        self.totals.take(verdict)
        standing = verdict.standing
        use = None if standing is None else verdict.tightest
        # As `verdict.warned`, which would work out the same once more.
        warned = standing is not None and use is not None and use.share >= standing.warning_share
        if not verdict.forwarded:
            self._refusals.take(verdict)
        else:
            if verdict.would_refuse:
                self._over_limits.take(verdict)
            if warned:
                self._near_limit.take(verdict)
        if verdict.outcome is Outcome.FORGED:
            return
        device = self._placed_last(verdict)
        if device is not None:
            note(device, packet, verdict, use, now_ms, warned=warned)

    def pop_news(self) -> dict[IncidentKind, Uplinks]:
        """What came since the last time."""
        news = (self._refusals, self._over_limits, self._near_limit)
        self._refusals, self._over_limits, self._near_limit = _News(), _News(), _News()
        return {kind: Uplinks(each.counts, tuple(each.devices)) for kind, each in zip(_NEWS, news, strict=True)}

    def _placed_last(self, verdict: Verdict) -> DeviceHeard | None:
        """The record of a packet's device, from now on the latest."""
        devices, dev_eui, dev_addr = self.devices, verdict.dev_eui, verdict.dev_addr
        if dev_eui is not None:
            key = dev_eui
        elif dev_addr is not None:
            key = ~dev_addr
        else:
            return None
        device = devices.pop(key, None)
        if device is None:
            device = DeviceHeard(dev_eui, dev_addr)
            self._make_room()
        if dev_eui is not None and dev_addr is not None:
            # Until the server told of it, it was known by its DevAddr only.
            former = devices.pop(~dev_addr, None)
            if former is not None:
                take_over(device, former)
        devices[key] = device
        return device

    def _make_room(self) -> None:
        if len(self.devices) >= MOST_DEVICES:
            for oldest in list(islice(self.devices, FORGOTTEN_AT_ONCE)):
                del self.devices[oldest]
