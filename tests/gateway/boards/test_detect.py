"""Detection on a Raspberry Pi whose chip answers only once the right lines were driven in the right order."""

import pytest

from gateway.boards.detect import Detector
from gateway.boards.trial import NOTHING, Detection, Outcome, Trial
from gateway.config.board_files import SHIPPED_BOARDS, known_boards
from radio.boards import BoardLines
from radio.errors import BusError
from radio.gpio import LineFault
from radio.simulator import ChipModel
from tests.gateway.boards.pi import DEVICE, EUI, SECOND_DEVICE, Pi

CATALOGUE = known_boards((SHIPPED_BOARDS,))


def detected(pi: Pi, told: list[Trial] | None = None) -> Detection:
    tell = (lambda _trial: None) if told is None else told.append
    return Detector(CATALOGUE, pi.open_bus, pi.gpio, tell, sleep=lambda _seconds: None).detect(pi.devices)


def outcomes(detection: Detection, device: str = DEVICE) -> dict[BoardLines, Outcome]:
    return {trial.lines: trial.outcome for trial in detection.trials if trial.device == device}


@pytest.mark.parametrize(
    ("pi", "lines", "boards"),
    [
        (Pi(17), BoardLines(17, None), ("rak2287", "sensecap-m1", "elecrow-lr1302", "seeed-wm1302")),
        (Pi(17, 18), BoardLines(17, 18), ("elecrow-lr1302", "seeed-wm1302")),
        (Pi(17, model=ChipModel.SX1303), BoardLines(17, None), ("rak5146",)),
        (Pi(23, 27), BoardLines(23, 27), ("dragino-pg1302",)),
        (Pi(23, 18, model=ChipModel.SX1303), BoardLines(23, 18), ("semtech-corecell-fd490", "waveshare-sx1303")),
        (Pi(22), BoardLines(22, None), ("nebra-hat",)),
    ],
)
def test_a_board_is_found_by_the_lines_that_wake_its_chip(pi: Pi, lines: BoardLines, boards: tuple[str, ...]) -> None:
    (found,) = detected(pi).found
    assert (found.device, found.eui, found.lines, found.boards) == (DEVICE, EUI, lines, boards)


@pytest.mark.parametrize("name", [name for name, board in CATALOGUE.items() if board.bus == DEVICE])
def test_each_board_of_the_catalogue_on_this_device_is_among_those_that_are_found(name: str) -> None:
    board = CATALOGUE[name]
    (found,) = detected(Pi(*board.lines.pins, model=ChipModel[board.chips[-1]])).found
    assert name in found.boards


def test_a_chip_that_answers_at_once_is_still_asked_for_its_reset_line() -> None:
    detection = detected(Pi(22, awake=True))
    assert outcomes(detection)[NOTHING] is Outcome.ANSWERS
    assert outcomes(detection)[BoardLines(17, None)] is Outcome.ANSWERS
    assert detection.found[0].lines == BoardLines(22, None)


def test_a_chip_whose_reset_line_is_in_no_catalogue_is_found_without() -> None:
    (found,) = detected(Pi(6, awake=True)).found
    assert (found.eui, found.lines, found.boards) == (EUI, None, ())


def test_nothing_is_found_where_nothing_answers() -> None:
    detection = detected(Pi(6))
    assert detection.found == ()
    assert set(outcomes(detection).values()) == {Outcome.SILENT}


def test_what_drives_fewer_pins_is_tried_first() -> None:
    lines = [trial.lines for trial in detected(Pi(6)).trials if trial.device == DEVICE]
    assert lines[0] == NOTHING
    assert [len(tried.pins) for tried in lines] == sorted(len(tried.pins) for tried in lines)
    assert len(set(lines)) == len(lines)


def test_no_more_is_driven_once_the_line_is_known() -> None:
    pi = Pi(23)
    detected(pi)
    assert pi.driven == {23}


def test_only_lines_of_boards_on_that_device_are_tried_on_it() -> None:
    detection = detected(Pi(6))
    assert outcomes(detection, SECOND_DEVICE) == {NOTHING: Outcome.SILENT}
    assert BoardLines(38, None) not in outcomes(detection)


@pytest.mark.parametrize("pi", [Pi(17, 18), Pi(6), Pi(23, awake=True)])
def test_every_line_is_an_input_again_and_every_device_closed(pi: Pi) -> None:
    detected(pi)
    assert pi.left_driven == set()
    assert pi.open_buses == 0


@pytest.mark.parametrize("function", ["SPI", "I2C", "SERIAL", "HARD_PWM"])
def test_a_pin_that_belongs_to_a_bus_is_never_driven(function: str) -> None:
    pi = Pi(17)
    pi.module.functions[17] = getattr(pi.module, function)
    detection = detected(pi)
    assert 17 not in pi.driven
    assert outcomes(detection)[BoardLines(17, None)] is Outcome.BUS_PIN


def test_the_pins_of_a_second_bus_are_never_driven() -> None:
    pi = Pi(17)
    pi.devices = (DEVICE, "/dev/spidev1.0", "/dev/spidev1.1")
    told = [trial for trial in detected(pi).trials if trial.lines == BoardLines(17, 18) and trial.device == DEVICE]
    assert (told[0].outcome, told[0].reason) == (Outcome.BUS_PIN, "SPI1 CE1")
    assert pi.driven.isdisjoint({16, 17, 18, 19, 20, 21})


def test_a_line_that_another_program_holds_is_left_alone_and_the_others_are_tried() -> None:
    pi = Pi(23, 18)
    pi.module.held[17] = RuntimeError("GPIO busy")
    detection = detected(pi)
    (held,) = [trial for trial in detection.trials if trial.lines == BoardLines(17, None)]
    assert (held.outcome, held.fault, held.pin) == (Outcome.LINE_FAULT, LineFault.HELD, 17)
    assert detection.found[0].lines == BoardLines(23, 18)


def test_a_power_line_is_let_go_of_where_the_reset_line_is_held() -> None:
    pi = Pi(23, 18)
    pi.module.held[23] = RuntimeError("GPIO busy")
    detected(pi)
    assert pi.left_driven == set()


def test_without_lines_a_chip_that_answers_is_found_all_the_same() -> None:
    pi = Pi(17, awake=True)
    pi.module.unopened = RuntimeError("No access to /dev/mem.  Try running as root!")
    detection = detected(pi)
    assert [trial.outcome for trial in detection.trials if trial.device == DEVICE] == [
        Outcome.ANSWERS,
        Outcome.LINE_FAULT,
    ]
    assert detection.found[0].lines is None


def test_a_device_that_cannot_be_opened_is_told_once() -> None:
    pi = Pi(17)
    pi.unopened = BusError("/dev/spidev0.0 may not be opened")
    detection = detected(pi)
    assert [trial.outcome for trial in detection.trials] == [Outcome.BUS_FAULT, Outcome.BUS_FAULT]
    assert detection.trials[0].reason == "/dev/spidev0.0 may not be opened"
    assert pi.driven == set()


def test_a_chip_of_no_known_model_is_no_find() -> None:
    pi = Pi(17)
    pi.chip.faults.model = 9
    detection = detected(pi)
    assert outcomes(detection)[BoardLines(17, None)] is Outcome.STRANGE
    assert detection.found == ()


def test_a_wrong_version_is_told_as_it_was_read() -> None:
    pi = Pi(17, awake=True)
    pi.chip.faults.version = 0x05
    assert {trial.version for trial in detected(pi).trials if trial.device == DEVICE} == {0x05}


def test_each_trial_is_told_when_it_is_done() -> None:
    told: list[Trial] = []
    detection = detected(Pi(17, 18), told)
    assert tuple(told) == detection.trials
