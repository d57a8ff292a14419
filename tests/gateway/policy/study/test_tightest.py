"""The tightest limits are no wider than needed, and no tighter."""

from itertools import combinations_with_replacement, pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.allowance import Allowance
from gateway.policy.study.tightest import (
    HIGHEST_AIRTIME_US,
    HIGHEST_BYTES,
    HIGHEST_JOINS_PER_HOUR,
    HIGHEST_RELOAD_PER_HOUR,
    BucketSizeFactor,
    Need,
    sustains,
    tightest,
)

HOUR_MS = 3_600_000
FACTORS: list[BucketSizeFactor] = [1, 2, 4, 12]


def need(*uplinks_ms: int, uplinks: int = 0, size_bytes: int = 0, airtime_us: int = 0, joins: int = 0) -> Need:
    gaps_ms = [later - earlier for earlier, later in pairwise(uplinks_ms)]
    made = Need(uplinks, size_bytes, airtime_us, joins, min(gaps_ms, default=None))
    made.uplinks_ms.extend(uplinks_ms)
    return made


def test_who_was_not_heard_needs_nothing() -> None:
    nothing = Allowance(1, 1, 86_400, 0, 0, 0.0, 0)
    for needs in ({}, {"device": Need()}):
        found = tightest(needs, 1)
        assert found.allowance == nothing
        assert not found.needed_by


def test_the_one_that_needs_most_decides_and_is_named() -> None:
    needs = {
        "busy": need(uplinks=9, size_bytes=90, airtime_us=1_000_001),
        "long": need(uplinks=2, size_bytes=200, airtime_us=1_000_000, joins=3),
    }
    found = tightest(needs, 1)
    allowance = found.allowance
    assert (allowance.daily_uplinks, allowance.daily_bytes, allowance.joins_per_hour) == (9, 200, 3)
    assert allowance.daily_airtime_s == 1.000001
    assert found.needed_by == {
        "daily_uplinks": "busy",
        "daily_bytes": "long",
        "daily_airtime_s": "busy",
        "joins_per_hour": "long",
    }


@pytest.mark.parametrize(
    ("gap_ms", "longest_s"),
    [(0, None), (999, None), (1000, 1), (59_999, 59), (60_000, 60), (86_400_000, 86_400), (90_000_000, 86_400)],
)
def test_the_interval_is_the_longest_of_whole_seconds_that_no_two_uplinks_fall_short_of(
    gap_ms: int, longest_s: int | None
) -> None:
    needs = {"quick": need(0, gap_ms), "slow": need(0, 100_000_000), "once": need(0)}
    assert tightest(needs, 1).allowance.min_interval_s == longest_s


def test_a_rate_is_for_the_device_that_needs_the_highest() -> None:
    needs = {"slow": need(0, HOUR_MS), "quick": need(*range(0, HOUR_MS + 1, HOUR_MS // 10)), "none": need()}
    found = tightest(needs, 1)
    # Eleven uplinks within an hour, both ends included: a bucket of r, and r more in the hour.
    assert found.allowance.reload_per_hour == 6
    assert found.needed_by["reload_per_hour"] == "quick"


def test_where_no_limit_is_wide_enough_there_is_none() -> None:
    too_much = need(
        *[0] * 36_001, uplinks=10_000_001, size_bytes=2_550_000_001, airtime_us=864_000_000_001, joins=36_001
    )
    assert tightest({"storm": too_much}, 1).allowance == Allowance()
    just_enough = need(*[0] * 36_000, uplinks=10_000_000, size_bytes=2_550_000_000, airtime_us=864_000_000_000)
    allowance = tightest({"storm": just_enough}, 1).allowance
    assert allowance == Allowance(36_000, 1, None, 10_000_000, 2_550_000_000, 864_000.0, 0)


@given(st.lists(st.integers(0, 3 * HOUR_MS), max_size=12).map(sorted), st.sampled_from(FACTORS), st.integers(1, 20))
def test_a_bucket_sustains_what_no_stretch_of_time_exceeds(
    uplinks_ms: list[int], factor: BucketSizeFactor, rate: int
) -> None:
    """In any stretch there are at most the bucket and what is refilled in it: the definition of a token bucket."""
    stretches = combinations_with_replacement(range(len(uplinks_ms)), 2)
    exceeded = any(
        (last - first + 1) * HOUR_MS > rate * factor * HOUR_MS + rate * (uplinks_ms[last] - uplinks_ms[first])
        for first, last in stretches
    )
    assert sustains(rate, factor, uplinks_ms) is not exceeded


@given(st.lists(st.integers(0, 3 * HOUR_MS), min_size=1).map(sorted), st.sampled_from(FACTORS))
def test_the_rate_suffices_and_one_less_does_not(uplinks_ms: list[int], factor: BucketSizeFactor) -> None:
    rate = tightest({"device": need(*uplinks_ms)}, factor).allowance.reload_per_hour
    assert rate is not None
    assert sustains(rate, factor, uplinks_ms)
    assert rate == 1 or not sustains(rate - 1, factor, uplinks_ms)


def test_a_bucket_is_exact_to_the_millisecond() -> None:
    assert sustains(1, 1, [0, HOUR_MS])
    assert not sustains(1, 1, [0, HOUR_MS - 1])


@pytest.mark.parametrize(
    ("key", "highest", "step"),
    [
        ("reload_per_hour", HIGHEST_RELOAD_PER_HOUR, 1),
        ("joins_per_hour", HIGHEST_JOINS_PER_HOUR, 1),
        ("daily_bytes", HIGHEST_BYTES, 1),
        ("daily_airtime_s", HIGHEST_AIRTIME_US / 1_000_000, 0.1),
    ],
)
def test_no_more_is_said_than_a_policy_can(key: str, highest: float, step: float) -> None:
    assert getattr(msgspec.convert({key: highest}, Allowance), key) == highest
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({key: highest + step}, Allowance)
