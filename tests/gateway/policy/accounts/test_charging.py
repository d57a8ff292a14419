"""What each kind of packet costs, at one level and at all, and how what is left is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.accounts.account import DAY_MS, HOUR_MS, NEW_ACCOUNT, UPLINK_UNITS
from gateway.policy.accounts.charging import (
    MOST_REPETITIONS,
    Accounts,
    Charged,
    LevelLimits,
    Refusal,
    UplinkCost,
    charge_downlink,
    charge_join,
    charge_uplink,
    record_downlink,
    record_join,
    record_uplink,
    release_downlink,
    tightest_use,
    wait_ms,
)
from gateway.policy.claim import Limits
from gateway.policy.outcome import Level, Limit
from gateway.policy.use import Use

NONE = Limits()
NEW: Accounts = (NEW_ACCOUNT, NEW_ACCOUNT, NEW_ACCOUNT)


def device_only(limits: Limits) -> LevelLimits:
    return limits, NONE, NONE


def optional(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.none() | values


# Few values, so that limits and windows are met exactly, and often.
waits_ms = st.sampled_from([0, 1, HOUR_MS // 4, HOUR_MS - 1, HOUR_MS, DAY_MS // 2, DAY_MS - 1, DAY_MS])


def test_what_is_read_back_under_tighter_limits_leaves_a_bucket_empty_and_not_below() -> None:
    limits, accounts = device_only(Limits(reload_per_hour=1, bucket=1)), NEW
    for number in range(5):
        accounts = record_uplink(limits, accounts, UplinkCost(20, 1000, number), 0, repetition=False)
    assert accounts[0].level == 0
    assert accounts[0].uplinks.count == 5


@pytest.mark.parametrize(
    "limits",
    [
        Limits(daily_uplinks=0),
        Limits(daily_bytes=19),
        Limits(daily_airtime_us=999),
        Limits(reload_per_hour=1, bucket=0),
    ],
)
def test_what_no_limit_has_room_for_is_never_admitted(limits: Limits) -> None:
    assert wait_ms((NONE, NONE, limits), NEW, UplinkCost(20, 1000, 0), 0) is None


def test_a_frame_that_is_repeated_costs_airtime_and_may_come_at_once() -> None:
    limits = device_only(Limits(1, 1, HOUR_MS, daily_uplinks=1, daily_bytes=20, daily_airtime_us=2000))
    cost = UplinkCost(20, 1000, 7)
    first = charge_uplink(limits, NEW, cost, 0)
    again = charge_uplink(limits, first.accounts, cost, 1)
    assert (first.repetition, again.repetition, again.refusal) == (False, True, None)
    for before, after in zip(first.accounts, again.accounts, strict=True):
        assert (after.uplinks.count, after.uplinks.size_bytes, after.uplinks.airtime_us) == (1, 20, 2000)
        assert (after.level, after.last_uplink_ms) == (before.level, before.last_uplink_ms)
    refused = Charged(again.accounts, Refusal(Level.DEVICE, Limit.DAILY_AIRTIME), repetition=True)
    assert charge_uplink(limits, again.accounts, cost, 2) == refused


def test_a_frame_is_repeated_14_times_at_most() -> None:
    cost, accounts, repetitions = UplinkCost(20, 1000, 7), NEW, list[bool]()
    for now_ms in range(17):
        charged = charge_uplink((NONE, NONE, NONE), accounts, cost, now_ms)
        accounts = charged.accounts
        repetitions.append(charged.repetition)
    assert repetitions == [False, *[True] * MOST_REPETITIONS, False, True]
    assert accounts[0].uplinks.count == 2


def test_a_frame_is_no_repetition_of_a_refused_one() -> None:
    limits = device_only(Limits(min_interval_ms=1000))
    accounts = charge_uplink(limits, NEW, UplinkCost(20, 1000, 1), 0).accounts
    refused = charge_uplink(limits, accounts, UplinkCost(20, 1000, 2), 1)
    assert charge_uplink(limits, refused.accounts, UplinkCost(20, 1000, 2), 2).refusal is not None


def test_more_is_not_given_at_once_where_a_larger_bucket_is_agreed() -> None:
    small, large = device_only(Limits(reload_per_hour=4, bucket=1)), device_only(Limits(reload_per_hour=4, bucket=48))
    accounts = charge_uplink(small, NEW, UplinkCost(20, 1000, 1), 0).accounts
    assert charge_uplink(large, accounts, UplinkCost(20, 1000, 2), 0).refusal == Refusal(Level.DEVICE, Limit.RATE)
    assert charge_uplink(large, accounts, UplinkCost(20, 1000, 2), HOUR_MS // 4).refusal is None


def test_a_bucket_stands_still_while_no_rate_is_agreed() -> None:
    limits = device_only(Limits(reload_per_hour=4, bucket=8))
    accounts = charge_uplink(limits, NEW, UplinkCost(20, 1000, 1), 0).accounts
    accounts = charge_uplink(device_only(NONE), accounts, UplinkCost(20, 1000, 2), DAY_MS).accounts
    assert accounts[0].level == 7 * UPLINK_UNITS


def test_a_charge_of_any_kind_is_the_moment_that_time_does_not_go_back_behind() -> None:
    limits = device_only(Limits(joins_per_hour=1, daily_downlink_airtime_us=1000, daily_uplinks=1))
    cost = UplinkCost(20, 1000, 1)
    used = record_uplink(limits, record_downlink(record_join(NEW, 0), 1000, 0), cost, 0, repetition=False)
    for later in (
        record_uplink((NONE, NONE, NONE), used, UplinkCost(20, 1000, 2), DAY_MS, repetition=True),
        record_join(used, DAY_MS),
        record_downlink(used, 1000, DAY_MS),
    ):
        assert [account.seen_ms for account in later] == [DAY_MS] * 3
        assert charge_uplink(limits, later, cost, 1) == charge_uplink(limits, later, cost, DAY_MS)
        assert charge_join(limits, later, 1) == charge_join(limits, later, DAY_MS)
        assert charge_downlink(limits, later, 1000, 1) == charge_downlink(limits, later, 1000, DAY_MS)
        assert tightest_use(limits, later, 1) == tightest_use(limits, later, DAY_MS)


@settings(deadline=None)
@given(optional(st.integers(0, 4)), st.lists(waits_ms, max_size=40))
def test_no_hour_holds_more_joins_than_agreed(allowed: int | None, steps: list[int]) -> None:
    limits: LevelLimits = (NONE, Limits(joins_per_hour=allowed), NONE)
    accounts, now_ms, admitted_ms = NEW, 0, list[int]()
    for step_ms in steps:
        now_ms += step_ms
        hour = [admitted for admitted in admitted_ms if admitted > now_ms - HOUR_MS]
        charged = charge_join(limits, accounts, now_ms)
        over = allowed is not None and len(hour) >= allowed
        assert charged.refusal == (Refusal(Level.GROUP, Limit.JOIN_RATE) if over else None)
        admitted_ms += [] if over else [now_ms]
        accounts = charged.accounts


@settings(deadline=None)
@given(optional(st.integers(0, 5000)), st.lists(st.tuples(waits_ms, st.integers(0, 2000)), max_size=40))
def test_no_day_holds_more_downlink_airtime_than_agreed(allowed_us: int | None, steps: list[tuple[int, int]]) -> None:
    limits: LevelLimits = (NONE, NONE, Limits(daily_downlink_airtime_us=allowed_us))
    accounts, now_ms, admitted = NEW, 0, list[tuple[int, int]]()
    for step_ms, airtime_us in steps:
        now_ms += step_ms
        day_us = sum(spent_us for at_ms, spent_us in admitted if at_ms > now_ms - DAY_MS)
        charged = charge_downlink(limits, accounts, airtime_us, now_ms)
        over = allowed_us is not None and day_us + airtime_us > allowed_us
        assert charged.refusal == (Refusal(Level.DEPOSITOR, Limit.DOWNLINK_AIRTIME) if over else None)
        admitted += [] if over else [(now_ms, airtime_us)]
        accounts = charged.accounts


def test_joins_uplinks_and_downlinks_are_charged_apart() -> None:
    accounts = record_downlink(record_join(NEW, 0), 1000, 0)
    limits = device_only(Limits(daily_uplinks=1, daily_bytes=20, daily_airtime_us=1000, min_interval_ms=HOUR_MS))
    assert charge_uplink(limits, accounts, UplinkCost(20, 1000, 1), 0).refusal is None
    accounts = record_uplink(limits, NEW, UplinkCost(20, 1000, 1), 0, repetition=False)
    others = device_only(Limits(joins_per_hour=1, daily_downlink_airtime_us=1000))
    assert charge_join(others, accounts, 0).refusal is None
    assert charge_downlink(others, accounts, 1000, 0).refusal is None


@settings(deadline=None)
@given(st.lists(st.tuples(waits_ms, st.integers(0, 2000)), max_size=20), st.integers(0, 2000), waits_ms)
def test_a_downlink_that_never_went_on_the_air_is_given_back(
    past: list[tuple[int, int]], airtime_us: int, later_ms: int
) -> None:
    accounts, now_ms = NEW, 0
    for step_ms, spent_us in past:
        now_ms += step_ms
        accounts = record_downlink(accounts, spent_us, now_ms)
    charged = record_downlink(record_downlink(accounts, airtime_us, now_ms), 500, now_ms + later_ms)
    left = release_downlink(charged, airtime_us, now_ms)
    gone = later_ms >= DAY_MS
    for account, before in zip(left, charged, strict=True):
        assert account.downlinks.airtime_us == before.downlinks.airtime_us - (0 if gone else airtime_us)
        assert account.downlinks.count == before.downlinks.count - (0 if gone else 1)


def test_what_was_given_back_is_not_given_back_again() -> None:
    accounts = record_downlink(record_downlink(NEW, 1000, 0), 2000, 1)
    left = release_downlink(accounts, 1000, 0)
    assert release_downlink(left, 1000, 0) == left
    assert left[0].downlinks.airtime_us == 2000


def test_the_tightest_use_is_the_one_with_the_largest_share() -> None:
    limits = (Limits(daily_uplinks=4, daily_bytes=100), NONE, Limits(daily_airtime_us=1500, joins_per_hour=2))
    accounts = record_join(record_uplink(limits, NEW, UplinkCost(20, 1000, 1), 0, repetition=False), 0)
    assert tightest_use(limits, accounts, 0) == Use(Level.DEPOSITOR, Limit.DAILY_AIRTIME, 1000, 1500)
    accounts = record_join(accounts, 1)
    assert tightest_use(limits, accounts, 1) == Use(Level.DEPOSITOR, Limit.JOIN_RATE, 2, 2)
    assert tightest_use(limits[:1] * 3, accounts, 1) == Use(Level.DEVICE, Limit.DAILY_UPLINKS, 1, 4)
    assert tightest_use(limits, accounts, DAY_MS) == Use(Level.DEVICE, Limit.DAILY_UPLINKS, 0, 4)


def test_nothing_allowed_is_all_used_and_nothing_limited_is_no_use() -> None:
    limits = (Limits(daily_uplinks=1), Limits(joins_per_hour=0), NONE)
    assert tightest_use(limits, NEW, 0) == Use(Level.GROUP, Limit.JOIN_RATE, 0, 0)
    assert tightest_use(device_only(Limits(reload_per_hour=1, bucket=1, min_interval_ms=5)), NEW, 0) is None
