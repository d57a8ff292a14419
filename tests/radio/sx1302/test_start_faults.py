"""A start that fails tells a technician what to look at, whatever fails, and never hangs."""

import pytest

from radio.errors import BusError, ChipError, RadioError
from radio.simulator import BusFault, SimulatedConcentrator
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.start import identify, start, stop
from tests.radio.buses import FailingBus, TamperedBus
from tests.radio.plans import EU868, FINE, PLANS
from tests.radio.sx1302.station import chip_for, no_sleep


def failed_start(chip: SimulatedConcentrator, plan: ConcentratorPlan = EU868) -> ChipError:
    """The error that a start ends in; it must be complete."""
    with pytest.raises(ChipError) as caught:
        start(Chip(chip, no_sleep), plan, Firmware.blank())
    error = caught.value
    assert all((error.step, error.register, error.expected, error.found))
    assert error.advice.endswith(".")
    assert (
        str(error) == f"{error.step}: {error.register} should be {error.expected}, found {error.found}. {error.advice}"
    )
    return error


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        (0x00, "Nothing answers on SPI"),
        (0xFF, "stuck high"),
        (0x05, "Another chip answers"),
        (0x21, "Another chip answers"),
    ],
)
def test_a_wrong_version_means_wiring(chip: SimulatedConcentrator, version: int, advice: str) -> None:
    chip.faults.version = version
    error = failed_start(chip)
    assert error.register == "VERSION (0x5606)"
    assert (error.expected, error.found) == ("0x10 (SX1302) or 0x12 (SX1303)", f"0x{version:02X}")
    assert advice in error.advice


@pytest.mark.parametrize(
    ("fault", "advice"), [(BusFault.ALL_ZEROS, "Nothing answers on SPI"), (BusFault.ALL_ONES, "stuck high")]
)
def test_a_stuck_data_line_means_wiring(chip: SimulatedConcentrator, fault: BusFault, advice: str) -> None:
    chip.faults.break_bus(fault)
    assert advice in failed_start(chip).advice


def test_a_dead_bus_is_reported_as_such(chip: SimulatedConcentrator) -> None:
    chip.faults.break_bus(BusFault.ERROR)
    with pytest.raises(BusError):
        start(Chip(chip, no_sleep), EU868, Firmware.blank())


@pytest.mark.parametrize(
    ("fault", "value", "step"),
    [
        ("stuck_radios", frozenset({0}), "standby of radio A"),
        ("stuck_radios", frozenset({1}), "standby of radio B"),
        ("uncalibrated_radios", frozenset({0}), "image calibration of radio A"),
        ("uncalibrated_radios", frozenset({1}), "image calibration of radio B"),
        ("firmware_corrupted", True, "load of the AGC firmware"),
        ("parity_error", True, "load of the AGC firmware"),
        ("silent_mcus", True, "AGC start-up, firmware version"),
    ],
)
def test_each_broken_part_is_named(chip: SimulatedConcentrator, fault: str, value: object, step: str) -> None:
    setattr(chip.faults, fault, value)
    assert failed_start(chip).step == step


@pytest.mark.parametrize(("model", "found"), [(2, "SX1302"), (0, "SX1302")])
def test_fine_timestamps_are_refused_without_an_sx1303(model: int, found: str) -> None:
    chip = chip_for(FINE)
    chip.faults.model = model
    error = failed_start(chip, FINE)
    assert (error.step, error.expected, error.found) == ("fine timestamps", "SX1303", found)
    assert "fine_timestamp" in error.advice


def test_a_model_that_is_none_of_ours_is_refused(chip: SimulatedConcentrator) -> None:
    chip.faults.model = 9
    with pytest.raises(ChipError, match=r"identification: OTP model byte 0xD0 .* found 9"):
        identify(Chip(chip, no_sleep))


@pytest.mark.parametrize(("chain", "name"), [(0x5211, "TX_A_FSM_STATUS"), (0x5411, "TX_B_FSM_STATUS")])
def test_a_transmitter_that_does_not_come_to_rest_ends_the_stop(
    chip: SimulatedConcentrator, chain: int, name: str
) -> None:
    with pytest.raises(ChipError) as caught:
        stop(Chip(TamperedBus(chip, {chain: 0x30}), no_sleep))
    assert (caught.value.step, caught.value.found) == ("stop of the transmitter", "0x30")
    assert name in caught.value.register


@pytest.mark.parametrize("plan", [EU868, FINE], ids=["EU868", "fine timestamps"])
def test_a_bus_error_at_any_transfer_of_a_start_is_a_bus_error(plan: ConcentratorPlan) -> None:
    driver = Chip(chip_for(plan), no_sleep)
    start(driver, plan, Firmware.blank())
    chip = chip_for(plan)
    for number in range(driver.transfers):
        chip.reset()
        bus = FailingBus(chip, {number})
        with pytest.raises(BusError, match=f"transfer {number} failed"):
            start(Chip(bus, no_sleep), plan, Firmware.blank())
        assert bus.transfers == number + 1, "nothing is tried on a bus that failed"


@pytest.mark.parametrize("lost", range(0, 266, 7))
def test_a_chip_that_goes_away_during_a_start_ends_it(chip: SimulatedConcentrator, lost: int) -> None:
    """From one transfer on only noise comes back: the start ends, in an error that is meant for people."""

    class GoesAway(FailingBus):
        def transfer(self, out: bytes) -> bytes:
            if self.transfers == lost:
                chip.faults.break_bus(BusFault.NOISE)
            return super().transfer(out)

    with pytest.raises(RadioError):
        start(Chip(GoesAway(chip, ()), no_sleep), EU868, Firmware.blank())


@pytest.mark.parametrize("name", PLANS)
def test_a_reset_chip_is_never_taken_for_a_started_one(name: str) -> None:
    chip = chip_for(PLANS[name])
    assert not chip.receiving
    start(Chip(chip, no_sleep), PLANS[name], Firmware.blank())
    chip.reset()
    assert not chip.receiving
