"""Thirty-two bits from sixteen: the nearest value, and all that are possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.identity.frame_counter import MOST, Course, candidates, course, inferred

COUNTERS = st.integers(0, MOST)
ON_AIR = st.integers(0, 0xFFFF)


@given(ON_AIR, st.none() | COUNTERS)
def test_every_candidate_has_the_bits_that_are_on_the_air(fcnt: int, last: int | None) -> None:
    found = candidates(fcnt, last)
    assert found
    assert len(set(found)) == len(found) <= 16
    assert all(value & 0xFFFF == fcnt and 0 <= value <= MOST for value in found)


@given(COUNTERS, st.integers(0, 2**15 - 1))
def test_less_than_half_a_cycle_unheard_is_inferred(last: int, step: int) -> None:
    true = min(last + step, MOST)
    assert inferred(true & 0xFFFF, last) == true


@given(COUNTERS, st.integers(1, 2**15))
def test_a_little_below_the_last_is_inferred_as_gone_back(last: int, step: int) -> None:
    true = max(last - step, 0)
    assert inferred(true & 0xFFFF, last) == true


@given(COUNTERS, ON_AIR)
def test_a_reset_is_among_the_candidates(last: int, fcnt: int) -> None:
    assert fcnt in candidates(fcnt, last)


@given(st.integers(0, MOST - 2**17), st.integers(0, 2**17 - 1))
def test_up_to_two_cycles_unheard_are_among_the_candidates(last: int, step: int) -> None:
    assert last + step in candidates((last + step) & 0xFFFF, last)


def test_with_no_last_one_sixteen_cycles_are_possible_the_first_first() -> None:
    assert candidates(0x1234, None) == tuple(cycle << 16 | 0x1234 for cycle in range(16))
    assert inferred(0x1234, None) == 0x1234


def test_the_nearest_is_tried_first() -> None:
    assert candidates(1, 0x2_FFFF) == (0x3_0001, 0x2_0001, 1, 0x4_0001)
    assert candidates(0xFFFF, 0x3_0001) == (0x2_FFFF, 0x3_FFFF, 0xFFFF, 0x4_FFFF)


def test_no_counter_has_more_than_32_bits() -> None:
    assert candidates(5, MOST) == (0xFFFF_0005, 5)


def test_no_counter_is_below_zero() -> None:
    assert candidates(0xFFFF, 1) == (0xFFFF, 0x1_FFFF)


@pytest.mark.parametrize(
    ("fcnt", "last", "expected"),
    [
        (0, None, Course.FIRST),
        (7, 7, Course.REPEATED),
        (8, 7, Course.ADVANCED),
        (0x1_0000, 0xFFFF, Course.ADVANCED),
        (6, 7, Course.WENT_BACK),
        (0, 0x1_0000, Course.WENT_BACK),
    ],
)
def test_the_course_compares_all_32_bits(fcnt: int, last: int | None, expected: Course) -> None:
    assert course(fcnt, last) is expected


@given(st.integers(0, 0xFFFF), st.none() | st.integers(0, MOST))
def test_what_is_inferred_is_the_likeliest_candidate(fcnt: int, last: int | None) -> None:
    assert inferred(fcnt, last) == candidates(fcnt, last)[0]
