"""The day's counters, whatever the clock does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.heard import Heard
from gateway.link.instant import Instant
from gateway.link.messages import unix_ms_of
from gateway.link.messages_depositor import Traffic
from gateway.link.traffic_totals import DAY_MS
from gateway.policy.outcome import Outcome
from tests.gateway.link.judged import CITY, METROPOLE, observed, refused, verdict
from tests.packets import PLAIN

HOUR_MS = 3_600_000
MIDNIGHT_MS = 20_600 * DAY_MS
MIDNIGHT, NOON = "2026-05-27T00:00:00.000Z", "2026-05-27T12:00:00.000Z"


class Day:
    """A gateway that was started at a time of 27 May 2026, and hears one packet whenever the test says so."""

    def __init__(self, hour: float, *, sure: bool = True) -> None:
        self.ms, self.unix_ms = 7_000_000, MIDNIGHT_MS + round(hour * HOUR_MS)
        self.sure = sure
        self.heard = Heard(self.now)

    @property
    def now(self) -> Instant:
        return Instant(self.ms, self.unix_ms if self.sure else None)

    def wait(self, hours: float) -> None:
        self.ms += round(hours * HOUR_MS)
        self.unix_ms += round(hours * HOUR_MS)

    def jump(self, hours: float) -> None:
        self.unix_ms += round(hours * HOUR_MS)

    def hear(self, times: int = 1) -> None:
        for _ in range(times):
            self.heard.take([PLAIN], [verdict()], self.now)

    def traffic(self) -> Traffic:
        return self.heard.traffic_of(CITY, self.now)


def told(traffic: Traffic) -> tuple[int, str | None, float]:
    return traffic.heard, traffic.since, traffic.for_s / 3600


def test_counters_begin_with_the_gateway() -> None:
    day = Day(12)
    day.hear(3)
    day.wait(2)
    assert told(day.traffic()) == (3, NOON, 2)


def test_they_begin_anew_at_midnight() -> None:
    day = Day(-12)
    day.hear(3)
    day.wait(20)
    day.hear(2)
    day.wait(1)
    assert told(day.traffic()) == (2, MIDNIGHT, 9)
    assert day.heard.totals_of(CITY).heard == 5


def test_midnight_passes_without_a_packet_too() -> None:
    day = Day(-1)
    day.hear(3)
    day.wait(13)
    assert told(day.traffic()) == (0, MIDNIGHT, 12)
    day.wait(24)
    assert told(day.traffic()) == (0, "2026-05-28T00:00:00.000Z", 12)


def test_what_was_heard_just_before_midnight_is_of_the_day_before() -> None:
    day = Day(-1)
    day.wait(1 - 1 / HOUR_MS)
    day.hear(3)
    day.wait(1 / HOUR_MS)
    day.hear(1)
    assert told(day.traffic()) == (1, MIDNIGHT, 0)


def test_while_the_clock_is_not_sure_they_count_since_the_start_and_have_no_date() -> None:
    day = Day(12, sure=False)
    day.hear(3)
    day.wait(50)
    assert told(day.traffic()) == (3, None, 50)


def test_a_clock_that_becomes_sure_on_the_day_of_the_start_dates_the_start() -> None:
    day = Day(12, sure=False)
    day.hear(3)
    day.wait(2)
    day.sure = True
    assert told(day.traffic()) == (3, NOON, 2)


def test_where_midnight_was_before_the_clock_became_sure_they_begin_anew_then() -> None:
    day = Day(-12, sure=False)
    day.hear(3)
    day.wait(18)
    day.hear(4)
    day.wait(6)
    day.sure = True
    day.hear(5)
    assert told(day.traffic()) == (5, "2026-05-27T06:00:00.000Z", 6), "nothing was heard from six o'clock on till now"


def test_a_clock_that_is_lost_and_found_on_one_day_changes_nothing() -> None:
    day = Day(0)
    for sure in (True, False, True, False):
        day.sure = sure
        day.wait(5)
        day.hear()
    assert told(day.traffic()) == (4, None, 20)
    day.sure = True
    assert told(day.traffic()) == (4, MIDNIGHT, 20)


@pytest.mark.parametrize("ahead_hours", [1, 25, 24 * 7 * 1024 + 1])
def test_a_clock_that_jumps_back_over_midnight_loses_nothing(ahead_hours: int) -> None:
    day = Day(0)
    day.wait(23.5)
    day.hear(3)
    day.jump(ahead_hours)
    day.hear(4)
    assert day.traffic().heard == 4
    day.jump(-ahead_hours)
    day.hear(5)
    assert told(day.traffic()) == (12, MIDNIGHT, 23.5)
    day.wait(1)
    day.hear(6)
    assert told(day.traffic()) == (6, "2026-05-28T00:00:00.000Z", 0.5)


def test_a_clock_that_is_a_little_fast_at_midnight_takes_it_back() -> None:
    day = Day(-20)
    day.hear(7)
    day.wait(19.9)
    day.jump(0.2)
    day.hear(2)
    day.jump(-0.2)
    assert told(day.traffic()) == (9, "2026-05-26T04:00:00.000Z", 19.9)
    day.wait(0.2)
    day.hear(1)
    assert told(day.traffic()) == (1, MIDNIGHT, 0.1)


def test_a_clock_that_jumped_ahead_by_less_than_a_beginning_comes_back_to_the_same_day() -> None:
    day = Day(-24)
    day.hear(1)
    day.wait(34)
    day.hear(2)
    assert told(day.traffic()) == (2, MIDNIGHT, 10)
    day.jump(3 * 24 + 10)
    assert day.traffic().heard == 2, "midnight by that clock was before they began"
    day.jump(-3 * 24 - 10)
    assert told(day.traffic()) == (2, MIDNIGHT, 10)


def test_a_depositor_first_heard_in_the_course_of_the_day_counts_from_its_beginning() -> None:
    day = Day(-1)
    day.hear()
    day.wait(12)
    assert day.heard.traffic_of(METROPOLE, day.now).since == MIDNIGHT
    day.heard.take([PLAIN], [verdict(depositor=METROPOLE)], day.now)
    assert day.heard.traffic_of(METROPOLE, day.now).heard == 1


def test_reasons_of_the_day_before_are_left_out() -> None:
    day = Day(-1)
    day.heard.take([PLAIN, PLAIN], [refused(Outcome.RATE), observed(Outcome.RATE)], day.now)
    day.wait(2)
    day.heard.take([PLAIN], [refused(Outcome.DAILY_BYTES)], day.now)
    assert (day.traffic().refused, day.traffic().over_limits) == ({Outcome.DAILY_BYTES: 1}, {})


VERDICTS = st.sampled_from(
    [
        verdict(),
        verdict(outcome=Outcome.REPETITION),
        refused(Outcome.RATE),
        refused(Outcome.FORGED),
        observed(Outcome.DAILY_UPLINKS),
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 30)),
        st.tuples(st.just("jump"), st.floats(-50, 50)),
        st.tuples(st.just("sure"), st.booleans()),
        st.tuples(st.just("hear"), st.lists(VERDICTS, max_size=3)),
    ),
    max_size=30,
)


@given(STEPS)
def test_whatever_the_clock_does_the_sums_are_right_and_the_date_is_that_of_the_beginning(
    steps: list[tuple[str, object]],
) -> None:
    day = Day(20)
    history: list[int] = []
    for what, how in steps:
        match what, how:
            case "wait", float():
                day.wait(how)
            case "jump", float():
                day.jump(how)
            case "sure", bool():
                day.sure = how
            case _, list():
                day.heard.take([PLAIN] * len(how), how, day.now)
                history += [day.ms] * len(how)
        traffic = day.traffic()
        assert traffic.heard == traffic.forwarded + sum(traffic.refused.values())
        began_ms = day.ms - round(traffic.for_s * 1000)
        assert sum(ms > began_ms for ms in history) <= traffic.heard <= sum(ms >= began_ms for ms in history)
        assert day.heard.totals_of(CITY).heard == len(history)
        assert (traffic.since is None) is not day.sure
        if traffic.since is not None:
            assert unix_ms_of(traffic.since) == day.unix_ms - (day.ms - began_ms)
