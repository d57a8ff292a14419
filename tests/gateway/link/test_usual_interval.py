"""How long a device usually lets pass from one uplink to the next."""

import pytest

from gateway.link.usual_interval import MOST_KEPT, Intervals, usual_s, with_interval


def after(*intervals_s: int) -> Intervals:
    intervals: Intervals = ()
    for interval_s in intervals_s:
        intervals = with_interval(intervals, interval_s)
    return intervals


def test_it_is_known_from_five_uplinks_on() -> None:
    assert usual_s(after(600, 600, 600)) is None
    assert usual_s(after(600, 600, 600, 600)) == 600


def test_one_long_absence_does_not_become_usual() -> None:
    assert usual_s(after(600, 600, 600, 90_000, 600)) == 600
    assert usual_s(after(600, 600, 600, 90_000, 600, 90_000)) == 90_000


def test_what_lies_long_back_is_forgotten() -> None:
    assert usual_s(after(90_000, 90_000, *[600] * MOST_KEPT)) == 600


@pytest.mark.parametrize("burst", [1, 2, 3, 4])
def test_the_seconds_between_the_messages_of_one_report_are_not_usual(burst: int) -> None:
    report = [5] * (burst - 1) + [21_600]
    for begin in range(burst):
        assert usual_s(after(*(report * 9)[begin : 24 + begin])) == 21_600


def test_it_keeps_no_more_than_the_last_few() -> None:
    assert after(*range(100)) == tuple(range(100 - MOST_KEPT, 100))
