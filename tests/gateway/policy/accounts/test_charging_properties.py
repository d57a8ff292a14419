"""Nobody uses more than was agreed, in any window; and whoever keeps to it is never refused."""

import random
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.accounts import window
from gateway.policy.accounts.account import DAY_MS, HOUR_MS, NEW_ACCOUNT
from gateway.policy.accounts.charging import (
    LEVELS,
    Accounts,
    LevelLimits,
    Refusal,
    UplinkCost,
    charge_downlink,
    charge_join,
    charge_uplink,
    record_downlink,
    record_join,
    record_uplink,
    tightest_use,
    wait_ms,
)
from gateway.policy.claim import Limits
from gateway.policy.outcome import Level
from tests.gateway.policy.brute_force import Fate, Heard, admissions

NONE = Limits()
NEW: Accounts = (NEW_ACCOUNT, NEW_ACCOUNT, NEW_ACCOUNT)
MINUTE_MS = 60_000

# However slow the machine.
thorough = settings(max_examples=300, deadline=None)


def device_only(limits: Limits) -> LevelLimits:
    return limits, NONE, NONE


def seldom(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.none() | st.none() | values


# Few values, so that limits and windows are met exactly, and often; few limits, so that each comes to decide.
any_limits = st.builds(
    Limits,
    reload_per_hour=seldom(st.sampled_from([1, 4, 7, 60])),
    bucket=st.sampled_from([1, 2, 4, 12, 0]),
    min_interval_ms=seldom(st.sampled_from([1000, MINUTE_MS, HOUR_MS, 0])),
    daily_uplinks=seldom(st.sampled_from([3, 5, 8, 12, 0])),
    daily_bytes=seldom(st.integers(50, 350)),
    daily_airtime_us=seldom(st.integers(2400, 18_000)),
    joins_per_hour=seldom(st.sampled_from([1, 3, 0])),
    daily_downlink_airtime_us=seldom(st.integers(2400, 18_000)),
)
level_limits = st.tuples(any_limits, any_limits, any_limits)
costs = st.builds(
    UplinkCost, st.sampled_from([20, 1, 51]), st.sampled_from([1000, 1001, 2500, 0]), frame_id=st.integers(0, 4)
)
waits_ms = st.sampled_from(
    [0, 1, 999, 1000, MINUTE_MS, 15 * MINUTE_MS, HOUR_MS - 1, HOUR_MS, DAY_MS // 4, DAY_MS // 2, DAY_MS - 1, DAY_MS]
) | st.integers(0, HOUR_MS)
# Seldom, time goes back.
steps_ms = st.one_of(waits_ms, waits_ms, waits_ms, waits_ms, st.sampled_from([-1, -MINUTE_MS, -HOUR_MS]))
names = st.sampled_from([("a", "x", "m"), ("b", "x", "m"), ("c", "y", "m"), ("a", "x", "m"), ("d", "z", "n")])

T = TypeVar("T")


def short_or_long(items: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    return st.lists(items, max_size=8) | st.lists(items, min_size=15, max_size=40)


@st.composite
def streams(draw: st.DrawFn, steps: st.SearchStrategy[int] = steps_ms) -> list[Heard]:
    """Uplinks of some devices, groups and depositors."""
    now_ms, heard = DAY_MS, list[Heard]()
    for step_ms, holders, cost in draw(short_or_long(st.tuples(steps, names, costs))):
        now_ms = max(now_ms + step_ms, 0)
        heard.append(Heard(now_ms, holders, cost.size_bytes, cost.airtime_us, cost.frame_id))
    return heard


def cost_of(heard: Heard) -> UplinkCost:
    return UplinkCost(heard.size_bytes, heard.airtime_us, heard.frame_id)


def charge_all(limits: LevelLimits, stream: list[Heard]) -> list[Fate]:
    """What becomes of each uplink, all accounts new at first."""
    accounts = {
        (level, name): NEW_ACCOUNT for heard in stream for level, name in zip(LEVELS, heard.holders, strict=True)
    }
    fates = list[Fate]()
    for heard in stream:
        device, group, depositor = zip(LEVELS, heard.holders, strict=True)
        theirs = accounts[device], accounts[group], accounts[depositor]
        charged = charge_uplink(limits, theirs, cost_of(heard), heard.at_ms)
        accounts[device], accounts[group], accounts[depositor] = charged.accounts
        refusal = charged.refusal
        fates.append(Fate(None if refusal is None else (refusal.level, refusal.limit), charged.repetition))
    return fates


@st.composite
def used(draw: st.DrawFn) -> tuple[LevelLimits, Accounts, int]:
    """Limits, what was used of them by a device, by others of its group and by others of its depositor, and when."""
    limits, accounts, now_ms = draw(level_limits), NEW, DAY_MS
    for step_ms, whose, cost in draw(short_or_long(st.tuples(steps_ms, st.sampled_from(Level), costs))):
        now_ms = max(now_ms + step_ms, 0)
        charged = charge_uplink(limits, accounts, cost, now_ms).accounts
        charged = charge_join(limits, charged, now_ms).accounts
        device, group, depositor = charge_downlink(limits, charged, cost.airtime_us, now_ms).accounts
        if whose is not Level.DEVICE:
            device = accounts[0]
        if whose is Level.DEPOSITOR:
            group = accounts[1]
        accounts = device, group, depositor
    return limits, accounts, now_ms


@thorough
@given(level_limits, streams())
def test_uplinks_are_admitted_as_the_definition_says(limits: LevelLimits, stream: list[Heard]) -> None:
    assert charge_all(limits, stream) == admissions(limits, stream)


@thorough
@given(level_limits, streams(), st.integers(0, 3))
def test_a_history_too_long_to_be_exact_admits_nothing_that_the_definition_would_not(
    limits: LevelLimits, stream: list[Heard], most_exact: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "MOST_EXACT", most_exact)
        fates = charge_all(limits, stream)
    admitted = [heard for heard, fate in zip(stream, fates, strict=True) if fate.refused_by is None]
    assert all(fate.refused_by is None for fate in admissions(limits, admitted))


def test_thousands_of_uplinks_a_day_are_held_to_their_limits() -> None:
    dice = random.Random(4)
    limits = device_only(Limits(daily_uplinks=1000, daily_bytes=26_000, daily_airtime_us=1_250_000))
    now_ms, stream = 0, list[Heard]()
    for number in range(2500):
        now_ms += dice.choice([0, 1, 1000, 60_000, 240_000])
        stream.append(Heard(now_ms, ("a", "x", "m"), dice.randrange(1, 52), dice.randrange(2500), number))
    fates = charge_all(limits, stream)
    admitted = [heard for heard, fate in zip(stream, fates, strict=True) if fate.refused_by is None]
    assert all(fate.refused_by is None for fate in admissions(limits, admitted))
    by_definition = sum(fate.refused_by is None for fate in admissions(limits, stream))
    assert by_definition * 0.99 <= len(admitted) < len(stream) - 200


@thorough
@given(st.integers(1, 60), st.integers(1, 12), streams(waits_ms))
def test_no_window_holds_more_than_a_burst_and_what_the_rate_gives(rate: int, bucket: int, stream: list[Heard]) -> None:
    stream = [heard._replace(holders=("a", "x", "m"), frame_id=number) for number, heard in enumerate(stream)]
    fates = charge_all(device_only(Limits(reload_per_hour=rate, bucket=bucket)), stream)
    admitted_ms = [heard.at_ms for heard, fate in zip(stream, fates, strict=True) if fate.refused_by is None]
    for first, first_ms in enumerate(admitted_ms):
        for number, last_ms in enumerate(admitted_ms[first:], 1):
            assert number * HOUR_MS <= bucket * HOUR_MS + rate * (last_ms - first_ms)


@thorough
@given(any_limits, streams(waits_ms))
def test_no_day_holds_more_than_the_daily_limits(limits: Limits, stream: list[Heard]) -> None:
    stream = [heard._replace(holders=("a", "x", "m")) for heard in stream]
    fates = charge_all(device_only(limits), stream)
    admitted = [(heard, fate) for heard, fate in zip(stream, fates, strict=True) if fate.refused_by is None]
    for first, _ in admitted:
        day = [(heard, fate) for heard, fate in admitted if first.at_ms <= heard.at_ms < first.at_ms + DAY_MS]
        uplinks = [heard for heard, fate in day if not fate.repetition]
        assert limits.daily_uplinks is None or len(uplinks) <= limits.daily_uplinks
        assert limits.daily_bytes is None or sum(heard.size_bytes for heard in uplinks) <= limits.daily_bytes
        airtime_us = sum(heard.airtime_us for heard, _ in day)
        assert limits.daily_airtime_us is None or airtime_us <= limits.daily_airtime_us


@thorough
@given(st.integers(1, HOUR_MS), streams(waits_ms))
def test_two_uplinks_are_a_minimum_interval_apart(interval_ms: int, stream: list[Heard]) -> None:
    stream = [heard._replace(holders=("a", "x", "m"), frame_id=number) for number, heard in enumerate(stream)]
    fates = charge_all(device_only(Limits(min_interval_ms=interval_ms)), stream)
    admitted_ms = [heard.at_ms for heard, fate in zip(stream, fates, strict=True) if fate.refused_by is None]
    assert all(later_ms - earlier_ms >= interval_ms for earlier_ms, later_ms in pairwise(admitted_ms))


@thorough
@given(used(), costs)
def test_a_refusal_changes_no_account(state: tuple[LevelLimits, Accounts, int], cost: UplinkCost) -> None:
    limits, accounts, now_ms = state
    for charged in (
        charge_uplink(limits, accounts, cost, now_ms),
        charge_join(limits, accounts, now_ms),
        charge_downlink(limits, accounts, cost.airtime_us, now_ms),
    ):
        assert (charged.accounts is accounts) == (charged.refusal is not None)


@thorough
@given(used(), costs)
def test_all_levels_are_asked_and_the_first_that_refuses_is_named(
    state: tuple[LevelLimits, Accounts, int], cost: UplinkCost
) -> None:
    (device, group, depositor), accounts, now_ms = state

    def refusals(*alone: LevelLimits) -> list[Refusal | None]:
        return [charge_uplink(limits, accounts, cost, now_ms).refusal for limits in alone]

    each = refusals((device, NONE, NONE), (NONE, group, NONE), (NONE, NONE, depositor))
    assert refusals((device, group, depositor)) == [next(filter(None, each), None)]


@thorough
@given(used(), costs, st.integers(1, 2 * DAY_MS))
def test_time_that_goes_back_is_the_moment_of_the_last_charge(
    state: tuple[LevelLimits, Accounts, int], cost: UplinkCost, back_ms: int
) -> None:
    limits, (device, _, _), _ = state
    accounts = device, device, device
    earlier_ms = device.seen_ms - back_ms
    assert charge_uplink(limits, accounts, cost, earlier_ms) == charge_uplink(limits, accounts, cost, device.seen_ms)
    assert charge_join(limits, accounts, earlier_ms) == charge_join(limits, accounts, device.seen_ms)
    assert charge_downlink(limits, accounts, 1000, earlier_ms) == charge_downlink(
        limits, accounts, 1000, device.seen_ms
    )
    assert tightest_use(limits, accounts, earlier_ms) == tightest_use(limits, accounts, device.seen_ms)


@thorough
@given(used(), costs)
def test_what_is_read_back_is_what_was_charged(state: tuple[LevelLimits, Accounts, int], cost: UplinkCost) -> None:
    limits, accounts, now_ms = state
    uplink = charge_uplink(limits, accounts, cost, now_ms)
    if uplink.refusal is None:
        assert record_uplink(limits, accounts, cost, now_ms, repetition=uplink.repetition) == uplink.accounts
    join = charge_join(limits, accounts, now_ms)
    assert join.refusal or record_join(accounts, now_ms) == join.accounts
    downlink = charge_downlink(limits, accounts, cost.airtime_us, now_ms)
    assert downlink.refusal or record_downlink(accounts, cost.airtime_us, now_ms) == downlink.accounts


@thorough
@given(used(), costs)
def test_the_wait_is_exact(state: tuple[LevelLimits, Accounts, int], cost: UplinkCost) -> None:
    limits, accounts, now_ms = state
    needed_ms = wait_ms(limits, accounts, cost, now_ms)
    if needed_ms is None:
        assert charge_uplink(limits, accounts, cost, now_ms + 1000 * DAY_MS).refusal is not None
        return
    assert charge_uplink(limits, accounts, cost, now_ms + needed_ms).refusal is None
    if needed_ms:
        assert charge_uplink(limits, accounts, cost, now_ms + needed_ms - 1).refusal is not None
