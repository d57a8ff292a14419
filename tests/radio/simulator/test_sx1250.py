"""The radios answer the host that holds them, as SX1250s do."""

import pytest

from radio.simulator import SimulatedConcentrator
from tests.radio.simulator.host import radio, write


@pytest.fixture
def powered(chip: SimulatedConcentrator) -> SimulatedConcentrator:
    write(chip, 0x5783, 0x0C)
    write(chip, 0x5784, 0x0C)
    return chip


def status(chip: SimulatedConcentrator, number: int = 0) -> str:
    return radio(chip, number, 0xC0, "00").hex()


def test_modes_follow_the_commands(powered: SimulatedConcentrator) -> None:
    seen = [status(powered)]
    for opcode, parameters in ((0x80, "01"), (0x82, "ffffff"), (0x80, "00")):
        radio(powered, 0, opcode, parameters)
        seen.append(status(powered))
    assert seen == ["22", "32", "52", "22"]
    assert status(powered, 1) == "22"


@pytest.mark.parametrize(
    ("address", "value"),
    [(0x5783, 0x04), (0x5783, 0x08), (0x5601, 0x03)],
    ids=["in reset", "without power", "not in the host's hands"],
)
def test_an_unreachable_radio_answers_zeros(powered: SimulatedConcentrator, address: int, value: int) -> None:
    write(powered, address, value)
    assert status(powered) == "00"


def test_the_reset_line_returns_the_radio_to_standby(powered: SimulatedConcentrator) -> None:
    radio(powered, 0, 0x82, "ffffff")
    write(powered, 0x5783, 0x04)
    write(powered, 0x5783, 0x0C)
    assert status(powered) == "22"


@pytest.mark.parametrize(("band", "errors"), [("d7db", "220000"), ("e1e9", "220000"), ("1234", "220010")])
def test_image_calibration_knows_five_bands(powered: SimulatedConcentrator, band: str, errors: str) -> None:
    radio(powered, 0, 0x98, band)
    assert radio(powered, 0, 0x17, "000000").hex() == errors


def test_written_registers_can_be_read_back(powered: SimulatedConcentrator) -> None:
    radio(powered, 1, 0x0D, "06a10102")
    assert radio(powered, 1, 0x1D, "06a1000000")[3:] == bytes([1, 2])


def test_a_stuck_radio_shows_neither_standby_nor_reception(powered: SimulatedConcentrator) -> None:
    powered.faults.stuck_radios = frozenset({1})
    radio(powered, 1, 0x80, "00")
    assert status(powered, 1) == "42"
    assert status(powered, 0) == "22"


def test_image_calibration_can_be_made_to_fail(powered: SimulatedConcentrator) -> None:
    powered.faults.uncalibrated_radios = frozenset({0})
    radio(powered, 0, 0x98, "d7db")
    assert radio(powered, 0, 0x17, "000000").hex() == "220010"
