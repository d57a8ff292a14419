"""Charge a packet to the accounts of its device, its group and its depositor: to all three, or to none. Pure.

The order of the checks: device, group, depositor; at each the minimum interval, the rate, the uplinks, the bytes and
the airtime of 24 hours. The first that refuses is named. Whether a packet is admitted depends on all of them and not on
their order. A limit admits while what is used and the packet together do not exceed it. A refused packet costs nothing
anywhere. A moment before an account's last charge counts as the moment of that charge.
"""

from collections.abc import Iterable

import msgspec

from gateway.policy.accounts import window
from gateway.policy.accounts.account import DAY_MS, HOUR_MS, UPLINK_UNITS, Account, level_at
from gateway.policy.claim import Limits
from gateway.policy.outcome import Level, Limit
from gateway.policy.use import Use

Accounts = tuple[Account, Account, Account]
LevelLimits = tuple[Limits, Limits, Limits]
"""Both in the order of LEVELS."""

LEVELS = (Level.DEVICE, Level.GROUP, Level.DEPOSITOR)
MOST_REPETITIONS = 14
"""NbTrans is 15 at most: LoRaWAN L2 1.0.4, 5.2."""

_NEVER_MS = 1 << 62


class UplinkCost(msgspec.Struct, frozen=True, gc=False):
    """What an uplink uses: the PHYPayload's length and its time on air; `frame_id` tells the same frame again."""

    size_bytes: int
    airtime_us: int
    frame_id: int


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Whose limit refused, and which."""

    level: Level
    limit: Limit


class Charged(msgspec.Struct, frozen=True, gc=False):
    """The accounts afterwards: the very same where the packet is refused."""

    accounts: Accounts
    refusal: Refusal | None
    repetition: bool = False


def charge_uplink(limits: LevelLimits, accounts: Accounts, cost: UplinkCost, now_ms: int) -> Charged:
    """Charge an uplink, unless a limit refuses it.

    The device's last admitted uplink again is a repetition, 14 times at most: it costs airtime and nothing else, and
    only the airtime can refuse it. The next one is an uplink as any other.
    """
    repetition = _is_repetition(accounts[0], cost)
    charged: list[Account] = []
    for level, level_limits, account in zip(LEVELS, limits, accounts, strict=True):
        result = _charged(level_limits, account, cost, now_ms, repetition=repetition)
        if isinstance(result, Limit):
            return Charged(accounts, Refusal(level, result), repetition)
        charged.append(result)
    device, group, depositor = charged
    return Charged((device, group, depositor), None, repetition)


def charge_join(limits: LevelLimits, accounts: Accounts, now_ms: int) -> Charged:
    """Charge a join request, unless the joins of the last hour refuse it; it costs nothing else."""
    for level, level_limits, account in zip(LEVELS, limits, accounts, strict=True):
        allowed = level_limits.joins_per_hour
        if allowed is None:
            continue
        if window.aged(account.joins, max(now_ms, account.seen_ms), HOUR_MS).count >= allowed:
            return Charged(accounts, Refusal(level, Limit.JOIN_RATE))
    return Charged(record_join(accounts, now_ms), None)


def charge_downlink(limits: LevelLimits, accounts: Accounts, airtime_us: int, now_ms: int) -> Charged:
    """Charge a downlink, unless the downlink airtime of the last 24 hours refuses it; it costs nothing else."""
    for level, level_limits, account in zip(LEVELS, limits, accounts, strict=True):
        allowed_us = level_limits.daily_downlink_airtime_us
        if allowed_us is None:
            continue
        used_us = window.aged(account.downlinks, max(now_ms, account.seen_ms), DAY_MS).airtime_us
        if used_us + airtime_us > allowed_us:
            return Charged(accounts, Refusal(level, Limit.DOWNLINK_AIRTIME))
    return Charged(record_downlink(accounts, airtime_us, now_ms), None)


def record_uplink(
    limits: LevelLimits, accounts: Accounts, cost: UplinkCost, at_ms: int, *, repetition: bool
) -> Accounts:
    """The accounts with an uplink that was admitted, without a check; the limits say what it took from the buckets.

    Where they have become tighter since, a bucket is empty at worst.
    """
    device, group, depositor = accounts
    return (
        _recorded(limits[0], device, cost, at_ms, repetition=repetition),
        _recorded(limits[1], group, cost, at_ms, repetition=repetition),
        _recorded(limits[2], depositor, cost, at_ms, repetition=repetition),
    )


def record_join(accounts: Accounts, at_ms: int) -> Accounts:
    """The accounts with a join request that was admitted, without a check."""
    device, group, depositor = accounts
    return _with_join(device, at_ms), _with_join(group, at_ms), _with_join(depositor, at_ms)


def record_downlink(accounts: Accounts, airtime_us: int, at_ms: int) -> Accounts:
    """The accounts with a downlink that was admitted, without a check."""
    device, group, depositor = accounts
    return (
        _with_downlink(device, airtime_us, at_ms),
        _with_downlink(group, airtime_us, at_ms),
        _with_downlink(depositor, airtime_us, at_ms),
    )


def release_downlink(accounts: Accounts, airtime_us: int, at_ms: int) -> Accounts:
    """Give back what a downlink was charged at a moment, since it never went on the air.

    An account that no longer holds it stays as it is, and so does one that dated it otherwise because time went back.
    """
    device, group, depositor = accounts
    return (
        _without_downlink(device, airtime_us, at_ms),
        _without_downlink(group, airtime_us, at_ms),
        _without_downlink(depositor, airtime_us, at_ms),
    )


def tightest_use(limits: LevelLimits, accounts: Accounts, now_ms: int) -> Use | None:
    """Of the daily limits on uplinks and the limit on joins, the one most used by share; of equals the first.

    None where there is no such limit.
    """
    tightest: tuple[Level, Limit, int, int] | None = None
    highest = -1.0
    for level, level_limits, account in zip(LEVELS, limits, accounts, strict=True):
        for limit, used, allowed in _uses(level_limits, account, max(now_ms, account.seen_ms)):
            if allowed is None:
                continue
            share = used / allowed if allowed else 1.0
            if share > highest:
                highest, tightest = share, (level, limit, used, allowed)
    return None if tightest is None else Use(*tightest)


def wait_ms(limits: LevelLimits, accounts: Accounts, cost: UplinkCost, now_ms: int) -> int | None:
    """How long until `charge_uplink` would admit this, if nothing else came: 0 is now, None is never."""
    repetition = _is_repetition(accounts[0], cost)
    longest_ms = 0
    for level_limits, account in zip(limits, accounts, strict=True):
        ready_ms = _ready_ms(level_limits, account, cost, max(now_ms, account.seen_ms), repetition=repetition)
        if ready_ms == _NEVER_MS:
            return None
        if ready_ms > account.seen_ms:
            longest_ms = max(longest_ms, ready_ms - now_ms)
    return longest_ms


def _is_repetition(device: Account, cost: UplinkCost) -> bool:
    return device.frame_id == cost.frame_id and device.repetitions < MOST_REPETITIONS


def _charged(limits: Limits, account: Account, cost: UplinkCost, now_ms: int, *, repetition: bool) -> Account | Limit:
    """One level's account with an uplink, or the first of its limits that refuses it."""
    now_ms = max(now_ms, account.seen_ms)
    day = window.aged(account.uplinks, now_ms, DAY_MS)
    if repetition:
        limit = _airtime_refusing(limits, day, cost)
        return _with_repetition(account, day, cost, now_ms) if limit is None else limit
    limit = _refusing(limits, account, day, cost, now_ms)
    return _with_uplink(limits, account, day, cost, now_ms) if limit is None else limit


def _recorded(limits: Limits, account: Account, cost: UplinkCost, at_ms: int, *, repetition: bool) -> Account:
    """The same without a check."""
    at_ms = max(at_ms, account.seen_ms)
    day = window.aged(account.uplinks, at_ms, DAY_MS)
    if repetition:
        return _with_repetition(account, day, cost, at_ms)
    return _with_uplink(limits, account, day, cost, at_ms)


def _refusing(limits: Limits, account: Account, day: window.Window, cost: UplinkCost, now_ms: int) -> Limit | None:
    last_ms = account.last_uplink_ms
    if limits.min_interval_ms is not None and last_ms is not None and now_ms - last_ms < limits.min_interval_ms:
        return Limit.MIN_INTERVAL
    if limits.reload_per_hour is not None and level_at(limits, account, now_ms) < UPLINK_UNITS:
        return Limit.RATE
    if limits.daily_uplinks is not None and day.count >= limits.daily_uplinks:
        return Limit.DAILY_UPLINKS
    if limits.daily_bytes is not None and day.size_bytes + cost.size_bytes > limits.daily_bytes:
        return Limit.DAILY_BYTES
    return _airtime_refusing(limits, day, cost)


def _airtime_refusing(limits: Limits, day: window.Window, cost: UplinkCost) -> Limit | None:
    if limits.daily_airtime_us is not None and day.airtime_us + cost.airtime_us > limits.daily_airtime_us:
        return Limit.DAILY_AIRTIME
    return None


def _with_uplink(limits: Limits, account: Account, day: window.Window, cost: UplinkCost, at_ms: int) -> Account:
    level = account.level
    if limits.reload_per_hour is not None:
        level = max(level_at(limits, account, at_ms) - UPLINK_UNITS, 0)
    day = window.added(day, at_ms, DAY_MS, count=1, size_bytes=cost.size_bytes, airtime_us=cost.airtime_us)
    return Account(at_ms, at_ms, level, cost.frame_id, 0, day, account.joins, account.downlinks)


def _with_repetition(account: Account, day: window.Window, cost: UplinkCost, at_ms: int) -> Account:
    day = window.added(day, at_ms, DAY_MS, count=0, size_bytes=0, airtime_us=cost.airtime_us)
    return msgspec.structs.replace(account, seen_ms=at_ms, repetitions=account.repetitions + 1, uplinks=day)


def _with_join(account: Account, at_ms: int) -> Account:
    at_ms = max(at_ms, account.seen_ms)
    hour = window.aged(account.joins, at_ms, HOUR_MS)
    hour = window.added(hour, at_ms, HOUR_MS, count=1, size_bytes=0, airtime_us=0)
    return msgspec.structs.replace(account, seen_ms=at_ms, joins=hour)


def _with_downlink(account: Account, airtime_us: int, at_ms: int) -> Account:
    at_ms = max(at_ms, account.seen_ms)
    day = window.aged(account.downlinks, at_ms, DAY_MS)
    day = window.added(day, at_ms, DAY_MS, count=1, size_bytes=0, airtime_us=airtime_us)
    return msgspec.structs.replace(account, seen_ms=at_ms, downlinks=day)


def _without_downlink(account: Account, airtime_us: int, at_ms: int) -> Account:
    left = window.without(account.downlinks, at_ms, DAY_MS, airtime_us)
    return account if left is account.downlinks else msgspec.structs.replace(account, downlinks=left)


def _uses(limits: Limits, account: Account, now_ms: int) -> tuple[tuple[Limit, int, int | None], ...]:
    """What is used and what is allowed under each limit that `tightest_use` compares."""
    uplinks = window.aged(account.uplinks, now_ms, DAY_MS)
    of_uplinks = (
        (Limit.DAILY_UPLINKS, uplinks.count, limits.daily_uplinks),
        (Limit.DAILY_BYTES, uplinks.size_bytes, limits.daily_bytes),
        (Limit.DAILY_AIRTIME, uplinks.airtime_us, limits.daily_airtime_us),
    )
    if limits.joins_per_hour is None:
        return of_uplinks
    joins = window.aged(account.joins, now_ms, HOUR_MS)
    return (*of_uplinks, (Limit.JOIN_RATE, joins.count, limits.joins_per_hour))


def _ready_ms(limits: Limits, account: Account, cost: UplinkCost, now_ms: int, *, repetition: bool) -> int:
    """The first moment from `now_ms` on at which one level admits an uplink; _NEVER_MS where there is none."""
    day = window.aged(account.uplinks, now_ms, DAY_MS)
    airtimes = ((moment_ms, airtime_us) for moment_ms, _, _, airtime_us in window.entries(day))
    ready_ms = max(now_ms, _room_ms(airtimes, day.airtime_us + cost.airtime_us, limits.daily_airtime_us))
    if repetition:
        return ready_ms
    counts = ((moment_ms, count) for moment_ms, count, _, _ in window.entries(day))
    sizes = ((moment_ms, size_bytes) for moment_ms, _, size_bytes, _ in window.entries(day))
    return max(
        ready_ms,
        _rested_ms(limits, account),
        _refilled_ms(limits, account, now_ms),
        _room_ms(counts, day.count + 1, limits.daily_uplinks),
        _room_ms(sizes, day.size_bytes + cost.size_bytes, limits.daily_bytes),
    )


def _rested_ms(limits: Limits, account: Account) -> int:
    """When the minimum interval is over."""
    if limits.min_interval_ms is None or account.last_uplink_ms is None:
        return 0
    return account.last_uplink_ms + limits.min_interval_ms


def _refilled_ms(limits: Limits, account: Account, now_ms: int) -> int:
    """When the bucket holds an uplink."""
    if limits.reload_per_hour is None:
        return 0
    if limits.bucket < 1:
        return _NEVER_MS
    missing = max(UPLINK_UNITS - level_at(limits, account, now_ms), 0)
    return now_ms - (-missing // limits.reload_per_hour)


def _room_ms(entries: Iterable[tuple[int, int]], needed: int, allowed: int | None) -> int:
    """When enough of a day's entries, each a moment and an amount, no longer count for `needed` to be allowed."""
    if allowed is None or needed <= allowed:
        return 0
    for moment_ms, amount in entries:
        needed -= amount
        if needed <= allowed:
            return moment_ms + DAY_MS
    return _NEVER_MS
