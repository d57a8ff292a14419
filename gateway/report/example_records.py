"""One invented month at one lamp post: its evidence and its tally. Pure, and always the same."""

import datetime
import hashlib
import zoneinfo
from collections.abc import Iterator

import msgspec

from gateway.link.evidence.chain import EVERYBODY, Draft, Entry, EntryTime, Head, Kind, Point
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
from gateway.link.months.tally import DeviceMonth, MonthTally
from gateway.link.state import RULES, Detail, State
from gateway.notices.notice import Kind as NoticeKind
from gateway.policy.outcome import Outcome
from gateway.report.reading import Found

DEPOSITOR, MONTH, TIMEZONE, KEY_ID = "metropole", "2026-03", "Europe/Paris", "5f0c2d9a"
MS_PER_S, HOUR_MS, DAY_MS = 1000, 3_600_000, 86_400_000
_ZONE = zoneinfo.ZoneInfo(TIMEZONE)
_VERSION = "0.1.0"

Happening = tuple[EntryTime, Kind, str, msgspec.Struct]


def local_ms(day: int, clock: str = "00:00:00", month: int = 3) -> int:
    """A time of 2026 where the lamp post stands, in Unix ms."""
    time = datetime.time.fromisoformat(clock)
    return int(datetime.datetime.combine(datetime.date(2026, month, day), time, _ZONE).timestamp()) * MS_PER_S


_ALIVE_MS = local_ms(17, "06:30:00", month=2)
_POWER_CUT_MS, _POWER_BACK_MS = local_ms(12, "16:22:10"), local_ms(12, "18:05:31")


def example_found() -> Iterator[Found]:
    """The log, as it is read."""
    happenings = sorted([*_story(), *_hours()], key=lambda happening: happening[0].steady_ms)
    number = 0
    for number, (at, kind, whose, record) in enumerate(happenings, 1):
        body = msgspec.json.encode(msgspec.to_builtins(record, str_keys=True), order="deterministic")
        yield Entry(number, Draft(kind, whose, body, at), b"0" * 32)
    digest = hashlib.sha256(b"example").digest()
    yield Head(Point(number, digest), KEY_ID, hashlib.sha512(b"example").digest())


def example_tally() -> MonthTally:
    """Twelve water meters and two noise sensors, of which one sends too much; and one that is known by its address."""
    devices = {}
    for index in range(15):
        group = "water-meters" if index < 12 else "noise"
        euis = 0x00005EEF10000001 if index < 12 else 0x00005EEF10000011 - 12
        dev_eui = None if index == 14 else euis + index
        dev_addr = 0x0100AC00 + index * 7
        heard = 690 - 11 * index if index < 12 else 4_310 - 150 * index
        refused = {Outcome.RATE: 212, Outcome.MIN_INTERVAL: 41} if index == 12 else {}
        key = f"A{dev_addr:08X}" if dev_eui is None else f"E{dev_eui:016X}"
        devices[key] = DeviceMonth(
            dev_eui=dev_eui,
            dev_addr=dev_addr,
            group=group,
            heard=heard,
            forwarded=heard - sum(refused.values()),
            joins=1 if index % 5 == 0 else 0,
            refused=refused,
            payload_bytes=heard * 24,
            airtime_us=heard * (61_696 if index % 3 else 370_688),
            rssi_dbm_sum=-heard * (84.0 + 2.3 * index),
            snr_db_sum=heard * (8.5 - 0.9 * index),
            snr_db_least=-3.0 - index,
            first_unix_s=local_ms(1, "00:04:00") // MS_PER_S + 61 * index,
            last_unix_s=local_ms(31 if index != 7 else 21, "22:40:00") // MS_PER_S + 97 * index,
        )
    return MonthTally(DEPOSITOR, MONTH, devices)


def _story() -> Iterator[Happening]:
    yield _everybody(_ALIVE_MS, Kind.GATEWAY, GatewayRecord(event="started", version=_VERSION))
    yield _everybody(_ALIVE_MS + 200, Kind.POLICY, PolicyRecord(serial=12, digest=_digest("12")))
    yield _link(_ALIVE_MS + 9_000, _ALIVE_MS + 9_000, None, Detail.WORKING)
    yield from _maintenance()
    yield from _trouble("1772849687120-7c01", 7, Detail.SERVERS_SILENT, ("02:14:05", "02:14:34", "03:41:12"))
    yield from _power_cut()
    yield from _trouble(
        "1773822720480-19be", 18, Detail.SOME_SERVERS_SILENT, ("09:31:30", "09:32:00", "10:57:40"), times=4
    )
    yield _everybody(local_ms(16, "09:00:02"), Kind.POLICY, PolicyRecord(serial=13, digest=_digest("13")))
    yield from _report(local_ms(19, "14:27:40"), "R-2026-03-19-1")
    yield from _refusals()
    yield from _trouble("1774672690007-e5d4", 28, Detail.UNDERVOLTAGE, ("05:38:10", "05:38:20", "06:04:00"))
    yield from _trouble("1774993215900-02af", 31, Detail.RADIO_SILENT, ("22:47:10", "23:20:16", "00:51:30"), after=1)


def _maintenance() -> Iterator[Happening]:
    reason = "Remplacement de l'antenne, rue des Tilleuls"
    begins_ms, ends_ms = local_ms(4, "09:00:00"), local_ms(4, "10:30:00")
    for event, at_ms in (("announced", local_ms(2, "11:12:00")), ("over", local_ms(4, "10:21:00"))):
        record = {"event": event, "reason": reason, "begins_unix_s": begins_ms // 1000, "ends_unix_s": ends_ms // 1000}
        yield _everybody(at_ms, Kind.MAINTENANCE, msgspec.convert(record, MaintenanceRecord))
    found_ms, over_ms = local_ms(4, "09:06:40"), local_ms(4, "10:18:05")
    yield _link(found_ms, found_ms, State.UP, Detail.MAINTENANCE_INTERRUPTS, reason)
    yield _link(over_ms, over_ms, State.SUSPENDED, Detail.WORKING)
    announced_ms = local_ms(2, "11:12:00")
    times = (begins_ms, announced_ms, over_ms)
    yield from _incident("1772446320000-a410", IncidentKind.MAINTENANCE, times, Detail.MAINTENANCE, reason=reason)


def _power_cut() -> Iterator[Happening]:
    dead = GatewayRecord(
        event="was_dead",
        version=_VERSION,
        begin_ms=_steady_ms(_POWER_CUT_MS),
        begin_unix_ms=_POWER_CUT_MS,
        end_ms=_steady_ms(_POWER_BACK_MS),
        rebooted=True,
    )
    back = (
        (Kind.GATEWAY, dead),
        (Kind.GATEWAY, GatewayRecord(event="started", version=_VERSION)),
        (Kind.POLICY, PolicyRecord(serial=12, digest=_digest("12"))),
    )
    for later_ms, (kind, record) in enumerate(back):
        at = _at(_POWER_BACK_MS + later_ms)
        # Until the host knows the time again, its clock says what it did when it was cut off.
        yield EntryTime(at.steady_ms, at.unix_ms + _POWER_CUT_MS - _POWER_BACK_MS, False), kind, EVERYBODY, record
    yield _everybody(_POWER_BACK_MS + 38_000, Kind.CLOCK, ClockRecord(sure=True))
    yield _link(_POWER_BACK_MS + 41_000, _POWER_BACK_MS + 41_000, None, Detail.WORKING)
    times = (_POWER_CUT_MS, _POWER_BACK_MS, _POWER_BACK_MS)
    yield from _incident("1773337531000-51d0", IncidentKind.PAST_OUTAGE, times, None, told_ms=41_000)


def _refusals() -> Iterator[Happening]:
    times = (local_ms(24, "13:00:00"), local_ms(24, "13:05:00"), local_ms(24, "17:10:00"))
    counts = {Outcome.RATE: 148, Outcome.MIN_INTERVAL: 29}
    yield from _incident("1774353600000-b8e2", IncidentKind.REFUSALS, times, None, counts=counts)


def _trouble(
    id_: str, day: int, detail: Detail, clocks: tuple[str, str, str], *, times: int = 1, after: int = 0
) -> Iterator[Happening]:
    """Something begins, is found, and goes away; `after` is the day of the next month on which it does."""
    begin_ms, detected_ms = local_ms(day, clocks[0]), local_ms(day, clocks[1])
    end_ms = local_ms(after, clocks[2], month=4) if after else local_ms(day, clocks[2])
    yield _link(detected_ms, begin_ms, State.UP, detail)
    yield _link(end_ms, end_ms, RULES[detail].state, Detail.WORKING)
    yield from _incident(id_, IncidentKind.LINK, (begin_ms, detected_ms, end_ms), detail, times=times)


def _incident(
    id_: str,
    kind: IncidentKind,
    times_ms: tuple[int, int, int],
    detail: Detail | None,
    *,
    reason: str | None = None,
    counts: dict[Outcome, int] | None = None,
    times: int = 1,
    told_ms: int = 0,
) -> Iterator[Happening]:
    """Its begin, detection and end; `told_ms` after the detection it is opened, and then told."""
    begin_ms, detected_ms, end_ms = times_ms
    rule = None if detail is None else RULES[detail]
    opened_ms = detected_ms + told_ms
    for event, at_ms, end in ((EventKind.OPENED, opened_ms, None), (EventKind.CLOSED, max(end_ms, opened_ms), end_ms)):
        record = IncidentRecord(
            event=event,
            id=id_,
            kind=kind,
            begin_ms=_steady_ms(begin_ms),
            begin_unix_ms=begin_ms,
            detected_ms=_steady_ms(detected_ms),
            detected_unix_ms=detected_ms,
            end_ms=None if end is None else _steady_ms(end),
            end_unix_ms=end,
            state=None if rule is None else rule.state,
            cause=None if rule is None else rule.cause,
            detail=detail,
            reason=reason,
            times=times,
            flapping=times > 1,
            counts=counts or {},
        )
        yield _at(at_ms + 500), Kind.INCIDENT, DEPOSITOR, record
        ways = (("mqtt", 700), ("webhook", 2_400), ("e-mail", 31_000 + detected_ms // 1000 % 47 * 1000))
        for channel, later_ms in ways:
            yield _notice(at_ms + later_ms, channel, id_, NoticeKind(event.value))


def _report(at_ms: int, id_: str) -> Iterator[Happening]:
    yield _at(at_ms), Kind.REPORT, DEPOSITOR, ReportRecord(id=id_, digest=_digest(id_))
    yield _notice(at_ms + 64_000, "e-mail", id_, NoticeKind.ACKNOWLEDGED)


def _hours() -> Iterator[Happening]:
    """What was heard, hour by hour: more in working hours, and nothing while the power is off."""
    begin_ms, last_ms = local_ms(27, month=2), local_ms(2, "08:00:00", month=4)
    while begin_ms < last_ms:
        end_ms = begin_ms + HOUR_MS
        off = begin_ms < _POWER_BACK_MS and end_ms > _POWER_CUT_MS
        if not off:
            yield _at(end_ms + 40), Kind.REFUSALS, DEPOSITOR, _traffic(begin_ms)
        begin_ms = end_ms


def _traffic(begin_ms: int) -> TrafficRecord:
    hour = datetime.datetime.fromtimestamp(begin_ms // 1000, _ZONE)
    heard = 19 + (hour.hour in range(7, 20)) * 9 + (hour.day * 7 + hour.hour * 5) % 6 - (hour.weekday() > 4) * 5
    refused: dict[Outcome, int] = {}
    if (hour.month, hour.day) == (3, 24) and hour.hour in range(13, 17):
        refused = {Outcome.RATE: 37, Outcome.MIN_INTERVAL: 7}
    elif hour.hour == 8 and hour.weekday() < 5:
        refused = {Outcome.RATE: 3}
    lost = heard - 2 if (hour.month, hour.day) == (3, 7) and hour.hour in (2, 3) else 0
    return TrafficRecord(
        lasted_ms=HOUR_MS,
        begin_unix_ms=begin_ms,
        heard=heard + sum(refused.values()),
        forwarded=heard,
        refused=refused,
        lost=lost,
    )


def _link(at_ms: int, since_ms: int, before: State | None, detail: Detail, reason: str | None = None) -> Happening:
    record = LinkRecord(
        before=before,
        state=RULES[detail].state,
        cause=RULES[detail].cause,
        detail=detail,
        since_ms=_steady_ms(since_ms),
        since_unix_ms=since_ms,
        reason=reason,
    )
    return _at(at_ms), Kind.LINK, DEPOSITOR, record


def _notice(at_ms: int, channel: str, incident: str, kind: NoticeKind) -> Happening:
    ref = NoticeRef(id=f"{incident}-{kind.value}", incident=incident, kind=kind, created_unix_s=at_ms // 1000)
    contact = "Exploitation des capteurs: Équipe territoire intelligent"
    record = NoticeRecord(channel=channel, contact=contact, outcome="accepted", notices=(ref,))
    return _at(at_ms), Kind.NOTICE, DEPOSITOR, record


def _everybody(at_ms: int, kind: Kind, record: msgspec.Struct) -> Happening:
    return _at(at_ms), kind, EVERYBODY, record


def _at(unix_ms: int) -> EntryTime:
    return EntryTime(_steady_ms(unix_ms), unix_ms, True)


def _steady_ms(unix_ms: int) -> int:
    """On the clock that nobody can set, which stands still while the power is off."""
    off_ms = max(0, min(unix_ms, _POWER_BACK_MS) - _POWER_CUT_MS)
    return unix_ms - _ALIVE_MS - off_ms


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
