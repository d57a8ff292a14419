"""xtime: bit exact, monotone past the counter's wrap, and void once the counter begins anew."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.basics_station.xtime import TICKS_MASK, CounterClock, session_of

COUNTER = 2**32


def clock(session: int = 42) -> CounterClock:
    return CounterClock(lambda _: session - 1)


def test_its_bits_are_unit_session_and_microseconds() -> None:
    assert clock(0xAB).hear(0x89AB_CDEF, 0.0) == 0x00AB_0000_89AB_CDEF


def test_the_session_is_never_0_and_never_the_same_twice_in_a_row() -> None:
    for drawn in range(254):
        made = CounterClock(lambda _, drawn=drawn: drawn)  # type: ignore[misc]
        sessions = [made.session]
        for _ in range(600):
            made.radio_started()
            sessions.append(made.session)
        assert all(1 <= session <= 255 for session in sessions)
        assert all(a != b for a, b in itertools.pairwise(sessions))


@given(st.integers(0, COUNTER - 1), st.lists(st.integers(1, 2_000_000_000), max_size=30))
def test_it_grows_by_the_microseconds_that_went_by(first: int, steps: list[int]) -> None:
    made, counter_us, now_s = clock(), first, 5.0
    xtime = made.hear(counter_us, now_s)
    for step_us in steps:
        counter_us = (counter_us + step_us) % COUNTER
        now_s += step_us / 1e6
        following = made.hear(counter_us, now_s + 0.01)
        assert following - xtime == step_us
        assert following & 0xFFFF_FFFF == counter_us
        xtime = following


def test_days_of_silence_do_not_end_a_session() -> None:
    made = clock()
    xtime = made.hear(0, 0.0)
    three_days_us = 3 * 86_400 * 1_000_000
    # Crystal and host's clock differ by 50 ppm.
    assert made.hear(three_days_us % COUNTER, three_days_us / 1e6 * 1.00005) - xtime == three_days_us


def test_a_packet_older_than_the_last_one_has_the_smaller_xtime() -> None:
    made = clock()
    assert made.hear(5_000, 1.0) - made.hear(2_000, 1.0) == 3_000


def test_a_packet_from_before_the_wrap_is_told_right() -> None:
    made = clock()
    after = made.hear(1_000, 1.0)
    before = made.hear(COUNTER - 1_000, 1.0)
    assert (after - before) & TICKS_MASK == 2_000


def test_a_counter_that_jumped_has_begun_anew() -> None:
    made = clock()
    xtime = made.hear(3_000_000_000, 1.0)
    assert session_of(made.hear(1_000, 2.0)) != session_of(xtime)


def test_moments_of_this_session_are_found_again() -> None:
    made = clock()
    xtime = made.hear(COUNTER - 10, 1.0)
    linear_us = made.linear_at(xtime, 1.0)
    assert linear_us is not None
    assert made.linear_at(xtime + 5_000_000, 3.0) == linear_us + 5_000_000
    assert made.linear_at(xtime - 5_000_000, 3.0) == linear_us - 5_000_000


@pytest.mark.parametrize("change", [1 << 48, 1 << 56, 1 << 62])
def test_moments_of_another_session_or_radio_are_none(change: int) -> None:
    made = clock()
    assert made.linear_at(made.hear(1000, 1.0) ^ change, 1.0) is None


def test_after_a_new_start_no_former_moment_is_one() -> None:
    made = clock()
    xtime = made.hear(1000, 1.0)
    made.radio_started()
    assert made.linear_at(xtime, 1.0) is None
    made.hear(1000, 1.0)
    assert made.linear_at(xtime, 1.0) is None


def test_before_anything_was_heard_it_is_not_known() -> None:
    made = clock()
    assert made.xtime_now(1.0) == 0
    assert made.linear_at(42 << 48, 1.0) is None
    made.hear(1000, 1.0)
    assert made.xtime_now(1.5) & TICKS_MASK == 501_000
