"""The report as a value: whose it is, what it rests on, and its JSON."""

import json

import msgspec

from gateway.link.evidence.chain import EVERYBODY, Draft, Entry, EntryTime, Kind
from gateway.link.state import State
from gateway.report.availability import Status
from gateway.report.example import example_report
from gateway.report.month import MonthReport, NotProven, Parties, month_report, report_json
from gateway.report.reading import Missing
from tests.gateway.report.scene import BEGIN_MS, DAY_MS, HOUR_MS, MARCH, Log, link, started

PARTIES = Parties(depositor="metropole")


def report(log: Log, made_unix_s: int | None = None) -> MonthReport:
    return month_report(log.found, None, MARCH, PARTIES, key_id="5f0c2d9a", made_unix_s=made_unix_s)


def about_log(body: bytes, at_ms: int) -> Entry:
    at = EntryTime(at_ms, BEGIN_MS + at_ms, True)
    return Entry(9, Draft(Kind.LOG, EVERYBODY, body, at), b"0" * 32)


def test_its_json_can_be_read_back() -> None:
    example = example_report()
    assert msgspec.json.decode(report_json(example), type=MonthReport) == example


def test_its_json_adds_up() -> None:
    told = json.loads(report_json(example_report()))
    period = told["period"]["ends_unix_ms"] - told["period"]["begins_unix_ms"]
    assert sum(told["availability"]["lasted_ms"].values()) == period
    traffic = told["traffic"]
    assert traffic["heard"] == traffic["forwarded"] + sum(traffic["refused"].values())


def test_a_month_is_over_once_it_is() -> None:
    log = Log().add(DAY_MS, started())
    assert not report(log).is_over
    assert not report(log, MARCH.ends_unix_ms // 1000 - 1).is_over
    assert report(log, MARCH.ends_unix_ms // 1000).is_over
    assert report(log.add(31 * DAY_MS, started())).is_over


def test_evidence_is_told_from_its_first_to_its_last_entry() -> None:
    log = Log().then(Missing(1, 3)).add(HOUR_MS, started()).add(2 * HOUR_MS, link(State.UP, HOUR_MS))
    evidence = report(log).evidence
    assert (evidence.first, evidence.begins_unix_ms) == (4, BEGIN_MS + HOUR_MS)
    assert evidence.ends_unix_ms == BEGIN_MS + 2 * HOUR_MS
    assert evidence.not_proven == (NotProven(1, 3, None, BEGIN_MS + HOUR_MS),)


def test_what_there_was_no_room_for_is_told_in_its_month() -> None:
    lost = b'{"event":"lost","entries":5}'
    log = Log().add(-2 * DAY_MS, started())
    for day in (-1, 1, 2, 40):
        log.then(about_log(lost, day * DAY_MS))
    assert report(log).evidence.lost == 10


def test_undated_entries_are_counted() -> None:
    log = Log().add(-DAY_MS, started()).add(0, started(), sure=False).add(5, link(State.UP, 0), sure=False)
    assert report(log).evidence.undated == 2


def test_entries_of_a_later_kind_are_no_trouble() -> None:
    later = Entry(9, Draft("weather", "metropole", b"{}", EntryTime(5, BEGIN_MS, True)), b"0" * 32)
    assert report(Log().then(later)).evidence.unreadable == 0


def test_the_example_has_some_of_everything() -> None:
    example = example_report()
    assert all(example.availability.lasted_ms[status] > 0 for status in Status)
    assert {told.channel for problem in example.problems for told in problem.told} == {"e-mail", "mqtt", "webhook"}
    assert example.problems[-1].is_open
    assert (len(example.works), len(example.policy_changes), len(example.own_reports)) == (1, 1, 1)
    assert example.traffic.lost > 0
    assert example.traffic.refused
    assert example.evidence.not_proven == ()
    assert (example.evidence.undated, example.evidence.unreadable) == (0, 0)
