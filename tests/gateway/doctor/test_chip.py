"""The board examined: what passes, what is told of links before and behind a fault."""

import asyncio
from pathlib import Path

import pytest

from gateway.doctor.check import Check, Reason
from gateway.doctor.chip import CHAIN, Heard, reception_result
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, Grade
from radio.bus import SpiBus
from radio.simulator.faults import BusFault
from tests.gateway.doctor.board import RESET_PIN, StandInBoard, configuration, examined


def run(directory: Path, board: StandInBoard | None = None) -> dict[Check, CheckResult]:
    config = configuration(directory)
    results = asyncio.run(examined(board or StandInBoard(config), config, directory))
    return {result.check: result for result in results}


def test_a_good_board_passes_and_its_reset_is_seen_to_work(tmp_path: Path) -> None:
    results = run(tmp_path)
    assert [results[check].grade for check in CHAIN if check is not Check.TEMPERATURE] == [Grade.PASS] * 5
    assert results[Check.RESET_LINE].facts == {"pin": RESET_PIN, "obeys": True}
    assert results[Check.RADIOS].facts == {"count": 2}


def test_a_chip_that_answers_only_after_its_reset_cannot_show_that_it_obeys(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    board = StandInBoard(config)
    board.chip.faults.break_bus(BusFault.ALL_ZEROS, transfers=1)
    assert run(tmp_path, board)[Check.RESET_LINE].facts == {"pin": RESET_PIN}


def test_behind_a_chip_that_does_not_answer_nothing_is_claimed(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    board = StandInBoard(config)
    board.chip.faults.version = 0x05
    results = run(tmp_path, board)
    assert results[Check.RESET_LINE].reason is Reason.EFFECT_UNKNOWN
    assert results[Check.CHIP].fault is Fault.CHIP_VERSION_05
    assert {results[check].reason for check in CHAIN[2:]} == {Reason.EARLIER_FAULT}


def test_radios_that_were_started_before_the_firmware_failed_have_passed(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    board = StandInBoard(config)
    board.chip.faults.silent_mcus = True
    results = run(tmp_path, board)
    assert results[Check.CHIP].grade is Grade.PASS
    assert results[Check.RADIOS].grade is Grade.PASS
    assert results[Check.FIRMWARE].fault is Fault.MCU_SILENT


def test_a_held_line_keeps_the_chip_from_being_touched(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    board = StandInBoard(config)
    board.gpio.held[RESET_PIN] = OSError(16, "GPIO busy")
    results = run(tmp_path, board)
    assert results[Check.RESET_LINE].fault is Fault.GPIO_BUSY
    assert results[Check.CHIP].reason is Reason.EARLIER_FAULT


class Closing(StandInBoard):
    """Counts the openings of its bus that are not over."""

    opened = 0

    def open_bus(self) -> SpiBus:
        self.opened += 1
        return Opening(super().open_bus(), self)


class Opening:
    """One of them."""

    def __init__(self, bus: SpiBus, board: Closing) -> None:
        self.transfer = bus.transfer
        self._board = board

    def close(self) -> None:
        self._board.opened -= 1


@pytest.mark.parametrize("fault", [None, BusFault.ERROR, BusFault.ALL_ONES])
def test_the_bus_is_given_back_whatever_was_found(fault: BusFault | None, tmp_path: Path) -> None:
    board = Closing(configuration(tmp_path))
    if fault is not None:
        board.chip.faults.break_bus(fault)
    run(tmp_path, board)
    assert board.opened == 0


@pytest.mark.parametrize(
    ("heard", "fault"),
    [
        (Heard(0, 0, 0, None), None),
        (Heard(4, 0, 4, None), None),
        (Heard(5, 0, 5, None), Fault.ONLY_BAD_CRC),
        (Heard(6, 1, 5, None), None),
    ],
)
def test_silence_is_no_fault_and_noise_alone_is_one(heard: Heard, fault: Fault | None) -> None:
    assert reception_result(heard, 10.0).fault is fault
