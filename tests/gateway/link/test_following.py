"""A link as time goes on."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.following import follow
from gateway.link.state import RULES, Cause, Change, Condition, Detail, Finding, Judgement, Link, State

S = 1000
WELL = Judgement(())
NOTHING_KNOWN = Judgement((), frozenset({Detail.RADIO_LOST, Detail.SERVERS_SILENT}))
FOUND = [detail for detail in Detail if detail not in (Detail.WORKING, Detail.MAINTENANCE_INTERRUPTS)]


def finding(*details: Detail) -> Judgement:
    return Judgement(tuple(Finding(detail) for detail in details))


class Followed:
    """A link from its first good look on, looked at once a second."""

    def __init__(self, judgement: Judgement = WELL) -> None:
        self.now_ms = 100 * S
        self.link, self.changes = Link(), list[Change]()
        self.look(judgement)

    def look(self, judgement: Judgement) -> Change | None:
        self.link, change = follow(self.link, judgement, self.now_ms)
        if change is not None:
            self.changes.append(change)
        return change

    def go_on(self, judgement: Judgement, seconds: int) -> Condition:
        """So it is for so many seconds."""
        for _ in range(seconds):
            self.now_ms += S
            self.look(judgement)
        return self.condition

    @property
    def condition(self) -> Condition:
        assert self.link.condition is not None
        return self.link.condition


def test_at_a_start_nothing_is_told_before_something_is_known() -> None:
    link, change = follow(Link(), NOTHING_KNOWN, 0)
    assert (link.condition, change) == (None, None)
    link, change = follow(link, WELL, S)
    assert change == Change(None, Condition(State.UP, None, Detail.WORKING, since_ms=S, decided_ms=S))


def test_a_fault_is_told_though_the_rest_is_unknown() -> None:
    unknown = Judgement((Finding(Detail.RADIO_LOST, 500),), frozenset({Detail.SERVERS_SILENT}))
    link, _ = follow(Link(), unknown, 2 * S)
    assert link.condition == Condition(State.DOWN, Cause.RADIO, Detail.RADIO_LOST, since_ms=500, decided_ms=2 * S)


@pytest.mark.parametrize("detail", FOUND)
def test_a_fault_counts_once_it_has_lasted(detail: Detail) -> None:
    followed, hold_s = Followed(), round(RULES[detail].hold_s)
    if hold_s:
        assert followed.go_on(finding(detail), hold_s).detail is Detail.WORKING
    began_ms = followed.now_ms + S if not hold_s else 101 * S
    condition = followed.go_on(finding(detail), 1)
    assert condition == Condition(
        RULES[detail].state, RULES[detail].cause, detail, since_ms=began_ms, decided_ms=followed.now_ms
    )


@pytest.mark.parametrize("detail", FOUND)
def test_it_is_over_once_it_has_stayed_away_and_since_it_went(detail: Detail) -> None:
    followed, settle_s = Followed(), round(RULES[detail].settle_s)
    followed.go_on(finding(detail), round(RULES[detail].hold_s) + 1)
    went_ms = followed.now_ms + S
    if settle_s:
        assert followed.go_on(WELL, settle_s).detail is detail
    condition = followed.go_on(WELL, 1)
    assert condition == Condition(State.UP, None, Detail.WORKING, since_ms=went_ms, decided_ms=followed.now_ms)


def test_the_true_begin_is_told_and_stays() -> None:
    followed = Followed()
    for silent_s in range(28, 60):
        followed.now_ms += S
        followed.look(Judgement((Finding(Detail.SERVERS_SILENT, followed.now_ms - silent_s * S + silent_s % 3),)))
    assert followed.condition.since_ms == 101 * S - 28 * S + 1
    assert len(followed.changes) == 2


def test_a_fault_that_is_known_to_have_lasted_need_not_be_watched_for_as_long() -> None:
    followed = Followed()
    followed.look(Judgement((Finding(Detail.BROKER_LOST, followed.now_ms - 10 * S),)))
    assert followed.condition.detail is Detail.BROKER_LOST


def test_a_short_fault_is_none() -> None:
    followed = Followed()
    for _ in range(50):
        followed.go_on(finding(Detail.BROKER_LOST), 5)
        followed.go_on(WELL, 1)
    assert len(followed.changes) == 1


def test_a_short_recovery_is_none_either() -> None:
    followed = Followed()
    followed.go_on(finding(Detail.RADIO_LOST), 1)
    for _ in range(50):
        followed.go_on(WELL, 9)
        followed.go_on(finding(Detail.RADIO_LOST), 1)
    assert [change.after.state for change in followed.changes] == [State.UP, State.DOWN]


def test_a_fault_that_comes_and_goes_hides_no_other() -> None:
    followed = Followed()
    for _ in range(70):
        followed.go_on(finding(Detail.BROKER_LOST, Detail.CLOCK_UNSURE), 1)
        followed.go_on(finding(Detail.CLOCK_UNSURE), 1)
    assert followed.condition.detail is Detail.CLOCK_UNSURE


def test_of_several_the_first_of_the_table_is_told_and_the_next_when_it_is_over() -> None:
    followed = Followed()
    followed.go_on(finding(Detail.RADIO_LOST), 5)
    down_ms = followed.condition.since_ms
    followed.go_on(finding(Detail.RADIO_LOST, Detail.SERVERS_SILENT), 5)
    followed.go_on(finding(Detail.SERVERS_SILENT), 11)
    told = [change.after.detail for change in followed.changes]
    assert told == [Detail.WORKING, Detail.RADIO_LOST, Detail.SERVERS_SILENT]
    assert followed.condition.since_ms == down_ms, "it has been down all the time"


def test_a_lesser_state_began_when_the_worse_one_ended() -> None:
    followed = Followed()
    followed.go_on(finding(Detail.RADIO_LOST, Detail.SOME_SERVERS_SILENT), 5)
    ended_ms = followed.now_ms + S
    followed.go_on(finding(Detail.SOME_SERVERS_SILENT), 11)
    assert (followed.condition.state, followed.condition.since_ms) == (State.DEGRADED, ended_ms)


def test_what_becomes_unknown_stays_as_it_was() -> None:
    followed = Followed()
    followed.go_on(finding(Detail.SERVERS_SILENT), 1)
    unknown = Judgement((), frozenset({Detail.SERVERS_SILENT}))
    assert followed.go_on(unknown, 1000).detail is Detail.SERVERS_SILENT
    assert followed.go_on(WELL, 11).detail is Detail.WORKING
    assert followed.go_on(unknown, 1000).detail is Detail.WORKING


class TestMaintenance:
    """Planned work excuses an interruption as long as it lasts, and is none while packets pass."""

    PLANNED = Finding(Detail.MAINTENANCE, reason="new antenna", until_unix_s=9_000)

    def test_it_takes_the_place_of_what_it_interrupts(self) -> None:
        followed = Followed()
        assert followed.go_on(Judgement((self.PLANNED,)), 5).state is State.DEGRADED
        condition = followed.go_on(Judgement((self.PLANNED, Finding(Detail.RADIO_LOST))), 1)
        assert condition == Condition(
            State.SUSPENDED,
            Cause.MAINTENANCE,
            Detail.MAINTENANCE_INTERRUPTS,
            since_ms=followed.now_ms,
            decided_ms=followed.now_ms,
            reason="new antenna",
            until_unix_s=9_000,
        )

    def test_a_fault_from_before_is_suspended_from_its_beginning_on(self) -> None:
        followed = Followed()
        followed.go_on(finding(Detail.RADIO_LOST), 5)
        condition = followed.go_on(Judgement((self.PLANNED, Finding(Detail.RADIO_LOST))), 5)
        assert (condition.state, condition.since_ms) == (State.SUSPENDED, 106 * S)

    def test_what_outlasts_it_is_a_failure_from_its_end_on(self) -> None:
        followed = Followed()
        followed.go_on(Judgement((self.PLANNED, Finding(Detail.RADIO_LOST))), 5)
        condition = followed.go_on(finding(Detail.RADIO_LOST), 1)
        assert (condition.detail, condition.since_ms) == (Detail.RADIO_LOST, followed.now_ms)

    def test_a_suspended_right_is_told_first(self) -> None:
        followed = Followed()
        both = Judgement((Finding(Detail.RIGHT_SUSPENDED), self.PLANNED, Finding(Detail.RADIO_LOST)))
        assert followed.go_on(both, 1).detail is Detail.RIGHT_SUSPENDED


def test_another_reason_is_a_change_and_no_new_beginning() -> None:
    followed = Followed()
    for reason in ("storm", "storm", "works"):
        followed.go_on(Judgement((Finding(Detail.RIGHT_SUSPENDED, reason=reason),)), 1)
    assert [change.after.reason for change in followed.changes] == [None, "storm", "works"]
    assert followed.condition.since_ms == followed.changes[1].after.since_ms


def test_a_clock_that_lost_some_minutes_stops_nothing() -> None:
    followed = Followed()
    followed.now_ms += 600 * S
    followed.go_on(finding(Detail.RADIO_LOST), 1)
    followed.go_on(WELL, 1)
    followed.now_ms -= 600 * S
    condition = followed.go_on(WELL, 11)
    assert condition.state is State.UP
    assert condition.since_ms <= followed.now_ms


def test_nor_does_it_hold_up_what_is_to_count() -> None:
    followed = Followed()
    followed.now_ms += 600 * S
    followed.go_on(finding(Detail.BROKER_LOST), 5)
    followed.now_ms -= 600 * S
    assert followed.go_on(finding(Detail.BROKER_LOST), 11).detail is Detail.BROKER_LOST


def test_a_fault_that_begins_anew_between_two_looks_lasts_all_the_same() -> None:
    followed = Followed()
    for _ in range(12):
        followed.now_ms += S
        followed.look(Judgement((Finding(Detail.BROKER_LOST, followed.now_ms - S // 2),)))
    assert followed.condition.detail is Detail.BROKER_LOST


def test_nor_does_it_end_what_counts() -> None:
    followed = Followed()
    followed.now_ms += 600 * S
    followed.go_on(finding(Detail.BROKER_LOST), 11)
    followed.now_ms -= 600 * S
    assert followed.go_on(finding(Detail.BROKER_LOST), 1).detail is Detail.BROKER_LOST


steps = st.lists(st.tuples(st.sets(st.sampled_from(FOUND), max_size=4), st.integers(1, 200)), max_size=30)


@given(steps=steps)
def test_whatever_happens_every_condition_is_one_of_the_table_and_began_before_it_was_found(
    steps: list[tuple[set[Detail], int]],
) -> None:
    followed = Followed()
    for details, seconds in steps:
        followed.now_ms += seconds * S
        followed.look(finding(*details))
        condition = followed.condition
        assert (condition.state, condition.cause) == (RULES[condition.detail].state, RULES[condition.detail].cause)
        assert condition.since_ms <= condition.decided_ms <= followed.now_ms
    for before, after in pairwise(followed.changes):
        assert after.before == before.after
        assert after.after.decided_ms > before.after.decided_ms


@given(steps=steps)
def test_a_restart_between_any_two_looks_changes_nothing(steps: list[tuple[set[Detail], int]]) -> None:
    straight, restarted = Followed(), Followed()
    for details, seconds in steps:
        for followed in (straight, restarted):
            followed.now_ms += seconds * S
            followed.look(finding(*details))
        restarted.link = msgspec.json.decode(msgspec.json.encode(restarted.link), type=Link)
    assert restarted.link == straight.link
    assert restarted.changes == straight.changes
