"""The evidence log as the daemon uses it: what happened goes in, with the time of both clocks."""

import time
from collections.abc import Callable, Mapping

import msgspec

from gateway.link.evidence.chain import EntryTime, Kind
from gateway.link.evidence.log import EvidenceLog
from gateway.link.evidence.records import ClockRecord, GatewayRecord, MaintenanceRecord, PolicyRecord, ReportRecord
from gateway.link.incident import EventKind, IncidentEvent
from gateway.link.instant import Instant
from gateway.link.outage import Gap
from gateway.link.recording import (
    death_record,
    incident_record,
    link_record,
    notice_record,
    published_record,
    repair_record,
    traffic_record,
)
from gateway.link.signals import Maintenance
from gateway.link.state import Change
from gateway.link.traffic_totals import NONE_YET, TrafficTotals
from gateway.notices.fate import Fate
from gateway.supervision.repairs import RepairNews

# What a depositor may have been told of at once must not be lost to a power cut a second later.
AT_ONCE = frozenset({EventKind.OPENED, EventKind.CLOSED})
# What the disk has not taken by then is recorded all the same, once it does.
PATIENCE_S = 1.0


class Chronicle:
    """Records what happens. `now` gives the present; `log` is None where none can be kept, and nothing is recorded."""

    def __init__(self, log: EvidenceLog | None, now: Callable[[], Instant], version: str) -> None:
        self._log = log
        self._now = now
        self._version = version
        self._is_sure: bool | None = None
        self._traffic: dict[str, TrafficTotals] = {}
        self._counted = now()

    def link(self, depositor: str, change: Change, since: Instant) -> None:
        """A depositor's link is in another state."""
        self._append(Kind.LINK, depositor, link_record(change, since))

    def incident(self, event: IncidentEvent) -> None:
        """Something happened to an incident."""
        at_once = event.kind in AT_ONCE
        self._append(Kind.INCIDENT, event.incident.depositor, incident_record(event), at_once=at_once)

    @property
    def is_written(self) -> bool:
        """Whether the evidence has all of it on the disk, or there is none."""
        return self._log is None or self._log.is_written

    async def written(self) -> None:
        """Wait until it has, as long as anybody who is to be told should wait."""
        if self._log is not None:
            await self._log.written(PATIENCE_S)

    def fate(self, fate: Fate) -> None:
        """Something became of notices on the way to a contact."""
        self._append(Kind.NOTICE, fate.lane.depositor, notice_record(fate))

    def published(self, event: IncidentEvent) -> None:
        """The broker has taken over what was told of an incident."""
        self._append(Kind.NOTICE, event.incident.depositor, published_record(event))

    def policy(self, serial: int | None, digest: str | None) -> None:
        """Another document is in force, or none."""
        self._append(Kind.POLICY, None, PolicyRecord(serial=serial, digest=digest))

    def maintenance(self, planned: Maintenance, *, is_over: bool) -> None:
        """Planned work was announced, or is over."""
        record = MaintenanceRecord(
            event="over" if is_over else "announced",
            reason=planned.reason,
            begins_unix_s=planned.begins_unix_s,
            ends_unix_s=planned.ends_unix_s,
        )
        self._append(Kind.MAINTENANCE, None, record)

    def started(self, gap: Gap | None) -> None:
        """The gateway is at work again, or for the first time."""
        if gap is not None:
            self._append(Kind.GATEWAY, None, death_record(gap, self._version))
        self._append(Kind.GATEWAY, None, GatewayRecord(event="started", version=self._version), at_once=True)

    def stopped(self) -> None:
        """It stops in order."""
        self._append(Kind.GATEWAY, None, GatewayRecord(event="stopped", version=self._version))

    def repair(self, news: RepairNews) -> None:
        """Something was done about the radio."""
        self._append(Kind.REPAIR, None, repair_record(news))

    def report(self, depositor: str, identity: str, digest: str) -> None:
        """A depositor told of a problem."""
        self._append(Kind.REPORT, depositor, ReportRecord(id=identity, digest=digest))

    def clock(self, now: Instant) -> None:
        """Whether the time is sure, where that is news."""
        is_sure = now.unix_ms is not None
        if is_sure is not self._is_sure:
            self._is_sure = is_sure
            self._append(Kind.CLOCK, None, ClockRecord(sure=is_sure))

    def traffic(self, totals: Mapping[str, TrafficTotals], now: Instant) -> None:
        """What each depositor's devices sent since this was called last, or since the start."""
        for depositor, after in totals.items():
            came = after.since(self._traffic.get(depositor, NONE_YET))
            if (record := traffic_record(came, self._counted, now)) is not None:
                self._append(Kind.REFUSALS, depositor, record)
        self._traffic = {depositor: after.copy() for depositor, after in totals.items()}
        self._counted = now

    def _append(self, kind: Kind, depositor: str | None, body: msgspec.Struct, *, at_once: bool = False) -> None:
        if self._log is None:
            return
        now = self._now()
        unix_ms = time.time_ns() // 1_000_000 if now.unix_ms is None else now.unix_ms
        at = EntryTime(now.ms, unix_ms, now.unix_ms is not None)
        self._log.append(kind, depositor, body, at, at_once=at_once)
