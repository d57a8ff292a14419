"""A moment by the calendar."""

from gateway.link.instant import Instant
from gateway.link.past_moment import ago_s, utc_of

NOW = Instant(5_000_000, 1_780_000_000_000)


def test_a_moment_has_the_date_that_the_clock_now_gives_it() -> None:
    assert utc_of(NOW, 4_000_000) == "2026-05-28T20:10:00.000Z"
    assert ago_s(NOW, 4_000_000) == 1000


def test_without_a_sure_clock_it_has_none() -> None:
    assert utc_of(Instant(5_000_000), 4_000_000) is None


def test_a_clock_that_says_1970_dates_nothing_before() -> None:
    assert utc_of(Instant(5_000_000, 60_000), 4_000_000) is None
