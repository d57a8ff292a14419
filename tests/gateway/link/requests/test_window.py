"""How many in a sliding time, exactly."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.link.requests.report_book import LIMITS
from gateway.link.requests.window import DAY_MS, HOUR_MS, Window, wait_ms, with_one_more

GAPS_MS = st.lists(st.integers(0, 90 * 60_000) | st.sampled_from([HOUR_MS // 6, HOUR_MS, DAY_MS // 24]), max_size=80)


def asked_at(gaps_ms: Sequence[int]) -> list[int]:
    times, now_ms = [], 0
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        times.append(now_ms)
    return times


def allowed_of(asked_ms: Sequence[int]) -> list[int]:
    allowed, kept = [], tuple[int, ...]()
    for now_ms in asked_ms:
        if wait_ms(kept, now_ms, LIMITS) == 0:
            kept = with_one_more(kept, now_ms, LIMITS)
            allowed.append(now_ms)
    return allowed


@given(GAPS_MS)
@example([0] * 10)
@example([HOUR_MS - 1] * 60)
def test_never_more_than_six_in_any_hour_and_24_in_any_day(gaps_ms: list[int]) -> None:
    allowed = allowed_of(asked_at(gaps_ms))
    for window in LIMITS:
        for index, first_ms in enumerate(allowed):
            assert sum(time_ms < first_ms + window.period_ms for time_ms in allowed[index:]) <= window.most


@given(GAPS_MS, st.integers(0, DAY_MS))
def test_the_wait_is_as_long_as_it_must_be_and_no_longer(gaps_ms: list[int], later_ms: int) -> None:
    allowed = allowed_of(asked_at(gaps_ms))
    now_ms = (allowed[-1] if allowed else 0) + later_ms
    wait = wait_ms(allowed, now_ms, LIMITS)
    assert wait_ms(allowed, now_ms + wait, LIMITS) == 0
    if wait:
        assert wait_ms(allowed, now_ms + wait - 1, LIMITS) == 1


@given(GAPS_MS)
def test_nobody_waits_longer_than_the_longest_period(gaps_ms: list[int]) -> None:
    allowed = allowed_of(asked_at(gaps_ms))
    assert 0 <= wait_ms(allowed, allowed[-1] if allowed else 0, LIMITS) <= DAY_MS


@given(GAPS_MS)
def test_no_more_times_are_kept_than_matter(gaps_ms: list[int]) -> None:
    kept = tuple[int, ...]()
    for now_ms in asked_at(gaps_ms):
        if wait_ms(kept, now_ms, LIMITS) == 0:
            kept = with_one_more(kept, now_ms, LIMITS)
        assert len(kept) <= 24


def test_a_clock_that_went_back_counts_as_standing() -> None:
    one = (Window(1, 100),)
    assert with_one_more((50,), 20, one) == (50, 50)
    assert wait_ms((50,), 60, one) == 90
