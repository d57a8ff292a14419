"""The microcontrollers' start-up: every answer is checked, and no wait is endless."""

import pytest

from radio.errors import ChipError
from radio.simulator import SimulatedConcentrator
from radio.sx1302.chip import Chip
from radio.sx1302.mcu import (
    AGC,
    AGC_STEPS,
    ARBITER,
    POLL_S,
    POLLS,
    Mcu,
    load,
    start_agc,
    start_arbiter,
)
from radio.sx1302.registers import Agc, Clock, Common
from tests.radio.buses import RegisterFile, TamperedBus
from tests.radio.sx1302.station import no_sleep

IMAGE = bytes(number % 256 for number in range(8192))
ARBITER_STATUS, ARBITER_VERSION = 0x6081, 0x608D


def clocked(chip: SimulatedConcentrator, lies: dict[int, int] | None = None) -> Chip:
    """A driver of a chip whose modems and clock are on."""
    driver = Chip(TamperedBus(chip, lies or {}), no_sleep)
    driver.write(Clock.DIVIDER_ENABLE, 1)
    driver.write(Common.GLOBAL_ENABLE, 1)
    return driver


@pytest.mark.parametrize("mcu", [AGC, ARBITER], ids=["AGC", "arbiter"])
def test_a_loaded_program_runs(chip: SimulatedConcentrator, mcu: Mcu) -> None:
    driver = clocked(chip)
    load(driver, mcu, IMAGE)
    assert driver.read(mcu.status) == 1


@pytest.mark.parametrize(("mcu", "where"), [(AGC, "0x0000"), (ARBITER, "0x2000")])
def test_a_program_that_reads_back_otherwise_is_told_with_its_address(
    chip: SimulatedConcentrator, mcu: Mcu, where: str
) -> None:
    chip.faults.firmware_corrupted = True
    with pytest.raises(ChipError) as caught:
        load(clocked(chip), mcu, IMAGE)
    assert caught.value.step == f"load of the {mcu.name} firmware"
    assert caught.value.register == f"program memory {where}"
    assert (caught.value.expected, caught.value.found) == ("0x00", "0x01")
    assert "radio.speed_hz" in caught.value.advice


@pytest.mark.parametrize("mcu", [AGC, ARBITER], ids=["AGC", "arbiter"])
def test_a_parity_error_is_told(chip: SimulatedConcentrator, mcu: Mcu) -> None:
    chip.faults.parity_error = True
    with pytest.raises(ChipError) as caught:
        load(clocked(chip), mcu, IMAGE)
    assert caught.value.register == str(mcu.parity_error)
    assert (caught.value.expected, caught.value.found) == ("0", "1")


def test_a_silent_microcontroller_is_waited_for_half_a_second_and_no_longer() -> None:
    pauses: list[float] = []
    with pytest.raises(ChipError, match="arbiter start-up, firmware version: MCU_ARB_STATUS") as caught:
        start_arbiter(Chip(RegisterFile({ARBITER_STATUS: 0xEE}), pauses.append), None)
    assert (caught.value.expected, caught.value.found) == ("0x01", "0xEE")
    assert sum(pauses) == pytest.approx(POLLS * POLL_S)


@pytest.mark.parametrize("step", range(len(AGC_STEPS)), ids=[step.name for step in AGC_STEPS])
def test_an_agc_that_falls_silent_names_the_step(chip: SimulatedConcentrator, step: int) -> None:
    """Every status before this one arrives; this one never does."""

    class FallsSilent(TamperedBus):
        def transfer(self, out: bytes) -> bytes:
            if out == bytes((0, 0x80 | 0x57, 0x89, AGC_STEPS[step].command)):
                chip.faults.silent_mcus = True
            return super().transfer(out)

    driver = Chip(FallsSilent(chip, {}), no_sleep)
    driver.write(Clock.DIVIDER_ENABLE, 1)
    driver.write(Common.GLOBAL_ENABLE, 1)
    load(driver, AGC, IMAGE)
    with pytest.raises(ChipError) as caught:
        start_agc(driver)
    assert caught.value.step == f"AGC start-up, {AGC_STEPS[step].name}"
    assert caught.value.expected == f"0x{AGC_STEPS[step].status:02X}"


@pytest.mark.parametrize("box", [0, 1, 2])
def test_a_wrong_echo_is_told_with_what_was_sent(chip: SimulatedConcentrator, box: int) -> None:
    driver = clocked(chip)
    load(driver, AGC, IMAGE)
    wrong = clocked(chip, {Agc.MAILBOX_READ[box].address: 0x0A if box == 0 else 0x55})
    with pytest.raises(ChipError) as caught:
        start_agc(wrong)
    assert caught.value.step == "AGC start-up, automatic gain of radio A"
    assert caught.value.expected == "(255, 255, 0)"
    assert f"MAIL_BOX_RD_{box}" in caught.value.register


def test_an_agc_of_another_version_is_refused(chip: SimulatedConcentrator) -> None:
    driver = clocked(chip, {Agc.MAILBOX_READ[0].address: 6})
    load(driver, AGC, IMAGE)
    with pytest.raises(ChipError, match=r"AGC.* firmware version: .*should be \(10,\), found \(6,\)"):
        start_agc(driver)


def test_an_arbiter_of_another_version_is_refused(chip: SimulatedConcentrator) -> None:
    driver = clocked(chip, {ARBITER_VERSION: 1})
    load(driver, ARBITER, IMAGE)
    with pytest.raises(ChipError, match=r"arbiter firmware version.*should be 2, found 1"):
        start_arbiter(driver, None)


def test_an_arbiter_that_does_not_start_listening_is_told(chip: SimulatedConcentrator) -> None:
    driver = clocked(chip, {ARBITER_STATUS: 1})
    load(driver, ARBITER, IMAGE)
    with pytest.raises(ChipError, match="arbiter start-up, listening"):
        start_arbiter(driver, None)


@pytest.mark.parametrize(("mode", "value"), [(None, 0x00), ("all_sf", 0xFF), ("high_capacity", 0x3F)])
def test_fine_timestamps_double_the_demodulation(chip: SimulatedConcentrator, mode: str | None, value: int) -> None:
    driver = clocked(chip)
    load(driver, ARBITER, IMAGE)
    start_arbiter(driver, mode)
    assert driver.read_bytes(0x608C, 1)[0] == value
