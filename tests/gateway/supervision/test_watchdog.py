"""What counts as stuck, and how often to look for it."""

import pytest

from gateway.supervision.watchdog import (
    DISK_PATIENCE_S,
    PATIENCE_S,
    HoldUp,
    Progress,
    Sign,
    Stuck,
    in_words,
    look_every_s,
    moved,
    patience_s,
    stuck_parts,
)


def test_parts_that_make_progress_are_not_stuck() -> None:
    assert stuck_parts({"radio thread": Sign(95.0), "server main": Sign(99.0)}, 100.0, 5.0) == ()


def test_a_part_without_progress_for_longer_than_the_patience_is_stuck() -> None:
    assert stuck_parts({"radio thread": Sign(94.0), "server main": Sign(99.0)}, 100.0, 5.0) == (
        Stuck("radio thread", 6.0),
    )


def test_nothing_is_expected_of_a_part_that_is_not_at_work() -> None:
    assert stuck_parts({"radio thread": Sign(None)}, 1e9, 5.0) == ()


def test_a_part_that_is_excused_until_later_is_not_stuck() -> None:
    assert stuck_parts({"server main": Sign(130.0)}, 132.0, 5.0) == ()
    assert stuck_parts({"server main": Sign(130.0)}, 136.0, 5.0) == (Stuck("server main", 6.0),)


def test_what_waits_for_a_disk_is_given_more_time() -> None:
    signs = {"router": Sign(0.0, waits_for_disk=True)}
    assert stuck_parts(signs, DISK_PATIENCE_S, 5.0) == ()
    assert stuck_parts(signs, DISK_PATIENCE_S + 1, 5.0)
    assert stuck_parts(signs, DISK_PATIENCE_S + 1, 2 * DISK_PATIENCE_S) == ()


def test_a_time_in_which_nobody_ran_counts_for_no_part() -> None:
    signs = {"before it": Sign(70.0), "within it": Sign(92.0), "after it": Sign(99.5)}
    assert stuck_parts(signs, 102.0, 5.0, [HoldUp(100.0, 28.0)]) == ()
    assert stuck_parts(signs, 104.0, 5.0, [HoldUp(100.0, 28.0)]) == (Stuck("before it", 6.0),)


def test_hold_ups_add_up_and_those_before_the_last_sign_of_life_do_not_count() -> None:
    hold_ups = [HoldUp(50.0, 20.0), HoldUp(93.0, 3.0), HoldUp(99.0, 4.0)]
    assert stuck_parts({"router": Sign(90.0)}, 100.0, 2.0, hold_ups) == (Stuck("router", 3.0),)
    assert stuck_parts({"router": Sign(90.0)}, 100.0, 3.0, hold_ups) == ()


def test_the_one_that_is_stuck_longest_comes_first() -> None:
    stuck = stuck_parts({"server main": Sign(92.0), "radio thread": Sign(80.0)}, 100.0, 5.0)
    assert in_words(stuck) == "radio thread (for 20 s), server main (for 8 s)"


def test_a_counter_that_grows_is_progress() -> None:
    seen = moved(None, 7, 10.0)
    assert seen == Progress(7, 10.0)
    assert moved(seen, 8, 11.0) == Progress(8, 11.0)


def test_a_counter_that_stands_keeps_the_time_since_when() -> None:
    assert moved(Progress(7, 10.0), 7, 12.0) == Progress(7, 10.0)


def test_a_radio_that_was_started_anew_counts_from_there() -> None:
    assert moved(Progress(7, 10.0), None, 12.0) is None
    assert moved(None, 7, 30.0) == Progress(7, 30.0)


@pytest.mark.parametrize("watchdog_s", [2.0, 10.0, 30.0, 120.0])
def test_the_last_feeding_is_within_one_period_of_the_last_progress(watchdog_s: float) -> None:
    """It is at most the patience and one look later; the other half period is there to tell of it."""
    patience, every_s = patience_s(watchdog_s), look_every_s(watchdog_s)
    assert patience + every_s < watchdog_s
    assert every_s <= watchdog_s / 2
    # When the part is found stuck, most of a period is left before systemd ends the service.
    assert watchdog_s - 2 * every_s >= watchdog_s / 2


def test_without_a_watchdog_there_is_patience_all_the_same() -> None:
    assert patience_s(None) == PATIENCE_S
    assert look_every_s(None) == 1.0
