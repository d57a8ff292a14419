"""Planned work, policies and the depositor's reports of a month."""

from typing import Literal

from gateway.link.evidence.records import MaintenanceRecord, PolicyRecord, ReportRecord
from gateway.notices.notice import Kind as NoticeKind
from gateway.report.works import OwnReport, PolicyChange, Work, own_reports, policy_changes, works
from tests.gateway.report.scene import BEGIN_MS, DAY_MS, HOUR_MS, MARCH, Log, accepted, started

BEGIN_S = BEGIN_MS // 1000


def work(
    event: Literal["announced", "over"], begins_s: int | None, ends_s: int | None = None, reason: str = "antenna"
) -> MaintenanceRecord:
    return MaintenanceRecord(
        event=event,
        reason=reason,
        begins_unix_s=None if begins_s is None else BEGIN_S + begins_s,
        ends_unix_s=None if ends_s is None else BEGIN_S + ends_s,
    )


def test_work_is_told_from_its_announcement_to_its_end() -> None:
    log = Log().add(-DAY_MS, work("announced", 3_600, 7_200)).add(2 * HOUR_MS, work("over", 3_600, 7_200))
    announced, over = BEGIN_MS - DAY_MS, BEGIN_MS + 2 * HOUR_MS
    assert works(log.facts(), MARCH) == (Work("antenna", BEGIN_S + 3_600, BEGIN_S + 7_200, announced, over),)


def test_work_of_another_month_is_not_told() -> None:
    log = (
        Log().add(-9 * DAY_MS, work("announced", -8 * 86_400, -7 * 86_400)).add(-7 * DAY_MS, work("over", -8 * 86_400))
    )
    assert works(log.facts(), MARCH) == ()


def test_work_that_is_announced_in_the_month_for_the_next_is_told() -> None:
    log = Log().add(30 * DAY_MS, work("announced", 35 * 86_400, 36 * 86_400))
    assert [each.over_unix_ms for each in works(log.facts(), MARCH)] == [None]


def test_works_are_told_apart_by_their_begin_and_reason() -> None:
    log = Log().add(0, work("announced", 60, 120)).add(1, work("announced", 60, 120, "roof"))
    log.add(2, work("announced", 180, 240)).add(240_000, work("over", 180, 240))
    assert [each.over_unix_ms is None for each in works(log.facts(), MARCH)] == [True, True, False]


def test_a_policy_counts_as_changed_where_it_is_another() -> None:
    log = Log().add(-DAY_MS, PolicyRecord(serial=1, digest="a")).add(0, PolicyRecord(serial=1, digest="a"))
    log.add(5, PolicyRecord(serial=2, digest="b")).add(9, PolicyRecord(serial=None, digest=None))
    assert policy_changes(log.facts(), MARCH) == (
        PolicyChange(BEGIN_MS + 5, 2, "b"),
        PolicyChange(BEGIN_MS + 9, None, None),
    )


def test_the_first_policy_of_the_log_is_told_in_its_month() -> None:
    log = Log().add(4, PolicyRecord(serial=1, digest="a")).add(31 * DAY_MS, PolicyRecord(serial=2, digest="b"))
    assert [change.serial for change in policy_changes(log.facts(), MARCH)] == [1]


def test_a_report_is_told_with_its_acknowledgement() -> None:
    log = Log().add(-1, ReportRecord(id="R0", digest="x")).add(5, ReportRecord(id="R1", digest="y"))
    log.add(7, accepted("mqtt", "R1", kind=NoticeKind.ACKNOWLEDGED)).add(8, ReportRecord(id="R2", digest="z"))
    assert own_reports(log.facts(), MARCH) == (
        OwnReport("R1", BEGIN_MS + 5, "y", BEGIN_MS + 7),
        OwnReport("R2", BEGIN_MS + 8, "z", None),
    )


def test_a_report_without_a_date_that_may_be_of_the_month_is_told() -> None:
    log = Log().add(-DAY_MS, started()).add(1, started(), sure=False)
    log.add(5, ReportRecord(id="R1", digest="y"), sure=False)
    assert [report.at_unix_ms for report in own_reports(log.facts(), MARCH)] == [None]
