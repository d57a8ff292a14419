"""The flash is written to often while little happens, and never more often than it can bear."""

from gateway.link.evidence.pace import BATCH_S, BURST, EVERY_S, Pace

DAY_S = 86_400


def batches_in(seconds: float, between_s: float) -> int:
    """How many batches there are where an entry comes so often."""
    pace, now_s, count = Pace(), 0.0, 0
    while now_s < seconds:
        now_s += max(between_s, pace.wait_s(now_s))
        pace.written(now_s)
        count += 1
    return count


def test_a_quiet_day_has_a_batch_for_each_entry() -> None:
    assert batches_in(DAY_S, 300.0) == DAY_S // 300


def test_a_day_long_storm_has_little_more_than_one_each_half_minute() -> None:
    assert batches_in(DAY_S, 0.001) <= DAY_S / EVERY_S + BURST + 1


def test_a_head_is_never_older_than_a_minute() -> None:
    pace, longest_s = Pace(), 0.0
    for urgent in range(10 * BURST):
        longest_s = max(longest_s, pace.wait_s(urgent / 100))
        pace.written(urgent / 100)
    assert BATCH_S < longest_s <= EVERY_S <= 60


def test_after_a_pause_it_is_quick_again() -> None:
    pace = Pace()
    for _ in range(BURST):
        pace.written(0.0)
    assert pace.wait_s(0.0) == EVERY_S
    assert pace.wait_s(EVERY_S) == BATCH_S
    assert pace.wait_s(0.0) == BATCH_S


def test_a_long_pause_saves_up_no_more_than_a_burst() -> None:
    pace = Pace()
    pace.written(0.0)
    for _ in range(BURST):
        assert pace.wait_s(DAY_S) == BATCH_S
        pace.written(DAY_S)
    assert pace.wait_s(DAY_S) == EVERY_S
