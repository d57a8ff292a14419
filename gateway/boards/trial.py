"""What is tried to find a board, in which order, and what comes of it. Pure."""

import enum
from collections.abc import Iterable, Mapping

import msgspec

from radio.boards import BoardLines, KnownBoard
from radio.gpio import LineFault

NOTHING = BoardLines(None, None)


class Outcome(enum.Enum):
    """What one trial came to."""

    ANSWERS = "answers"
    """A chip answers; no line was driven, or the one that was driven did not reset it."""
    RESET = "reset"
    """A chip answers, and it was this reset line that brought it there."""
    SILENT = "silent"
    """No chip answers."""
    STRANGE = "strange"
    """A chip answers with a right version and a model that is none."""
    BUS_PIN = "bus_pin"
    """Not tried: a bus uses the pin."""
    LINE_FAULT = "line_fault"
    """Not tried to the end: the line cannot be driven."""
    BUS_FAULT = "bus_fault"
    """The SPI device cannot be used."""


class Trial(msgspec.Struct, frozen=True):
    """One trial on one SPI device. `lines` are those driven; none of them for the first look.

    `version` is what the chip's version register held, `pin` the line that could not be used, `reason` why, and `fault`
    which kind of failure it was, of a line or of the SPI device.
    """

    device: str
    lines: BoardLines
    outcome: Outcome
    version: int | None = None
    pin: int | None = None
    reason: str | None = None
    fault: LineFault | None = None


class Found(msgspec.Struct, frozen=True):
    """A chip that answers: its model, and its EUI as 16 hexadecimal digits.

    `lines` are None where no line of the catalogue resets it. `boards` are the names of those that it may be, the most
    exact first.
    """

    device: str
    model: str
    eui: str
    lines: BoardLines | None
    boards: tuple[str, ...]


class Detection(msgspec.Struct, frozen=True):
    """All that was tried, and the chips that were found."""

    devices: tuple[str, ...]
    trials: tuple[Trial, ...]
    found: tuple[Found, ...]


def lines_to_try(device: str, catalogue: Mapping[str, KnownBoard]) -> tuple[BoardLines, ...]:
    """The lines of the boards on an SPI device: the reset line alone first, then with the power line.

    What drives fewer pins comes first, then what more boards have.
    """
    counted: dict[BoardLines, int] = {}
    for board in catalogue.values():
        if board.bus != device or board.reset_pin is None:
            continue
        for lines in {BoardLines(board.reset_pin, None), board.lines}:
            counted[lines] = counted.get(lines, 0) + 1
    return tuple(sorted(counted, key=lambda lines: (len(lines.pins), -counted[lines], lines.pins)))


def boards_that_fit(device: str, lines: BoardLines, model: str, catalogue: Mapping[str, KnownBoard]) -> tuple[str, ...]:
    """The boards that such a chip, reached by such lines, may be. Those with just these lines come first.

    Where the reset line alone was enough, the board may have a power line that is on by itself.
    """
    fitting = [
        board
        for board in catalogue.values()
        if board.bus == device
        and board.reset_pin == lines.reset_pin
        and model in board.chips
        and (lines.power_pin is None or board.lines == lines)
    ]
    return tuple(board.name for board in sorted(fitting, key=lambda board: (board.lines != lines, board.name)))


def forbidden_pin(lines: BoardLines, kept: Iterable[int]) -> int | None:
    """The first of the lines that may not be driven; None where all may."""
    return next((pin for pin in lines.pins if pin in kept), None)
