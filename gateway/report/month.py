"""What a host tells a depositor of a month: the report as a value, which is also its JSON form. Pure.

Times are Unix milliseconds, or seconds where the name says so, and None where no clock was sure.
"""

from collections.abc import Iterable, Mapping

import msgspec

from gateway.link.months.tally import MonthTally
from gateway.policy.document import Language
from gateway.report.availability import Availability, availability
from gateway.report.dating import EARLIEST_MS, LATEST_MS
from gateway.report.facts import Facts, LogRecord, gather, may_be_in
from gateway.report.period import Period
from gateway.report.problems import Delay, Problem, delays, problems
from gateway.report.reading import Found
from gateway.report.traffic import DeviceRow, Traffic, device_rows, traffic
from gateway.report.works import OwnReport, PolicyChange, Work, own_reports, policy_changes, works

FORMAT = 1
"""The form of the JSON. A field that is added does not change it."""


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """Who tells whom. Names are None where no policy tells them; `groups` are names by the groups' ids."""

    depositor: str
    depositor_name: str | None = None
    host_name: str | None = None
    convention: str | None = None
    language: Language = "fr"
    gateway: str | None = None
    gateway_eui: str | None = None
    groups: Mapping[str, str] = {}


class NotProven(msgspec.Struct, frozen=True):
    """Entries of the log that nothing proves, and between which times they were written, None where it is open.

    `last` is None where the log ends with them.
    """

    first: int
    last: int | None
    after_unix_ms: int | None
    before_unix_ms: int | None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the report rests on: entries `first` to `last` of the log, signed by a key, up to a head.

    `begins_unix_ms` and `ends_unix_ms` are the times of the first and the last dated entry. `not_proven` are entries
    that are missing or damaged, `undated` entries of which only that they may be in the month is known, `unreadable`
    ones that this version does not understand, `lost` ones for which there was no room.
    """

    key_id: str
    head: str | None
    first: int | None
    last: int | None
    begins_unix_ms: int | None
    ends_unix_ms: int | None
    not_proven: tuple[NotProven, ...]
    undated: int
    unreadable: int
    lost: int


class MonthReport(msgspec.Struct, frozen=True, kw_only=True):
    """One depositor's month at one gateway. It says what the host did, and promises no result (article 8)."""

    report: int = FORMAT
    parties: Parties
    period: Period
    made_unix_s: int | None
    is_over: bool
    availability: Availability
    problems: tuple[Problem, ...]
    delays: tuple[Delay, ...]
    traffic: Traffic
    devices: tuple[DeviceRow, ...]
    devices_left_out: int
    has_tally: bool
    works: tuple[Work, ...]
    policy_changes: tuple[PolicyChange, ...]
    own_reports: tuple[OwnReport, ...]
    evidence: Evidence


def month_report(
    found: Iterable[Found],
    tally: MonthTally | None,
    period: Period,
    parties: Parties,
    *,
    key_id: str,
    made_unix_s: int | None,
) -> MonthReport:
    """The report of a month, out of what the evidence log proves; `made_unix_s` is now, None where that is not sure."""
    facts = gather(found, period)
    listed = problems(facts, period)
    now_ms = facts.last_unix_ms if made_unix_s is None else made_unix_s * 1000
    return MonthReport(
        parties=parties,
        period=period,
        made_unix_s=made_unix_s,
        is_over=now_ms is not None and now_ms >= period.ends_unix_ms,
        availability=availability(facts, period),
        problems=listed,
        delays=delays(listed, period),
        traffic=traffic(facts, tally, period),
        devices=device_rows(tally),
        devices_left_out=0 if tally is None else tally.devices_left_out,
        has_tally=tally is not None,
        works=works(facts, period),
        policy_changes=policy_changes(facts, period),
        own_reports=own_reports(facts, period),
        evidence=_evidence(facts, key_id, period),
    )


def report_json(report: MonthReport) -> str:
    """The report for programs."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def _evidence(facts: Facts, key_id: str, period: Period) -> Evidence:
    lost = (record.entries for when, record in facts.of(LogRecord) if may_be_in(when, period))
    return Evidence(
        key_id=key_id,
        head=None if facts.cover.head is None else facts.cover.head.text,
        first=facts.cover.first,
        last=facts.cover.last,
        begins_unix_ms=min((run.first.earliest_ms for run in facts.runs.values()), default=None),
        ends_unix_ms=facts.last_unix_ms,
        not_proven=tuple(_not_proven(facts, period)),
        undated=facts.undated,
        unreadable=facts.unreadable,
        lost=sum(lost),
    )


def _not_proven(facts: Facts, period: Period) -> Iterable[NotProven]:
    """The gaps that may hold something of the month."""
    for gap in facts.gaps:
        if gap.latest_ms >= period.begins_unix_ms and gap.earliest_ms < period.ends_unix_ms:
            after_ms = None if gap.earliest_ms == EARLIEST_MS else gap.earliest_ms
            before_ms = None if gap.latest_ms >= LATEST_MS else gap.latest_ms
            yield NotProven(gap.missing.first, gap.missing.last, after_ms, before_ms)
