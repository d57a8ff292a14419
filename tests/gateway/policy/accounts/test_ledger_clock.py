"""Ledger time goes on over restarts, does not go back, and does not count what nobody saw pass."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.accounts.ledger_clock import ClockMark, LedgerClock, resumed

times_ms = st.integers(0, 10**12)


def test_a_first_start_begins_at_the_time_since_boot() -> None:
    mark = resumed(None, 0, "boot", 5_000)
    assert LedgerClock(mark, lambda: 5_000_000).now_ms() == 5_000


def test_the_time_without_a_process_counts_within_a_boot() -> None:
    mark = resumed(ClockMark("boot", 700), 10_000, "boot", 60_000)
    assert LedgerClock(mark, lambda: 60_000_000).now_ms() == 60_700


def test_the_time_without_power_counts_as_none() -> None:
    mark = resumed(ClockMark("old boot", 700), 10_000, "new boot", 25_000)
    clock = LedgerClock(mark, lambda: 25_000_000)
    assert clock.now_ms() == 10_000 + 25_000
    assert mark == ClockMark("new boot", 10_000)


def test_a_clock_that_went_back_resumes_at_the_last_time_on_disk() -> None:
    mark = resumed(ClockMark("boot", 700), 10_000, "boot", 300)
    assert LedgerClock(mark, lambda: 300_000).now_ms() == 10_000


def test_accounts_without_a_readable_mark_resume_behind_their_last_charge() -> None:
    assert LedgerClock(resumed(None, 10_000, "boot", 300), lambda: 300_000).now_ms() >= 10_000


def test_time_that_was_told_is_never_taken_back() -> None:
    readings_us = iter([9_000_000, 2_000_000, 9_500_000])
    clock = LedgerClock(ClockMark("boot", 0), lambda: next(readings_us))
    assert [clock.now_ms() for _ in range(3)] == [9_000, 9_000, 9_500]


@given(st.none() | st.builds(ClockMark, st.sampled_from("ab"), st.integers(-(10**6), 10**12)), times_ms, times_ms)
def test_whatever_lies_on_disk_time_does_not_go_back(mark: ClockMark | None, last_ms: int, boottime_ms: int) -> None:
    clock = LedgerClock(resumed(mark, last_ms, "a", boottime_ms), lambda: boottime_ms * 1000)
    assert clock.now_ms() >= last_ms
