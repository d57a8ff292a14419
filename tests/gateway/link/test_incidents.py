"""Incidents of a link: when they open, what they tell, when they close."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.incident import EventKind, IncidentKind
from gateway.link.incidents import Pace, after_death, follow_link
from gateway.link.instant import Instant
from gateway.link.outage import Gap
from gateway.link.state import Cause, Detail, State
from tests.gateway.link.incident_rig import (
    DEPOSITOR,
    HOUR_S,
    UNIX_MS,
    Diary,
    S,
    check_events,
    condition,
    most_openings_in_an_hour,
)

DAY_S = 24 * HOUR_S


class TestOpening:
    """Trouble is an incident once it has lasted, and begins when it truly began."""

    @pytest.mark.parametrize(
        ("detail", "seconds"), [(Detail.RADIO_LOST, 30), (Detail.CLOCK_UNSURE, 120), (Detail.RIGHT_SUSPENDED, 0)]
    )
    def test_it_opens_after_a_time(self, diary: Diary, detail: Detail, seconds: int) -> None:
        assert diary.go_on(detail, seconds) == []
        (event,) = diary.go_on(detail, 1)
        assert (event.kind, event.incident.detail, event.at) == (EventKind.OPENED, detail, diary.now)

    def test_it_tells_the_true_begin_and_the_detection(self, diary: Diary) -> None:
        start = diary.now
        silent = condition(Detail.SERVERS_SILENT, start.ms - 28 * S, start.ms)
        for _ in range(31):
            diary.do(lambda book, now: follow_link(book, DEPOSITOR, silent, now))
            diary.wait(1)
        (incident,) = diary.opened
        assert incident.begin == Instant(start.ms - 28 * S, UNIX_MS - 28 * S)
        assert incident.detected == start
        assert (incident.state, incident.cause) == (State.DOWN, Cause.NETWORK_SERVER)

    def test_short_trouble_is_none(self, diary: Diary) -> None:
        diary.go_on(Detail.RADIO_LOST, 30)
        diary.go_on(Detail.WORKING, HOUR_S)
        assert diary.events == []

    def test_trouble_is_as_old_as_its_first_form(self, diary: Diary) -> None:
        diary.go_on(Detail.SOME_SERVERS_SILENT, 29)
        (event,) = diary.go_on(Detail.SERVERS_SILENT, 2)
        assert event.incident.begin.ms == diary.now.ms - 30 * S

    def test_a_link_of_which_nothing_is_known_is_in_no_trouble(self, diary: Diary) -> None:
        assert follow_link(diary.book, DEPOSITOR, None, diary.now) == (diary.book, [])


class TestGoingOn:
    """Another cause is told once, and what lasts is not forgotten."""

    def test_another_cause_is_an_update_the_first_time(self, diary: Diary) -> None:
        for detail in (Detail.SERVERS_SILENT, Detail.ALL_UNREACHABLE, Detail.SERVERS_SILENT):
            diary.go_on(detail, 60)
        assert diary.told() == ["opened", "updated"]
        assert diary.opened[0].detail is Detail.SERVERS_SILENT

    def test_an_incident_is_told_anew_twice_an_hour_at_most(self, diary: Diary) -> None:
        for detail in (Detail.SERVERS_SILENT, Detail.ALL_UNREACHABLE, Detail.RADIO_LOST, Detail.NO_POLICY):
            diary.go_on(detail, 40)
        assert diary.told() == ["opened", "updated", "updated"]
        assert diary.opened[0].detail is Detail.NO_POLICY
        diary.go_on(Detail.NO_POLICY, HOUR_S)
        assert diary.told()[3:] == ["reminded"]
        diary.go_on(Detail.RIGHT_SUSPENDED, 60)
        assert diary.told()[4:] == ["updated"]

    def test_reminders_come_after_one_hour_six_hours_and_daily(self, diary: Diary) -> None:
        diary.go_on(Detail.RADIO_LOST, 49 * HOUR_S, 60)
        detected_ms = diary.events[0].incident.detected.ms
        hours = [(event.at.ms - detected_ms) / HOUR_S / S for event in diary.events[1:]]
        assert diary.told()[1:] == ["reminded"] * 4
        assert hours == [1, 6, 24, 48]

    def test_after_a_long_absence_there_is_one_reminder(self, diary: Diary) -> None:
        diary.go_on(Detail.RADIO_LOST, 60)
        diary.wait(5 * DAY_S)
        diary.go_on(Detail.RADIO_LOST, 60)
        assert diary.told() == ["opened", "reminded"]

    def test_nobody_is_reminded_of_what_may_be_over(self, diary: Diary) -> None:
        diary.go_on(Detail.RADIO_LOST, HOUR_S - 60)
        diary.go_on(Detail.WORKING, 119)
        assert diary.told() == ["opened"]


class TestClosing:
    """Calm closes an incident, and it ended when the calm began."""

    def test_it_closes_after_a_time_and_ended_before(self, diary: Diary) -> None:
        diary.go_on(Detail.RADIO_LOST, 60)
        assert diary.go_on(Detail.WORKING, 120) == []
        (event,) = diary.go_on(Detail.WORKING, 1)
        ended = diary.now.at(diary.now.ms - 120 * S)
        assert (event.kind, event.incident.end, event.at) == (EventKind.CLOSED, ended, diary.now)
        assert diary.opened == []

    def test_trouble_that_comes_back_before_is_the_same(self, diary: Diary) -> None:
        diary.go_on(Detail.RADIO_LOST, 60)
        diary.go_on(Detail.WORKING, 100)
        diary.go_on(Detail.RADIO_LOST, 60)
        diary.go_on(Detail.WORKING, 200)
        assert diary.told() == ["opened", "closed"]
        assert diary.events[-1].incident.times == 2

    def test_a_new_one_has_a_later_identity(self, diary: Diary) -> None:
        for _ in range(2):
            diary.go_on(Detail.RADIO_LOST, 60)
            diary.go_on(Detail.WORKING, 200)
        first, second = (event.incident.id for event in diary.events if event.kind is EventKind.OPENED)
        assert first < second


class TestDeath:
    """What a dead gateway could not tell is told at once, with its true times."""

    def test_it_is_opened_and_closed(self, diary: Diary) -> None:
        gap = Gap(Instant(diary.now.ms - 5, UNIX_MS - HOUR_S * S), diary.now, rebooted=True, ordered=False)
        opened, closed = diary.do(lambda book, now: after_death(book, DEPOSITOR, gap, now))
        assert (opened.kind, closed.kind) == (EventKind.OPENED, EventKind.CLOSED)
        assert closed.incident.kind is IncidentKind.PAST_OUTAGE
        assert closed.incident.begin == gap.begin
        assert closed.incident.end == diary.now
        assert closed.incident.rebooted
        check_events(diary.events, diary.opened)

    def test_it_begins_before_it_ends_though_the_ledger_lost_some_time(self, diary: Diary) -> None:
        diary.go_on(Detail.WORKING, 1000)
        last = diary.now
        diary.restart(same_boot=False, lost_s=600)
        gap = Gap(Instant(min(last.ms, diary.now.ms), last.unix_ms), diary.now, rebooted=True, ordered=False)
        opened, _ = diary.do(lambda book, now: after_death(book, DEPOSITOR, gap, now))
        assert opened.incident.begin == last
        check_events(diary.events, diary.opened)

    def test_an_incident_that_was_open_goes_on(self, diary: Diary) -> None:
        diary.go_on(Detail.RADIO_LOST, 60)
        diary.restart(same_boot=False, lost_s=500)
        diary.go_on(Detail.RADIO_LOST, 60)
        diary.go_on(Detail.WORKING, 200)
        assert diary.told() == ["opened", "closed"]
        check_events(diary.events, diary.opened)


DETAILS = st.sampled_from(
    [
        Detail.WORKING,
        Detail.WORKING,
        Detail.RADIO_LOST,
        Detail.SERVERS_SILENT,
        Detail.SOME_SERVERS_SILENT,
        Detail.RIGHT_SUSPENDED,
        Detail.CLOCK_UNSURE,
        Detail.MAINTENANCE,
        Detail.MAINTENANCE_INTERRUPTS,
    ]
)
steps = st.lists(st.tuples(DETAILS, st.sampled_from([1, 5, 31, 119, 121, 700, 1900, 3700])), max_size=60)
restarts = st.sampled_from([None, None, (True, 0), (False, 0), (False, 600)])


@given(steps=st.lists(st.tuples(DETAILS, st.sampled_from([1, 31, 121, 1900, 3700]), restarts), max_size=40))
def test_whatever_happens_the_history_is_in_order_and_nothing_is_lost(
    steps: list[tuple[Detail, int, tuple[bool, int] | None]],
) -> None:
    diary = Diary()
    for detail, seconds, restart in steps:
        diary.go_on(detail, seconds, min(seconds, 30))
        if restart is not None:
            same_boot, lost_s = restart
            diary.restart(same_boot=same_boot, lost_s=lost_s)
    check_events(diary.events, diary.opened)
    diary.go_on(Detail.WORKING, 2 * HOUR_S, 30)
    assert diary.opened == []
    check_events(diary.events, [])


@given(steps=steps)
def test_no_hour_has_more_than_three_openings(steps: list[tuple[Detail, int]]) -> None:
    diary = Diary()
    for detail, seconds in steps:
        diary.go_on(detail, seconds, min(seconds, 20))
    assert most_openings_in_an_hour(diary.events, IncidentKind.LINK) <= 3


@given(steps=steps)
def test_a_restart_between_any_two_looks_changes_nothing(steps: list[tuple[Detail, int]]) -> None:
    straight, restarted = Diary(), Diary()
    for detail, seconds in steps:
        straight.go_on(detail, seconds, 30)
        for _ in range(0, seconds, 30):
            restarted.go_on(detail, 30, 30)
            restarted.restart()
    assert restarted.events == straight.events
    assert restarted.book == straight.book


def test_the_pace_is_the_hosts_to_choose(diary: Diary) -> None:
    at_once = Pace(open_down_s=0, close_s=0)
    lost, well = condition(Detail.RADIO_LOST, diary.now.ms), condition(Detail.WORKING, diary.now.ms)
    diary.do(lambda book, now: follow_link(book, DEPOSITOR, lost, now, at_once))
    diary.do(lambda book, now: follow_link(book, DEPOSITOR, well, now, at_once))
    assert diary.told() == ["opened", "closed"]


def test_nothing_that_stays_the_same_makes_a_new_book(diary: Diary) -> None:
    diary.go_on(Detail.RADIO_LOST, 60)
    before = diary.book
    diary.look(Detail.RADIO_LOST)
    assert diary.book is before
    assert msgspec.json.encode(before)
