"""The 32 MHz counter and the PPS latch."""

from radio.simulator import SimulatedConcentrator
from tests.radio.simulator.conftest import HandClock
from tests.radio.simulator.host import read, write


def counters(chip: SimulatedConcentrator) -> tuple[int, int]:
    raw = read(chip, 0x6101, 8)
    return int.from_bytes(raw[:4], "big"), int.from_bytes(raw[4:], "big")


def test_it_counts_32_ticks_a_microsecond_from_reset(chip: SimulatedConcentrator, clock: HandClock) -> None:
    clock.advance(0.25)
    assert counters(chip) == (0, 8_000_000)
    chip.reset()
    assert counters(chip) == (0, 0)


def test_it_wraps_at_32_bits(chip: SimulatedConcentrator, clock: HandClock) -> None:
    clock.advance(135.0)
    assert counters(chip)[1] == 135 * 32_000_000 - 2**32


def test_pps_is_latched_at_whole_seconds_once_enabled(chip: SimulatedConcentrator, clock: HandClock) -> None:
    clock.advance(1.5)
    assert counters(chip)[0] == 0
    write(chip, 0x6100, 0x03)
    assert counters(chip)[0] == 0
    clock.advance(1.25)
    assert counters(chip) == (64_000_000, 88_000_000)


def test_a_frozen_counter_stands_still_until_it_is_resumed(chip: SimulatedConcentrator, clock: HandClock) -> None:
    chip.counter.freeze(1_600_000_000, 1_568_000_000)
    clock.advance(1.0)
    assert counters(chip) == (1_568_000_000, 1_600_000_000)
    chip.counter.resume()
    assert counters(chip) == (0, 32_000_000)


def test_freezing_without_a_value_keeps_the_present_one(chip: SimulatedConcentrator, clock: HandClock) -> None:
    clock.advance(0.5)
    chip.counter.freeze()
    clock.advance(0.5)
    assert counters(chip) == (0, 16_000_000)
