"""A bucket is refilled by time alone, and an account can be written down."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.accounts.account import HOUR_MS, NEW_ACCOUNT, UPLINK_UNITS, Account, level_at
from gateway.policy.accounts.window import Window
from gateway.policy.claim import Limits

RATE = Limits(reload_per_hour=4, bucket=8)


def emptied(at_ms: int = 0) -> Account:
    return Account(seen_ms=at_ms, last_uplink_ms=at_ms, level=0)


def test_a_bucket_begins_full() -> None:
    assert level_at(RATE, NEW_ACCOUNT, 0) == 8 * UPLINK_UNITS


def test_a_bucket_is_refilled_steadily_and_not_above_its_size() -> None:
    quarters = [level_at(RATE, emptied(), quarter * HOUR_MS // 4) for quarter in range(10)]
    assert quarters == [min(quarter, 8) * UPLINK_UNITS for quarter in range(10)]


@settings(deadline=None)
@given(st.integers(1, 36_000), st.lists(st.integers(0, HOUR_MS), max_size=20))
def test_a_refill_in_many_steps_is_a_refill_in_one(rate: int, waits_ms: list[int]) -> None:
    limits = Limits(reload_per_hour=rate, bucket=12 * 36_000)
    account, now_ms = emptied(), 0
    for wait_ms in waits_ms:
        now_ms += wait_ms
        account = Account(now_ms, now_ms, level_at(limits, account, now_ms))
    assert account.level == level_at(limits, emptied(), now_ms)


@settings(deadline=None)
@given(st.integers(1, 36_000), st.integers(0, 36_000 * 12), st.integers(0, 36_000 * 12 * UPLINK_UNITS))
def test_other_limits_do_not_fill_a_bucket(rate: int, bucket: int, level: int) -> None:
    account = Account(seen_ms=7, last_uplink_ms=7, level=level)
    assert level_at(Limits(reload_per_hour=rate, bucket=bucket), account, 7) == min(level, bucket * UPLINK_UNITS)


def test_an_account_is_read_back_as_it_was_written() -> None:
    window = Window(b"\x01" * 24, 1, 20, 1000)
    account = Account(9, 8, 7, 6, 5, window, Window(), window)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(account), type=Account) == account
