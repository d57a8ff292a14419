"""The microcontrollers start after a correct load only, and follow their dialogue only in order."""

from collections.abc import Callable

import pytest

from radio.simulator import SimulatedConcentrator
from tests.radio.simulator.host import AGC_COMMANDS, IMAGE, converse, load_agc, load_arbiter, read, write

AGC_STATUSES = [2, 3, 4, 5, 6, 7, 8, 9, 0x0A, 0x0B, 0x0F, 0x0F]


@pytest.fixture
def enabled(chip: SimulatedConcentrator) -> SimulatedConcentrator:
    write(chip, 0x5605, 0x0F)
    return chip


def agc_status(chip: SimulatedConcentrator) -> int:
    return read(chip, 0x5781)[0]


def test_a_loaded_gain_controller_reports_its_version(enabled: SimulatedConcentrator) -> None:
    load_agc(enabled)
    assert agc_status(enabled) == 1
    assert read(enabled, 0x5790) == b"\x0a"


def test_a_loaded_arbiter_reports_its_version(enabled: SimulatedConcentrator) -> None:
    load_arbiter(enabled)
    assert read(enabled, 0x6081) == b"\x01"
    assert read(enabled, 0x608D) == b"\x02"


def test_the_image_reads_back_while_the_host_programs(enabled: SimulatedConcentrator) -> None:
    write(enabled, 0x5780, 0x16)
    write(enabled, 0x0400, b"firmware")
    assert read(enabled, 0x0400, 8) == b"firmware"
    write(enabled, 0x5780, 0x14)
    assert read(enabled, 0x0400, 8) == bytes(8)


def incomplete_image(chip: SimulatedConcentrator) -> None:
    load_agc(chip, IMAGE[:-1])


def programming_not_switched_on(chip: SimulatedConcentrator) -> None:
    write(chip, 0x0000, IMAGE)
    write(chip, 0x5780, 0x10)


def released_while_programming(chip: SimulatedConcentrator) -> None:
    write(chip, 0x5780, 0x16)
    write(chip, 0x0000, IMAGE)
    write(chip, 0x5780, 0x12)
    write(chip, 0x5780, 0x10)


def wrong_page(chip: SimulatedConcentrator) -> None:
    write(chip, 0x5600, 1)
    load_agc(chip)


def chip_not_enabled(chip: SimulatedConcentrator) -> None:
    write(chip, 0x5605, 0x07)
    load_agc(chip)


@pytest.mark.parametrize(
    "mistake",
    [incomplete_image, programming_not_switched_on, released_while_programming, wrong_page, chip_not_enabled],
)
def test_after_a_wrong_load_the_controller_stays_silent(
    enabled: SimulatedConcentrator, mistake: Callable[[SimulatedConcentrator], None]
) -> None:
    mistake(enabled)
    assert agc_status(enabled) == 0


def test_a_correct_load_mends_a_wrong_one(enabled: SimulatedConcentrator) -> None:
    released_while_programming(enabled)
    load_agc(enabled)
    assert agc_status(enabled) == 1


def test_the_dialogue_echoes_parameters_and_shows_each_status(enabled: SimulatedConcentrator) -> None:
    load_agc(enabled)
    statuses = []
    for step, command in enumerate(AGC_COMMANDS):
        write(enabled, 0x578A, bytes([0 if step < 2 else step, step + 1, step + 2]))
        write(enabled, 0x5789, command)
        statuses.append(agc_status(enabled))
        assert read(enabled, 0x578E, 3) == bytes([0 if step < 2 else step, step + 1, step + 2])
    assert statuses == AGC_STATUSES


def test_mailboxes_may_come_in_one_burst_with_the_command(enabled: SimulatedConcentrator) -> None:
    load_agc(enabled)
    write(enabled, 0x5789, bytes([0x80, 0x00, 0xFF, 0xFE]))
    assert read(enabled, 0x578F, 2) == b"\xff\xfe"


def test_an_unexpected_command_is_not_answered(enabled: SimulatedConcentrator) -> None:
    load_agc(enabled)
    converse(enabled, [0x80, 0x03])
    assert agc_status(enabled) == 2
    converse(enabled, [0x20, 0x03])
    assert agc_status(enabled) == 4


def test_the_arbiter_wants_its_whole_configuration(enabled: SimulatedConcentrator) -> None:
    load_arbiter(enabled)
    write(enabled, 0x608A, 1)
    assert read(enabled, 0x6081) == b"\x01"
    write(enabled, 0x6089, bytes([7, 1, 3, 0]))
    assert read(enabled, 0x6081) == b"\x00"


def test_silent_controllers_never_answer(enabled: SimulatedConcentrator) -> None:
    enabled.faults.silent_mcus = True
    load_agc(enabled)
    assert agc_status(enabled) == 0


def test_a_parity_error_shows_in_the_control_register(enabled: SimulatedConcentrator) -> None:
    enabled.faults.parity_error = True
    load_agc(enabled)
    assert read(enabled, 0x5780)[0] & 1
    assert agc_status(enabled) == 0


def test_a_corrupted_image_reads_back_otherwise_than_written(enabled: SimulatedConcentrator) -> None:
    enabled.faults.firmware_corrupted = True
    write(enabled, 0x5780, 0x16)
    write(enabled, 0x0000, IMAGE)
    assert read(enabled, 0x0000, 1024) != IMAGE[:1024]
