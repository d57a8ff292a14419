"""Whether less is heard in these hours than usual, and what a morning has to show first."""

import math

import pytest

from gateway.supervision.recent_traffic import STEEPEST, RecentTraffic


def passed(expected: float, *, silences: int, minutes: float = 60) -> RecentTraffic:
    """Some time in which so many silences ended, and so many should have."""
    recent = RecentTraffic()
    for _ in range(silences):
        recent = recent.with_time(minutes * 60 / silences, minutes * 59 / silences, expected / silences).with_end()
    return recent


def test_before_anything_is_known_all_is_usual() -> None:
    assert RecentTraffic().share == 1


@pytest.mark.parametrize("silences", [60, 45, 90])
def test_what_may_be_chance_is_none(silences: int) -> None:
    assert passed(60, silences=silences).share == 1


def test_half_of_an_hour_s_traffic_is_less_than_chance_allows() -> None:
    assert passed(60, silences=30).share == pytest.approx(0.5, abs=0.06)


def test_a_fifth_less_shows_within_days() -> None:
    recent = RecentTraffic()
    for _ in range(4 * 24 * 8):
        recent = recent.with_time(450.0, 440.0, 1.25).with_end()
    assert recent.share == pytest.approx(0.8, abs=0.02)


def test_a_change_is_over_when_the_traffic_is_back() -> None:
    recent = passed(60, silences=6)
    for _ in range(20_000):
        recent = recent.with_time(60.0, 50.0, 1.0).with_end()
    assert recent.share == 1


def test_after_a_silence_beyond_chance_only_what_comes_now_counts() -> None:
    assert passed(600, silences=600).changed(12.0).share < 0.1


def test_after_a_quiet_night_no_busy_hour_is_believed() -> None:
    recent = passed(2, silences=2, minutes=600)
    assert recent.most_rate < STEEPEST * 10 / 3600


def test_after_a_busy_hour_the_next_may_be_busier() -> None:
    assert passed(60, silences=60).most_rate > 2 / 60


def test_where_hardly_any_silence_was_the_next_hour_may_be_as_busy() -> None:
    recent = passed(2, silences=2, minutes=600)
    for _ in range(36):
        recent = recent.with_time(600.0, 0.0, 0.0)
    assert recent.most_rate > 0.1


def test_it_fades() -> None:
    recent = passed(60, silences=60).with_time(48 * 3600.0, 0.0, 0.0)
    assert math.isclose(recent.ended[0], 0, abs_tol=1e-6)
