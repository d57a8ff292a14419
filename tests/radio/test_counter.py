"""The chip's 27 bits of microseconds, unrolled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.counter import (
    CHIP_WRAP_US,
    STEP_BACK_US,
    CounterState,
    first_reading,
    linear_now_us,
    linear_of,
    next_reading,
    packet_linear_us,
)

HOUR_US = 3_600_000_000
steps_us = st.lists(st.integers(1, 24 * HOUR_US), min_size=1, max_size=30)


@given(st.integers(0, CHIP_WRAP_US - 1), steps_us, st.integers(-60_000_000, 60_000_000))
def test_readings_at_any_distance_are_unrolled_by_the_host_s_clock(
    first_us: int, steps: list[int], clock_error_us: int
) -> None:
    true_us = first_us
    state = first_reading(first_us, 0.0)
    for step_us in steps:
        true_us += step_us
        state = next_reading(state, true_us % CHIP_WRAP_US, state.read_s + (step_us + clock_error_us) / 1e6)
        assert state.linear_us == true_us


@given(st.integers(0, 100 * CHIP_WRAP_US), st.integers(0, CHIP_WRAP_US - 1))
def test_a_packet_belongs_to_the_wrap_before_the_last_reading(linear_us: int, age_us: int) -> None:
    stamp_us = (linear_us - age_us) % CHIP_WRAP_US
    assert packet_linear_us(CounterState(linear_us, 0.0), stamp_us) == linear_us - age_us


@given(st.integers(0, CHIP_WRAP_US - 1), st.integers(0, CHIP_WRAP_US - 1), st.floats(0, 1e6))
def test_time_hardly_goes_back_and_the_chip_s_bits_are_kept(first_us: int, second_us: int, later_s: float) -> None:
    before = first_reading(first_us, 0.0)
    after = next_reading(before, second_us, later_s)
    assert after.linear_us >= before.linear_us - STEP_BACK_US
    assert after.chip_us == second_us


@given(st.integers(1, STEP_BACK_US), st.floats(0, 60))
def test_a_reading_that_was_torn_too_high_costs_no_wrap(too_high_us: int, later_s: float) -> None:
    true_us = 5_000_000
    torn = next_reading(first_reading(true_us, 0.0), true_us + too_high_us, 0.0)
    assert next_reading(torn, true_us, later_s).linear_us == true_us


@given(st.floats(0, 0.4), st.floats(0.01, 60), st.floats(-1e-4, 1e-4))
def test_a_reading_that_was_held_up_makes_no_moment_seem_later_than_it_is(
    held_up_s: float, step_s: float, crystal_error: float
) -> None:
    read_us = round((step_s + held_up_s) * (1 + crystal_error) * 1e6)
    state = next_reading(first_reading(0, 0.0), read_us % CHIP_WRAP_US, step_s)
    later_s = step_s + held_up_s + 0.1
    true_us = later_s * (1 + crystal_error) * 1e6
    assert linear_now_us(state, later_s) <= true_us + 800 * later_s


def test_a_delay_is_forgotten_at_the_next_reading() -> None:
    held_up = next_reading(first_reading(0, 0.0), 150_000, 0.1)
    assert next_reading(held_up, 250_000, 0.25).read_s == 0.25


def test_a_host_clock_that_stood_still_costs_no_wrap() -> None:
    state = next_reading(first_reading(CHIP_WRAP_US - 10, 50.0), 5, 50.0)
    assert state.linear_us == CHIP_WRAP_US + 5


@pytest.mark.parametrize(
    ("linear_us", "counter_us"), [(5, 5), (1 << 32, 0), ((1 << 32) + 7, 7), ((5 << 32) - 1, (1 << 32) - 1)]
)
def test_the_concentrator_counter_is_32_bits(linear_us: int, counter_us: int) -> None:
    assert CounterState(linear_us, 0.0).counter_us == counter_us


def test_a_packet_older_than_the_chip_s_first_wrap_is_negative() -> None:
    assert packet_linear_us(first_reading(100, 0.0), CHIP_WRAP_US - 1) == -1


@given(st.integers(-(1 << 40), 1 << 60), st.integers(-(1 << 31), (1 << 31) - 1))
def test_a_32_bit_counter_stands_for_the_linear_moment_nearest_to_now(now_us: int, distance_us: int) -> None:
    assert linear_of((now_us + distance_us) % (1 << 32), now_us) == now_us + distance_us


@pytest.mark.parametrize(
    ("counter_us", "now_us", "linear_us"),
    [(5, (1 << 32) - 5, (1 << 32) + 5), ((1 << 32) - 5, (1 << 32) + 5, (1 << 32) - 5), (0, 0, 0)],
    ids=["after the wrap", "before the wrap", "now"],
)
def test_the_wrap_of_the_32_bit_counter_is_crossed_both_ways(counter_us: int, now_us: int, linear_us: int) -> None:
    assert linear_of(counter_us, now_us) == linear_us
