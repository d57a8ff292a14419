"""The transmit chains' status follows triggers and clock; a LoRa packet leaves 1.5 ms after its trigger."""

import pytest

from radio.simulator import SimulatedConcentrator
from radio.simulator.lora_timing import fsk_airtime_s, lora_airtime_s
from tests.radio.simulator.conftest import HandClock
from tests.radio.simulator.host import read, write

FREE, EMITTING, DELAYED, ON_PPS = 0x80, 0x70, 0x91, 0x92
CHAINS = (0x5200, 0x5400)
START_DELAY_S = 48_000 / 32e6
AIRTIME_S = lora_airtime_s(12, 7, 125_000, coding_rate=1, crc=True, preamble=8)


@pytest.fixture(params=CHAINS, ids=["chain A", "chain B"])
def bank(request: pytest.FixtureRequest, chip: SimulatedConcentrator) -> int:
    """The registers of a chain that holds a packet of 12 bytes at SF7."""
    first = int(request.param)
    write(chip, first + 0x60, bytes([0x47, 0x81, 0x61, 12]))
    return first


def status(chip: SimulatedConcentrator, bank: int) -> int:
    return read(chip, bank + 0x11)[0]


def test_an_immediate_emission_lasts_its_time_on_air(chip: SimulatedConcentrator, clock: HandClock, bank: int) -> None:
    write(chip, bank, 0x01)
    clock.advance(START_DELAY_S + AIRTIME_S - 0.001)
    assert status(chip, bank) == EMITTING
    clock.advance(0.002)
    assert status(chip, bank) == FREE


def test_a_delayed_emission_waits_for_the_counter(chip: SimulatedConcentrator, clock: HandClock, bank: int) -> None:
    write(chip, bank + 0x01, (32_000_000).to_bytes(4, "big"))
    write(chip, bank, 0x02)
    seen = [status(chip, bank)]
    for seconds in (0.999, 0.01, AIRTIME_S):
        clock.advance(seconds)
        seen.append(status(chip, bank))
    assert seen == [DELAYED, DELAYED, EMITTING, FREE]


def test_an_emission_on_pps_waits_for_the_next_second(chip: SimulatedConcentrator, clock: HandClock, bank: int) -> None:
    clock.advance(0.25)
    write(chip, bank, 0x04)
    assert status(chip, bank) == ON_PPS
    clock.advance(0.76)
    assert status(chip, bank) == EMITTING


def test_clearing_the_trigger_aborts(chip: SimulatedConcentrator, bank: int) -> None:
    write(chip, bank, 0x01)
    write(chip, bank, 0x00)
    assert status(chip, bank) == FREE


def test_an_fsk_emission_takes_its_length_from_the_buffer(
    chip: SimulatedConcentrator, clock: HandClock, bank: int
) -> None:
    write(chip, bank + 0x09, 0x01)
    write(chip, bank + 0x42, bytes([0, 5]) + (640).to_bytes(2, "big") + b"\x4d")
    write(chip, bank + 0x100, 50)
    write(chip, bank, 0x01)
    clock.advance(fsk_airtime_s(50, 50_000, 3) - 0.0001)
    assert status(chip, bank) == EMITTING
    clock.advance(0.0002)
    assert status(chip, bank) == FREE


def test_a_chain_that_is_programmed_to_nothing_is_free_again_at_once(
    chip: SimulatedConcentrator, clock: HandClock, bank: int
) -> None:
    write(chip, bank + 0x60, 0x43)
    write(chip, bank, 0x01)
    clock.advance(START_DELAY_S)
    assert status(chip, bank) == FREE
