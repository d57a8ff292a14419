"""A log that is written by hand: records with their times, and the month that they are about."""

import msgspec

from gateway.link.evidence.chain import EVERYBODY, Draft, Entry, EntryTime, Kind
from gateway.link.evidence.records import (
    ClockRecord,
    GatewayRecord,
    IncidentRecord,
    LinkRecord,
    MaintenanceRecord,
    NoticeRecord,
    NoticeRef,
    PolicyRecord,
    ReportRecord,
    TrafficRecord,
)
from gateway.link.incident import EventKind, IncidentKind
from gateway.link.state import Detail, State
from gateway.notices.notice import Kind as NoticeKind
from gateway.report.facts import Facts, gather
from gateway.report.period import Period, month_period
from gateway.report.reading import Found

MARCH = month_period("2026-03", "UTC")
BEGIN_MS, END_MS = MARCH.begins_unix_ms, MARCH.ends_unix_ms
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
DEPOSITOR = "metropole"
_KINDS = {
    ClockRecord: Kind.CLOCK,
    GatewayRecord: Kind.GATEWAY,
    IncidentRecord: Kind.INCIDENT,
    LinkRecord: Kind.LINK,
    MaintenanceRecord: Kind.MAINTENANCE,
    NoticeRecord: Kind.NOTICE,
    PolicyRecord: Kind.POLICY,
    ReportRecord: Kind.REPORT,
    TrafficRecord: Kind.REFUSALS,
}
# The clock that nobody can set began at some moment, which is nobody's business.
STEADY_BEGAN_MS = BEGIN_MS - 400 * DAY_MS


class Log:
    """Entries of one gateway, in the order in which they are added. Times are ms after the month began."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self._number = 0

    def add(self, at_ms: int, record: msgspec.Struct, *, sure: bool = True, clock_ms: int | None = None) -> "Log":
        """An entry; where the clock is not sure, it shows `clock_ms`, or 1970."""
        unix_ms = BEGIN_MS + at_ms
        shown_ms = unix_ms if sure else clock_ms or 0
        whose = DEPOSITOR if isinstance(record, _OWN) else EVERYBODY
        body = msgspec.json.encode(msgspec.to_builtins(record, str_keys=True), order="deterministic")
        at = EntryTime(unix_ms - STEADY_BEGAN_MS, shown_ms, sure)
        self._number += 1
        self.found.append(Entry(self._number, Draft(_KINDS[type(record)], whose, body, at), b"0" * 32))
        return self

    def then(self, found: Found) -> "Log":
        """Something that is no entry."""
        self.found.append(found)
        return self

    def facts(self, period: Period = MARCH) -> Facts:
        """What is kept of it."""
        return gather(self.found, period)


_OWN = (LinkRecord, IncidentRecord, NoticeRecord, TrafficRecord, ReportRecord)


def steady_ms(at_ms: int) -> int:
    """What the clock that nobody can set shows."""
    return BEGIN_MS + at_ms - STEADY_BEGAN_MS


def started() -> GatewayRecord:
    """The gateway starts."""
    return GatewayRecord(event="started", version="1")


def stopped() -> GatewayRecord:
    """The gateway stops in order."""
    return GatewayRecord(event="stopped", version="1")


def link(state: State, since_ms: int, before: State | None = None, *, dated: bool = True) -> LinkRecord:
    """The link is so from then on."""
    return LinkRecord(
        before=before,
        state=state,
        cause=None,
        detail=Detail.WORKING if state is State.UP else Detail.SERVERS_SILENT,
        since_ms=steady_ms(since_ms),
        since_unix_ms=BEGIN_MS + since_ms if dated else None,
    )


def incident(
    event: EventKind,
    begin_ms: int,
    detected_ms: int,
    end_ms: int | None = None,
    *,
    id_: str = "a1",
    kind: IncidentKind = IncidentKind.LINK,
    dated: bool = True,
) -> IncidentRecord:
    """Something happens to an incident."""
    return IncidentRecord(
        event=event,
        id=id_,
        kind=kind,
        begin_ms=steady_ms(begin_ms),
        begin_unix_ms=BEGIN_MS + begin_ms if dated else None,
        detected_ms=steady_ms(detected_ms),
        detected_unix_ms=BEGIN_MS + detected_ms if dated else None,
        end_ms=None if end_ms is None else steady_ms(end_ms),
        end_unix_ms=BEGIN_MS + end_ms if dated and end_ms is not None else None,
    )


def accepted(channel: str, *incidents: str, kind: NoticeKind = NoticeKind.OPENED) -> NoticeRecord:
    """A channel takes notices."""
    refs = tuple(NoticeRef(id=f"n-{each}", incident=each, kind=kind, created_unix_s=None) for each in incidents)
    return NoticeRecord(channel=channel, contact="", outcome="accepted", notices=refs)
