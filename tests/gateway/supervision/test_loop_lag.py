"""How late the event loop is."""

import pytest

from gateway.supervision.loop_lag import HOLD_UP_S, LONG_LAG_S, MOST_HOLD_UPS, REMEMBERED_S, TELL_EVERY_S, LoopLag
from gateway.supervision.watchdog import HoldUp


def test_one_that_wakes_in_time_is_not_late() -> None:
    lag = LoopLag()
    assert lag.woke(10.0, 10.0) is None
    assert lag.woke(11.0, 10.99) is None
    assert lag.worst_s(11.0) == 0.0


def test_the_worst_of_the_last_minute_is_known() -> None:
    lag = LoopLag()
    for due_s, late_s in ((10.0, 0.01), (11.0, 0.05), (12.0, 0.02)):
        lag.woke(due_s, due_s + late_s)
    assert lag.worst_s(13.0) == pytest.approx(0.05)
    assert lag.worst_s(11.5 + REMEMBERED_S) == pytest.approx(0.02)
    assert lag.worst_s(13.0 + REMEMBERED_S) == 0.0


def test_a_long_lag_is_to_be_logged() -> None:
    assert LoopLag().woke(10.0, 10.5) == pytest.approx(0.5)
    assert LoopLag().woke(10.0, 10.0 + LONG_LAG_S) is None


def test_one_lag_after_the_other_is_logged_now_and_then() -> None:
    lag = LoopLag()
    assert lag.woke(10.0, 10.5) is not None
    assert lag.woke(11.0, 11.5) is None
    assert lag.woke(10.6 + TELL_EVERY_S, 11.1 + TELL_EVERY_S) is not None


def test_long_hold_ups_are_kept_to_excuse_the_others() -> None:
    lag = LoopLag()
    lag.woke(10.0, 10.0 + HOLD_UP_S)
    lag.woke(20.0, 20.0 + HOLD_UP_S - 0.01)
    lag.woke(30.0, 50.0)
    assert list(lag.hold_ups) == [HoldUp(10.0 + HOLD_UP_S, HOLD_UP_S), HoldUp(50.0, 20.0)]


def test_no_more_hold_ups_are_kept_than_anybody_needs() -> None:
    lag = LoopLag()
    for count in range(10 * MOST_HOLD_UPS):
        lag.woke(count, count + 1.0)
    assert len(lag.hold_ups) == MOST_HOLD_UPS
