"""Which lines are tried, and which boards an answer fits. Decisions only."""

import msgspec

from gateway.boards.trial import boards_that_fit, forbidden_pin, lines_to_try
from radio.boards import BoardLines, KnownBoard

DEVICE = "/dev/spidev0.0"


def board(name: str, reset_pin: int | None, power_pin: int | None = None, chip: str = "SX1302") -> KnownBoard:
    return KnownBoard(
        name=name,
        title=name,
        maker="",
        chips=(chip,),
        radios="SX1250",
        sources=(),
        recognise_en="",
        recognise_fr="",
        bus=DEVICE,
        reset_pin=reset_pin,
        power_pin=power_pin,
    )


def catalogue(*boards: KnownBoard) -> dict[str, KnownBoard]:
    return {known.name: known for known in boards}


def test_a_reset_line_is_tried_alone_before_its_power_line_is_driven() -> None:
    assert lines_to_try(DEVICE, catalogue(board("a", 23, 18))) == (BoardLines(23, None), BoardLines(23, 18))


def test_lines_of_more_boards_come_first_and_none_comes_twice() -> None:
    known = catalogue(board("a", 22), board("b", 17, 18), board("c", 17, 27))
    assert lines_to_try(DEVICE, known) == (
        BoardLines(17, None),
        BoardLines(22, None),
        BoardLines(17, 18),
        BoardLines(17, 27),
    )


def test_a_board_without_a_known_line_or_on_another_device_gives_nothing_to_try() -> None:
    elsewhere = msgspec.structs.replace(board("b", 5), bus="/dev/spidev1.0")
    assert lines_to_try(DEVICE, catalogue(board("a", None), elsewhere)) == ()


def test_a_power_line_that_is_active_low_is_another_line() -> None:
    low = msgspec.structs.replace(board("b", 17, 18), power_active_low=True)
    known = catalogue(board("a", 17, 18), low)
    assert BoardLines(17, 18, power_active_low=True) in lines_to_try(DEVICE, known)
    assert boards_that_fit(DEVICE, BoardLines(17, 18, power_active_low=True), "SX1302", known) == ("b",)


def test_a_power_line_may_be_on_by_itself_but_one_that_was_needed_must_be_there() -> None:
    known = catalogue(board("with", 17, 18), board("without", 17))
    assert boards_that_fit(DEVICE, BoardLines(17, None), "SX1302", known) == ("without", "with")
    assert boards_that_fit(DEVICE, BoardLines(17, 18), "SX1302", known) == ("with",)


def test_a_board_with_another_chip_does_not_fit() -> None:
    known = catalogue(board("old", 17), board("new", 17, chip="SX1303"))
    assert boards_that_fit(DEVICE, BoardLines(17, None), "SX1303", known) == ("new",)


def test_a_line_on_a_pin_that_is_kept_is_forbidden() -> None:
    assert forbidden_pin(BoardLines(17, 18), {18}) == 18
    assert forbidden_pin(BoardLines(17, 18), {8}) is None
