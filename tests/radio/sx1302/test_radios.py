"""The SX1250s: what they are told, and what their answers mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.errors import ChipError, PlanError
from radio.simulator import SimulatedConcentrator
from radio.sx1302.bands import IMAGE_BANDS_HZ, image_band
from radio.sx1302.chip import Chip
from radio.sx1302.plan import Radio
from radio.sx1302.radios import (
    RESET_PULSE_S,
    calibrate_image,
    frequency_word,
    reset_radio,
    select_clock,
    set_up_radio,
)
from radio.sx1302.registers import Common
from tests.radio.sx1302.station import no_sleep


@pytest.mark.parametrize(
    ("freq_hz", "parameters"),
    [
        (868_000_000, "d7db"),
        (915_000_000, "e1e9"),
        (490_000_000, "7581"),
        (783_000_000, "c1c5"),
        (433_000_000, "6b6f"),
    ],
)
def test_each_band_has_its_image_calibration(freq_hz: int, parameters: str) -> None:
    assert image_band(freq_hz) == bytes.fromhex(parameters)


@pytest.mark.parametrize("freq_hz", [edge for lower, upper, _ in IMAGE_BANDS_HZ for edge in (lower, upper)])
def test_the_edges_of_a_band_do_not_belong_to_it(freq_hz: int) -> None:
    assert image_band(freq_hz) is None


@given(st.integers(100_000_000, 1_000_000_000))
def test_the_frequency_word_is_never_above_and_less_than_a_step_below(freq_hz: int) -> None:
    tuned_hz = int.from_bytes(frequency_word(freq_hz), "big") * 32e6 / 2**25
    assert 0 <= freq_hz - tuned_hz < 32e6 / 2**25


def test_a_reset_pulse_lasts_and_the_radio_ends_up_out_of_reset(chip: SimulatedConcentrator) -> None:
    pauses: list[float] = []
    driver = Chip(chip, pauses.append)
    reset_radio(driver, 1)
    assert pauses[0] == RESET_PULSE_S
    assert driver.read_bytes(0x5784, 1)[0] & 0b1100 == 0b1100


@pytest.mark.parametrize(("radio", "selected"), [(0, 0b101), (1, 0b110)])
def test_one_radio_clocks_the_chip(chip: SimulatedConcentrator, radio: int, selected: int) -> None:
    driver = Chip(chip, no_sleep)
    select_clock(driver, 1 - radio)
    select_clock(driver, radio)
    assert driver.read_bytes(0x57C0, 1)[0] & 0b111 == selected
    assert driver.read(Common.CLK32_RIF) == 1


def awake(chip: SimulatedConcentrator, radio: int) -> Chip:
    """A driver whose radio is out of reset and in the host's hands."""
    driver = Chip(chip, no_sleep)
    reset_radio(driver, radio)
    driver.write(Common.HOST_RADIO, 1)
    return driver


@pytest.mark.parametrize(("radio", "name"), [(0, "A"), (1, "B")])
def test_a_failed_image_calibration_names_the_radio(chip: SimulatedConcentrator, radio: int, name: str) -> None:
    chip.faults.uncalibrated_radios = frozenset({radio})
    with pytest.raises(ChipError) as caught:
        calibrate_image(awake(chip, radio), radio, 868_500_000)
    assert caught.value.step == f"image calibration of radio {name}"
    assert (caught.value.register, caught.value.found) == ("GetDeviceErrors", "0x10")
    assert "supply" in caught.value.advice


def test_a_frequency_without_calibration_is_refused_with_the_bands(chip: SimulatedConcentrator) -> None:
    driver = awake(chip, 0)
    before = driver.transfers
    with pytest.raises(PlanError, match=r"600000000: inside one of the bands 430-440, 470-510"):
        calibrate_image(driver, 0, 600_000_000)
    assert driver.transfers == before


@pytest.mark.parametrize(("radio", "name"), [(0, "A"), (1, "B")])
def test_a_radio_that_does_not_reach_standby_is_told_from_one_that_does(
    chip: SimulatedConcentrator, radio: int, name: str
) -> None:
    set_up_radio(awake(chip, radio), radio, Radio(868_500_000))
    chip.faults.stuck_radios = frozenset({radio})
    with pytest.raises(ChipError) as caught:
        set_up_radio(awake(chip, radio), radio, Radio(868_500_000))
    assert caught.value.step == f"standby of radio {name}"
    assert (caught.value.expected, caught.value.found) == ("2", "4 (status 0x42)")
    assert "SX1255" in caught.value.advice
