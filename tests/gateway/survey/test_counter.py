"""What gaps in a frame counter tell, and what they do not."""

import pytest

from gateway.survey.counter import Counter


def counted(*heard: tuple[int, float], frames: tuple[int, ...] | None = None) -> Counter:
    """After frames with these counters, at these times; each is another frame unless told."""
    counter = Counter()
    for index, (fcnt, at_s) in enumerate(heard):
        counter = counter.heard(fcnt, index if frames is None else frames[index], at_s)
    return counter


def test_frames_in_a_row_lose_nothing() -> None:
    counter = counted((7, 0), (8, 60), (9, 120))
    assert (counter.frames, counter.lost, counter.restarts) == (3, 0, 0)


def test_a_gap_is_what_was_lost() -> None:
    assert counted((7, 0), (10, 180)).lost == 2


def test_the_counter_wraps() -> None:
    counter = counted((65_534, 0), (1, 180))
    assert (counter.lost, counter.restarts) == (2, 0)


def test_a_repetition_is_the_same_frame() -> None:
    counter = counted((7, 0), (7, 1), (8, 60), (7, 61), frames=(1, 1, 2, 1))
    assert (counter.frames, counter.lost, counter.restarts) == (2, 0, 0)


def test_a_confirmed_frame_sent_again_with_other_commands_is_no_new_one() -> None:
    counter = counted((7, 0), (7, 5), (8, 60))
    assert (counter.frames, counter.lost, counter.restarts) == (2, 0, 0)


@pytest.mark.parametrize("last", [500, 5_000, 40_000, 60_000])
def test_a_device_that_is_reset_has_lost_nothing(last: int) -> None:
    counter = counted((last, 0), (0, 60), (1, 120))
    assert (counter.frames, counter.lost, counter.restarts) == (3, 0, 1)


def test_a_device_that_sends_counter_zero_for_ever_restarts_each_time() -> None:
    counter = counted((0, 0), (0, 600), (0, 1_200))
    assert (counter.frames, counter.restarts) == (3, 2)


def test_a_leap_that_the_time_allows_is_a_loss() -> None:
    assert counted((0, 0), (1_000, 3_600)).lost == 999


def test_after_a_join_another_count_begins() -> None:
    counter = counted((7, 0)).begun_anew().heard(0, 99, 60)
    assert (counter.frames, counter.lost, counter.restarts) == (2, 0, 1)


def test_what_was_sent_while_nobody_listened_is_no_loss() -> None:
    counter = counted((7, 0)).paused().heard(20, 99, 600)
    assert (counter.frames, counter.lost, counter.restarts) == (2, 0, 0)


@pytest.mark.parametrize("fcnt", [0, 17_500])
def test_after_a_night_of_silence_a_leap_too_far_for_a_server_is_a_reset(fcnt: int) -> None:
    counter = counted((1_000, 0), (fcnt, 10 * 3_600))
    assert (counter.lost, counter.restarts) == (0, 1)


def test_two_devices_with_one_address_tell_nothing_of_losses() -> None:
    assert not counted((10, 0), (500, 1), (11, 60), (501, 61), (12, 120)).is_telling


def test_frames_with_a_time_between_them_in_which_nobody_listened_tell_nothing_of_losses() -> None:
    assert not counted((7, 0)).paused().heard(8, 99, 60).is_telling


def test_one_frame_tells_nothing_of_losses() -> None:
    assert not counted((7, 0)).is_telling
    assert counted((7, 0), (8, 60)).is_telling


def test_what_is_remembered_stays_small() -> None:
    assert len(counted(*((number, number * 60.0) for number in range(1_000))).recent) == 32
