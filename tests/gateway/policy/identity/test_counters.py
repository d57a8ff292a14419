"""The last frame counters: what they point out, and what they may not be used for."""

from gateway.policy.identity.counters import FrameCounters
from gateway.policy.verdict import Flag


def test_a_counter_that_goes_back_is_pointed_out_once() -> None:
    counters = FrameCounters()
    assert [counters.follow(1, fcnt) for fcnt in (7, 8, 3, 4)] == [(), (), (Flag.COUNTER_WENT_BACK,), ()]


def test_16_bits_go_on_through_their_wrap() -> None:
    counters = FrameCounters()
    assert [counters.follow(1, fcnt) for fcnt in (65_535, 0, 1)] == [(), (), ()]


def test_each_device_has_its_own() -> None:
    counters = FrameCounters()
    counters.follow(1, 100)
    assert counters.follow(2, 5) == ()


def test_only_what_a_mic_told_counts_as_verified() -> None:
    counters = FrameCounters()
    counters.follow(1, 5)
    assert counters.verified(1) is None
    counters.follow(1, 6, 0x50006)
    counters.follow(1, 9)
    assert counters.verified(1) == 0x50006


def test_the_least_recently_heard_are_forgotten() -> None:
    counters = FrameCounters(most=2)
    for device in (1, 2, 1, 3):
        counters.follow(device, 9, 9)
    assert [counters.verified(device) for device in (1, 2, 3)] == [None, None, 9]
    assert counters.follow(3, 1) == (Flag.COUNTER_WENT_BACK,)
