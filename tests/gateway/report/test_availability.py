"""How the link was at each moment of a month: the rules, one by one, and what holds of them together."""

import itertools
from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.evidence.records import ClockRecord, GatewayRecord
from gateway.link.state import State
from gateway.report.availability import Availability, Status, availability
from gateway.report.period import month_period
from gateway.report.reading import Missing
from tests.gateway.report.scene import BEGIN_MS, DAY_MS, END_MS, HOUR_MS, MARCH, Log, link, started, steady_ms, stopped

MONTH_MS = END_MS - BEGIN_MS
UP, DEGRADED, DOWN, SUSPENDED = Status.UP, Status.DEGRADED, Status.DOWN, Status.SUSPENDED
OFF, UNKNOWN = Status.GATEWAY_OFF, Status.UNKNOWN


def told(log: Log) -> list[tuple[Status, int]]:
    """Each status, and when it begins: hours after the month did."""
    spans = availability(log.facts(), MARCH).spans
    return [(span.status, (span.begins_unix_ms - BEGIN_MS) // HOUR_MS) for span in spans]


def alive(log: Log, hour: int = 31 * 24) -> Log:
    """It still writes: by default, after the month."""
    return log.add(hour * HOUR_MS, ClockRecord(sure=True))


def hours(log: Log, *changes: tuple[int, State]) -> Log:
    """The link changes at these hours."""
    for hour, state in changes:
        log.add(hour * HOUR_MS, link(state, hour * HOUR_MS))
    return log


def running() -> Log:
    """Started the day before, and up."""
    return Log().add(-DAY_MS, started()).add(-DAY_MS, link(State.UP, -DAY_MS))


def dead(begin_ms: int | None, end_ms: int, *, dated: bool = True) -> GatewayRecord:
    return GatewayRecord(
        event="was_dead",
        version="1",
        begin_ms=None if begin_ms is None else steady_ms(begin_ms),
        begin_unix_ms=BEGIN_MS + begin_ms if dated and begin_ms is not None else None,
        end_ms=steady_ms(end_ms),
        end_unix_ms=BEGIN_MS + end_ms if dated else None,
    )


def test_the_state_before_the_month_is_carried_into_it() -> None:
    assert told(alive(running())) == [(UP, 0)]
    assert told(alive(hours(running(), (-2, State.SUSPENDED)))) == [(SUSPENDED, 0)]


def test_a_change_counts_from_its_true_begin() -> None:
    log = running().add(5 * HOUR_MS, link(State.DOWN, 3 * HOUR_MS)).add(7 * HOUR_MS, link(State.UP, 6 * HOUR_MS))
    assert told(alive(log)) == [(UP, 0), (DOWN, 3), (UP, 6)]


def test_a_begin_before_the_month_is_cut_at_the_month() -> None:
    log = running().add(5 * HOUR_MS, link(State.DOWN, -3 * HOUR_MS))
    assert told(alive(log)) == [(DOWN, 0)]


def test_a_change_that_is_found_after_the_month_reaches_back_into_it() -> None:
    log = running().add(MONTH_MS + HOUR_MS, link(State.DOWN, MONTH_MS - HOUR_MS))
    assert told(log) == [(UP, 0), (DOWN, 743)]


def test_a_begin_that_no_clock_was_sure_of_is_reckoned_on_the_steady_clock() -> None:
    log = running().add(5 * HOUR_MS, link(State.DOWN, 3 * HOUR_MS, dated=False))
    assert told(alive(log)) == [(UP, 0), (DOWN, 3)]


def test_no_state_counts_from_before_the_start_that_found_it() -> None:
    log = Log().add(2 * HOUR_MS, started()).add(3 * HOUR_MS, link(State.SUSPENDED, -90 * DAY_MS))
    assert told(alive(log)) == [(UNKNOWN, 0), (SUSPENDED, 2)]


def test_no_state_counts_from_after_it_was_written_down() -> None:
    assert told(alive(running().add(2 * HOUR_MS, link(State.DOWN, 9 * HOUR_MS)))) == [(UP, 0), (DOWN, 2)]


def test_before_the_first_entry_nothing_is_known() -> None:
    log = Log().add(5 * HOUR_MS, started()).add(6 * HOUR_MS, link(State.UP, 6 * HOUR_MS))
    assert told(alive(log)) == [(UNKNOWN, 0), (UP, 6)]


def test_after_the_last_entry_nothing_is_known() -> None:
    assert told(alive(running(), 30)) == [(UP, 0), (UNKNOWN, 30)]


def test_without_evidence_nothing_is_known() -> None:
    assert told(Log()) == [(UNKNOWN, 0)]


def test_the_gateway_is_off_from_an_orderly_stop_to_the_next_start() -> None:
    log = running().add(2 * HOUR_MS, stopped()).add(5 * HOUR_MS, started()).add(6 * HOUR_MS, link(State.DOWN, 0))
    assert told(alive(log)) == [(UP, 0), (OFF, 2), (DOWN, 5)]


def test_after_a_short_restart_the_link_goes_on_as_it_was() -> None:
    log = hours(running(), (1, State.DOWN)).add(2 * HOUR_MS, stopped()).add(5 * HOUR_MS, started())
    assert told(alive(log)) == [(UP, 0), (DOWN, 1), (OFF, 2), (DOWN, 5)]


def test_a_restart_that_was_neither_in_order_nor_a_death_changes_nothing() -> None:
    assert told(alive(running().add(2 * HOUR_MS, started()))) == [(UP, 0)]


def test_after_the_first_start_the_link_is_not_known_until_it_is_told() -> None:
    log = Log().add(-DAY_MS, started())
    assert told(alive(hours(log, (7, State.UP)))) == [(UNKNOWN, 0), (UP, 7)]


def test_what_was_before_the_first_change_after_a_start_holds_from_the_start() -> None:
    log = died(running(), 2, 5).add(9 * HOUR_MS, link(State.DOWN, 8 * HOUR_MS, State.DEGRADED))
    assert told(alive(log)) == [(UP, 0), (OFF, 2), (DEGRADED, 5), (DOWN, 8)]


def died(log: Log, begin: int, end: int, *, dated: bool = True, sure: bool = True) -> Log:
    """Dead between these hours, as a start tells it."""
    log.add(end * HOUR_MS, dead(begin * HOUR_MS, end * HOUR_MS, dated=dated), sure=sure)
    return log.add(end * HOUR_MS, started(), sure=sure)


def test_a_death_that_is_told_afterwards_was_off_and_the_link_is_not_known_until_it_is_told() -> None:
    assert told(alive(hours(died(running(), 2, 6), (7, State.UP)))) == [(UP, 0), (OFF, 2), (UNKNOWN, 6), (UP, 7)]


def test_a_death_after_an_orderly_stop_is_off_from_the_stop() -> None:
    log = died(running().add(2 * HOUR_MS, stopped()), 2, 6)
    assert told(alive(hours(log, (6, State.UP)))) == [(UP, 0), (OFF, 2), (UP, 6)]


def test_an_entry_after_the_last_sign_of_life_is_one_as_well() -> None:
    log = died(hours(running(), (3, State.DOWN)), 2, 6)
    assert told(alive(hours(log, (6, State.UP)))) == [(UP, 0), (OFF, 3), (UP, 6)]


def test_a_death_over_the_months_begin_is_cut_there() -> None:
    assert told(alive(hours(died(running(), -5, 3), (3, State.UP)))) == [(OFF, 0), (UP, 3)]


def test_a_death_that_is_told_before_a_clock_is_sure_ends_at_the_start() -> None:
    begin = msgspec.structs.replace(dead(2 * HOUR_MS, 6 * HOUR_MS), end_unix_ms=None)
    log = running().add(6 * HOUR_MS, begin, sure=False).add(6 * HOUR_MS, started(), sure=False)
    assert told(alive(hours(log, (7, State.UP)))) == [(UP, 0), (OFF, 2), (UNKNOWN, 6), (UP, 7)]


def test_a_death_without_a_date_is_dated_on_the_steady_clock_of_the_run_that_it_ended() -> None:
    log = died(alive(running(), 1), 2, 6, dated=False)
    assert told(alive(hours(log, (6, State.UP)))) == [(UP, 0), (OFF, 2), (UP, 6)]


def test_a_death_of_which_only_the_end_is_known_makes_the_time_since_the_last_entry_unknown() -> None:
    log = (
        alive(running().add(HOUR_MS // 2, started()), 1)
        .add(6 * HOUR_MS, dead(None, 6 * HOUR_MS, dated=False))
        .add(6 * HOUR_MS, started())
    )
    assert told(alive(hours(log, (6, State.UP)))) == [(UP, 0), (UNKNOWN, 1), (UP, 6)]


def test_a_death_that_ends_before_it_begins_was_none() -> None:
    log = died(hours(running(), (3, State.DOWN)), 5, 4)
    assert told(alive(hours(log, (4, State.UP)))) == [(UP, 0), (DOWN, 3), (UP, 4)]


def test_a_change_that_is_taken_back_at_once_leaves_no_trace() -> None:
    assert told(alive(hours(running(), (3, State.DOWN), (3, State.UP)))) == [(UP, 0)]


def test_behind_a_gap_a_start_makes_nothing_known() -> None:
    log = alive(running(), 2).then(Missing(4, 9)).add(5 * HOUR_MS, started())
    assert told(alive(log)) == [(UP, 0), (UNKNOWN, 2)]


def test_a_gap_of_the_log_is_not_known_until_the_link_is_told_again() -> None:
    log = alive(running(), 2).then(Missing(4, 9))
    assert told(alive(hours(alive(log, 5), (8, State.UP)))) == [(UP, 0), (UNKNOWN, 2), (UP, 8)]


def test_behind_a_gap_a_change_says_what_was_before_it() -> None:
    log = alive(alive(running(), 2).then(Missing(4, 9)), 5)
    log.add(8 * HOUR_MS, link(State.DOWN, 8 * HOUR_MS, State.DEGRADED))
    assert told(alive(log)) == [(UP, 0), (UNKNOWN, 2), (DEGRADED, 5), (DOWN, 8)]


def test_an_undated_run_is_not_known_from_the_last_dated_entry_on() -> None:
    log = alive(running(), 2).add(3 * HOUR_MS, started(), sure=False)
    log.add(4 * HOUR_MS, link(State.UP, 4 * HOUR_MS, dated=False), sure=False).add(9 * HOUR_MS, started())
    assert told(alive(hours(log, (9, State.UP)))) == [(UP, 0), (UNKNOWN, 2), (UP, 9)]


def test_behind_an_undated_run_a_start_makes_nothing_known() -> None:
    log = alive(running(), 2).add(3 * HOUR_MS, started(), sure=False).add(9 * HOUR_MS, started())
    assert told(alive(log)) == [(UP, 0), (UNKNOWN, 2)]


def test_a_clock_that_becomes_sure_dates_what_came_before_it_in_the_run() -> None:
    log = running().add(2 * HOUR_MS, stopped()).add(5 * HOUR_MS, started(), sure=False)
    log.add(5 * HOUR_MS, link(State.UP, 5 * HOUR_MS, dated=False), sure=False)
    assert told(alive(alive(log, 6))) == [(UP, 0), (OFF, 2), (UP, 5)]


def test_the_month_is_cut_where_people_live() -> None:
    period = month_period("2026-03", "Europe/Paris")
    found = availability(alive(hours(running(), (-1, State.DOWN))).facts(period), period)
    assert found.lasted_ms[DOWN] == period.ends_unix_ms - period.begins_unix_ms == 743 * HOUR_MS


def test_known_time_is_all_but_what_is_not_known() -> None:
    found = availability(alive(running(), 30).facts(), MARCH)
    assert found.known_ms == 30 * HOUR_MS
    assert found.lasted_ms[UNKNOWN] == MONTH_MS - 30 * HOUR_MS


def happenings() -> st.SearchStrategy[Log]:
    states = st.sampled_from(State)
    before = st.one_of(st.none(), states)
    back_ms = st.integers(0, 3 * DAY_MS)
    records = st.one_of(
        st.builds(lambda state, was, back: ("link", state, was, back), states, before, back_ms),
        st.sampled_from([("started",), ("stopped",), ("clock",), ("gap",)]),
        st.builds(lambda back, dated: ("dead", back, dated), back_ms, st.booleans()),
    )
    step = st.tuples(st.integers(0, 5 * DAY_MS), records, st.booleans())
    return st.lists(step, max_size=25).map(_log)


def _log(steps: Sequence[tuple[int, tuple[object, ...], bool]]) -> Log:
    log, at_ms = Log(), -6 * DAY_MS
    for step_ms, record, sure in steps:
        at_ms += step_ms
        match record:
            case ("link", State() as state, was, int(back)):
                before = was if isinstance(was, State) else None
                log.add(at_ms, link(state, at_ms - back, before, dated=sure), sure=sure)
            case ("dead", int(back), dated):
                log.add(at_ms, dead(at_ms - back, at_ms, dated=bool(dated)), sure=sure)
            case ("gap",):
                log.then(Missing(1, 2))
            case (name,):
                made: dict[object, msgspec.Struct] = {"started": started(), "stopped": stopped()}
                log.add(at_ms, made.get(name, ClockRecord(sure=sure)), sure=sure)
    return log


def found_of(log: Log) -> Availability:
    return availability(log.facts(), MARCH)


@given(happenings())
def test_the_shares_add_up_to_the_month(log: Log) -> None:
    found = found_of(log)
    assert sum(found.lasted_ms.values()) == MONTH_MS
    assert found.known_ms + found.lasted_ms[UNKNOWN] == MONTH_MS


@given(happenings())
def test_spans_follow_each_other_from_the_months_begin_to_its_end(log: Log) -> None:
    spans = found_of(log).spans
    assert spans[0].begins_unix_ms == BEGIN_MS
    assert spans[-1].ends_unix_ms == END_MS
    for one, other in itertools.pairwise(spans):
        assert one.ends_unix_ms == other.begins_unix_ms
        assert one.status is not other.status
    assert all(span.lasted_ms > 0 for span in spans)


@given(happenings())
def test_nothing_is_known_outside_of_the_evidence(log: Log) -> None:
    facts = log.facts()
    last_ms = facts.last_unix_ms
    for span in found_of(log).spans:
        if span.status is not UNKNOWN:
            assert last_ms is not None
            assert span.ends_unix_ms <= last_ms


@given(happenings(), st.integers(0, 30))
def test_two_halves_of_a_month_tell_what_the_whole_does(log: Log, days: int) -> None:
    """A boundary cuts states, and changes none."""
    middle_ms = BEGIN_MS + days * DAY_MS
    facts = log.facts()
    first = msgspec.structs.replace(MARCH, ends_unix_ms=middle_ms)
    second = msgspec.structs.replace(MARCH, begins_unix_ms=middle_ms)
    halves = [availability(facts, half).lasted_ms for half in (first, second)]
    whole = availability(facts, MARCH).lasted_ms
    assert {status: sum(half[status] for half in halves) for status in Status} == whole


@given(happenings(), st.integers(0, 100 * DAY_MS))
def test_entries_that_change_nothing_make_no_difference_but_to_the_end(log: Log, later_ms: int) -> None:
    spans = found_of(log).spans
    last_ms = log.facts().last_unix_ms
    if last_ms is None:
        return
    log.add(last_ms - BEGIN_MS + later_ms, ClockRecord(sure=True))
    for span in found_of(log).spans:
        if span.ends_unix_ms < last_ms:
            assert span in spans
