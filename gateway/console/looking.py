"""The daemon's parts → a snapshot. Costs nothing until it is asked for; costs no transfer of the radio's then."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway import __version__
from gateway.config import Config
from gateway.config.servers import ServerConfig
from gateway.console.hour import Hour, traffic
from gateway.console.snapshot import (
    BrokerPart,
    ClockPart,
    DiskPart,
    GnssPart,
    IncidentPart,
    MaintenancePart,
    PolicyPart,
    RadioPart,
    RadioState,
    Repair,
    RoutePart,
    ServerPart,
    Snapshot,
    StorePart,
)
from gateway.daemon import Daemon
from gateway.gnss_time import NoGnssTime
from gateway.host_state import HWMON, THROTTLED, Power, look_at_disk
from gateway.listener import Listener
from gateway.pipeline import Totals

if TYPE_CHECKING:
    from gateway.link.incident import Incident
    from gateway.link_side import LinkSide

# A start takes well under a second; see `gateway.link.observing`.
START_PATIENCE_S = 10.0


class Look:
    """Looks into the daemon. What is known later than the beginning is set later: `link`, and who it is."""

    def __init__(self, config: Config, daemon: Daemon, now_s: Callable[[], float] = time.monotonic) -> None:
        self.eui: int | None = config.gateway_eui
        self.model: str | None = None
        self.link: LinkSide | None = None
        self.starts = 0
        self._config = config
        self._daemon = daemon
        self._now_s = now_s
        self._began_s = now_s()
        self._hour = Hour(self._began_s)
        self._power: Power | None = None

    def identified(self, eui: int, model: str) -> None:
        """The radio has told which gateway this is, and what it has."""
        self.eui, self.model = eui, model

    def sample(self) -> None:
        """Once a minute: see `Hour`."""
        self._hour.sample(self._now_s(), self._daemon.pipeline.totals)

    def snapshot(self) -> Snapshot:
        """All of it, now."""
        now_s, daemon = self._now_s(), self._daemon
        totals = daemon.pipeline.totals
        uptime_s = now_s - self._began_s
        if self._power is None:
            self._power = Power(THROTTLED, HWMON)
        return Snapshot(
            version=__version__,
            gateway_eui=None if self.eui is None else f"{self.eui:016X}",
            name=self._config.gateway.name,
            uptime_s=round(uptime_s, 1),
            radio=self._radio(uptime_s),
            since_start=traffic(uptime_s, Totals(), totals),
            last_hour=self._hour.until(now_s, totals),
            servers=self._servers(),
            routes=self._routes(),
            clock=self._clock(),
            disk=self._disk(),
            broker=self._broker(),
            store=self._store(),
            policy=self._policy(),
            links=self._links(),
            incidents=self._incidents(),
            maintenance=self._maintenance(),
            undervoltage=self._power.undervoltage(),
            stuck=tuple(part.name for part in daemon.vitals.stuck),
        )

    def _radio(self, uptime_s: float) -> RadioPart:
        listener = self._daemon.listener
        at_work, silent_s, problem = listener.concentrator, listener.silent_s, listener.problem
        if silent_s is not None:
            state = RadioState.WORKING
        elif problem is None and not self.starts and uptime_s < START_PATIENCE_S:
            state = RadioState.STARTING
        else:
            state = RadioState.LOST
        return _with_recovery(
            RadioPart(
                state=state,
                problem=problem,
                model=self.model,
                counter_us=None if at_work is None else at_work.health().counter_us,
                temperature_c=listener.temperature_c,
                heard_s=None if silent_s is None else round(silent_s, 1),
                usual_silence_s=listener.usual_silence_s,
                starts=self.starts,
                faults=listener.faults(),
                deafness=None if listener.deafness is None else listener.deafness.value,
            ),
            listener,
        )

    def _servers(self) -> tuple[ServerPart, ...]:
        """Those of the configuration; before their ends are made, they are not connected."""
        counters = {backend.name: backend.counters for backend in self._daemon.pipeline.backends}
        parts = []
        for server in self._config.servers:
            counts = counters.get(server.name)
            answered_s = None if counts is None else counts.last_acknowledged_s
            parts.append(
                ServerPart(
                    name=server.name,
                    kind=_kind(server),
                    connected=counts is not None and counts.connected,
                    unanswered_s=None if answered_s is None else round(max(0.0, self._now_s() - answered_s), 1),
                    sent=0 if counts is None else counts.uplinks_sent,
                    acknowledged=0 if counts is None else counts.uplinks_acknowledged,
                    dropped=0 if counts is None else counts.uplinks_dropped,
                )
            )
        return tuple(parts)

    def _routes(self) -> tuple[RoutePart, ...]:
        router = self._daemon.pipeline.router
        return tuple(
            RoutePart(
                name=route.name,
                servers=tuple(route.servers),
                active=None if router is None else router.active_of(route.name),
            )
            for route in self._config.routes
        )

    def _clock(self) -> ClockPart:
        clock, gnss = self._daemon.clock, self._daemon.pipeline.gnss
        return ClockPart(
            unix_s=round(time.time(), 3),
            synchronised=clock.unix_time_s() is not None,
            gnss=None
            if isinstance(gnss, NoGnssTime)
            else GnssPart(time_known=gnss.utc_ns is not None, agreed_s=gnss.agreed_s, problem=gnss.problem),
        )

    def _disk(self) -> DiskPart:
        try:
            free_share, problem = look_at_disk(Path(self._config.gateway.state_dir))
        except OSError as error:
            free_share, problem = None, error.strerror or str(error)
        signals = None if self.link is None else self.link.signals
        if problem is None and signals is not None:
            problem = signals.disk_error
        return DiskPart(free_share=None if free_share is None else round(free_share, 3), problem=problem)

    def _broker(self) -> BrokerPart | None:
        broker = self._daemon.broker
        if broker is None:
            return None
        state = broker.state
        return BrokerPart(
            connected=state.connected,
            for_s=None if state.since_s is None else round(max(0.0, self._now_s() - state.since_s), 1),
            waiting=broker.counters.waiting,
            problem=state.last_error,
        )

    def _store(self) -> StorePart | None:
        router = self._daemon.pipeline.router
        if router is None:
            return None
        keeper = router.keeper
        return StorePart(
            waiting=keeper.count,
            share=round(min(1.0, keeper.bytes_taken / keeper.most_bytes), 3),
            given_up=sum(keeper.losses.values()),
            problem=keeper.error,
        )

    def _policy(self) -> PolicyPart | None:
        side = self._daemon.policy
        if side is None:
            return None
        held, last, refusal = side.in_force, side.last, side.last_refusal
        accounts_problem = side.summary().get("accounts_error")
        return PolicyPart(
            serial=None if held is None else held.policy.serial,
            is_open_without=side.is_open_without,
            begins_unix_s=None if held is None else held.policy.valid.begins_unix_s,
            ends_unix_s=None if held is None else held.policy.valid.ends_unix_s,
            depositors={} if last is None else {each.id: each.name for each in last.depositors},
            refused=None if refusal is None else refusal.reason,
            accounts_problem=None if accounts_problem is None else str(accounts_problem),
        )

    def _links(self) -> dict[str, int] | None:
        if self.link is None:
            return None
        counts: dict[str, int] = {}
        for link in self.link.standing.links.values():
            if link.condition is not None:
                state = link.condition.state.value
                counts[state] = counts.get(state, 0) + 1
        return counts

    def _incidents(self) -> tuple[IncidentPart, ...] | None:
        if self.link is None:
            return None
        tracks = self.link.standing.book.tracks.values()
        return tuple(_incident(incident) for track in tracks for incident in track.opened.values())

    def _maintenance(self) -> MaintenancePart | None:
        signals = None if self.link is None else self.link.signals
        planned = None if signals is None else signals.maintenance
        if signals is None or planned is None:
            return None
        return MaintenancePart(
            reason=planned.reason,
            is_under_way=planned.is_under_way(signals.unix_s),
            begins_unix_s=planned.begins_unix_s,
            ends_unix_s=planned.ends_unix_s,
        )


def _with_recovery(radio: RadioPart, listener: Listener) -> RadioPart:
    """With what is done to mend it."""
    recovery = listener.recovery.state
    step, last = recovery.under_way, recovery.last
    under_way = done = None
    if step is not None:
        under_way = Repair(
            rung=step.rung.value,
            trouble=step.trouble.value,
            reason=step.reason,
            number=step.number,
            ago_s=recovery.under_way_s,
        )
    if last is not None:
        done = Repair(
            rung=last.rung.value,
            trouble=last.trouble.value,
            reason=last.reason,
            ago_s=last.ago_s,
            mended=last.mended,
        )
    return msgspec.structs.replace(
        radio,
        activity=listener.activity,
        repair=under_way,
        last_repair=done,
        troubles=tuple(trouble.value for trouble in recovery.open),
        next_repair_s=recovery.next_step_s,
    )


def _kind(server: ServerConfig) -> str:
    """Its type in gateway.toml."""
    match server:
        case SemtechUdpConfig():
            return "semtech_udp"
        case BasicsStationConfig():
            return "basics_station"
        case _:
            return "chirpstack_mqtt"


def _incident(incident: "Incident") -> IncidentPart:
    begin_ms = incident.begin.unix_ms
    return IncidentPart(
        id=incident.id,
        depositor=incident.depositor,
        about=incident.kind.value,
        state=None if incident.state is None else incident.state.value,
        detail=None if incident.detail is None else incident.detail.value,
        begin_unix_s=None if begin_ms is None else begin_ms / 1000,
        uplinks=sum(incident.counts.values()),
    )
