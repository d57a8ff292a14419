"""How long silences get: exactly where packets are independent, by their tail where they are not."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.supervision.silence_tail import MONTH_S, THRESHOLDS, TRUSTED_AFTER_S, SilenceTail, TailLaw
from gateway.supervision.usual_traffic import DAY_S

BUDGET = 0.5
CERTAIN = 1e9


def seen(lengths: list[float], listened_s: float = MONTH_S) -> SilenceTail:
    """A tail of so many silences."""
    tail = SilenceTail().with_listened(listened_s)
    for length in lengths:
        tail = tail.with_silence(length)
    return tail


def independent(count: int) -> list[float]:
    """Silences between packets that know nothing of each other."""
    rng = random.Random(4)
    return [rng.expovariate(1.0) for _ in range(count)]


def test_of_independent_packets_the_law_is_the_exponential() -> None:
    law = seen(independent(40_000)).law(CERTAIN, BUDGET)
    assert (law.threshold, law.excess) == (0.0, 1.0)
    assert law.length_of(BUDGET) == pytest.approx(math.log(40_000 / BUDGET), rel=0.001)


def test_a_month_s_longest_silence_by_chance_changes_nothing() -> None:
    assert seen([*independent(40_000), 13.0]).law(CERTAIN, BUDGET).threshold == 0


def test_a_silence_that_is_no_chance_is_not_deaf_the_next_time() -> None:
    assert seen([*independent(40_000), 30.0]).law(CERTAIN, BUDGET).length_of(BUDGET) > 30


def test_a_sensor_with_a_period_is_missed_sooner_than_by_chance() -> None:
    period = seen([0.98] * 4200 + [1.96] * 100)
    assert 2 < period.law(CERTAIN, BUDGET).length_of(BUDGET) < 0.7 * math.log(4300 / BUDGET)


def test_what_was_never_passed_might_be_once() -> None:
    punctual = seen([1.0] * 720)
    assert punctual.law(CERTAIN, BUDGET).length_of(BUDGET) > THRESHOLDS[4]


def test_rates_that_are_known_from_little_lengthen_what_counts() -> None:
    tail = seen(independent(4000))
    assert tail.law(50.0, BUDGET).length_of(BUDGET) > tail.law(5000.0, BUDGET).length_of(BUDGET)


def test_a_young_law_is_not_trusted_with_the_whole_budget() -> None:
    assert seen([], DAY_S).trust < 0.01
    assert seen([], TRUSTED_AFTER_S).trust == 1


@given(
    st.builds(TailLaw, st.floats(0, 500), st.floats(0.1, 500), st.floats(2, 1e5), st.floats(0.1, 1e5)),
    st.floats(0.01, 30),
)
def test_the_two_questions_to_a_law_are_each_other_s_inverse(law: TailLaw, per_month: float) -> None:
    expected = min(per_month, law.per_month)
    assert law.per_month_of(law.length_of(per_month)) == pytest.approx(expected, rel=1e-6)


@given(st.lists(st.floats(0, 1e6), max_size=60), st.floats(0, 1e8), st.floats(2, 1e6))
def test_whatever_was_seen_the_law_is_finite_and_a_suspicion_comes_first(
    lengths: list[float], listened_s: float, evidence: float
) -> None:
    tail = seen(lengths, listened_s)
    law = tail.law(evidence, BUDGET)
    assert 0 <= law.length_of(30.0) <= law.length_of(BUDGET) < math.inf
    assert len(tail.counts) == len(tail.sums) == len(THRESHOLDS)
