"""Planned work, policies and the depositor's own reports of a month. Pure."""

import msgspec

from gateway.link.evidence.records import MaintenanceRecord, NoticeRecord, PolicyRecord, ReportRecord
from gateway.notices.notice import Kind as NoticeKind
from gateway.report.facts import Facts, may_be_in
from gateway.report.period import Period

MS_PER_S = 1000


class Work(msgspec.Struct, frozen=True):
    """Planned work: from when until when it was to be, when it was announced, and when it was said to be over."""

    reason: str
    begins_unix_s: int | None
    ends_unix_s: int | None
    announced_unix_ms: int | None
    over_unix_ms: int | None


class PolicyChange(msgspec.Struct, frozen=True):
    """Another document is in force from then on; without a serial, none."""

    at_unix_ms: int | None
    serial: int | None
    digest: str | None


class OwnReport(msgspec.Struct, frozen=True):
    """The depositor told the host of a problem; `acknowledged_unix_ms` is when a channel accepted the answer."""

    id: str
    at_unix_ms: int | None
    digest: str
    acknowledged_unix_ms: int | None


def works(facts: Facts, period: Period) -> tuple[Work, ...]:
    """What was planned for, done or announced in the month, in the order of the announcements."""
    found: dict[tuple[str, int | None], Work] = {}
    concerned: dict[tuple[str, int | None], bool] = {}
    for when, record in facts.of(MaintenanceRecord):
        key = (record.reason, record.begins_unix_s)
        work = found.get(key) or Work(record.reason, record.begins_unix_s, record.ends_unix_s, None, None)
        if record.event == "announced":
            announced_ms = when.unix_ms if work.announced_unix_ms is None else work.announced_unix_ms
            found[key] = msgspec.structs.replace(
                work, ends_unix_s=record.ends_unix_s, announced_unix_ms=announced_ms, over_unix_ms=None
            )
        else:
            found[key] = msgspec.structs.replace(work, over_unix_ms=when.unix_ms)
        concerned[key] = concerned.get(key, False) or may_be_in(when, period) or _is_planned_for(record, period)
    return tuple(work for key, work in found.items() if concerned[key])


def policy_changes(facts: Facts, period: Period) -> tuple[PolicyChange, ...]:
    """Documents that came into force in the month. The same one after a restart is no change."""
    changes, digest, is_known = [], None, False
    for when, record in facts.of(PolicyRecord):
        if (not is_known or record.digest != digest) and may_be_in(when, period):
            changes.append(PolicyChange(when.unix_ms, record.serial, record.digest))
        digest, is_known = record.digest, True
    return tuple(changes)


def own_reports(facts: Facts, period: Period) -> tuple[OwnReport, ...]:
    """What the depositor reported in the month."""
    answered: dict[str, int | None] = {}
    for when, record in facts.of(NoticeRecord):
        for ref in record.notices:
            if ref.kind is NoticeKind.ACKNOWLEDGED and record.outcome == "accepted":
                answered.setdefault(ref.incident, when.unix_ms)
    return tuple(
        OwnReport(record.id, when.unix_ms, record.digest, answered.get(record.id))
        for when, record in facts.of(ReportRecord)
        if may_be_in(when, period)
    )


def _is_planned_for(record: MaintenanceRecord, period: Period) -> bool:
    if record.begins_unix_s is None or record.ends_unix_s is None:
        return False
    begins_ms, ends_ms = record.begins_unix_s * MS_PER_S, record.ends_unix_s * MS_PER_S
    return begins_ms < period.ends_unix_ms and ends_ms > period.begins_unix_ms
