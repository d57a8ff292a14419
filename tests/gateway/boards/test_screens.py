"""What a technician reads of the catalogue and of a detection, on 80 columns, in both languages."""

import pytest

from gateway.boards.detect import Detector
from gateway.boards.screens import board_sheet, catalogue_table, conclusion, trial_line
from gateway.boards.trial import Outcome, Trial
from gateway.boards.words import WORDS
from gateway.config.board_files import SHIPPED_BOARDS, known_boards
from gateway.language import Language
from radio.boards import BoardLines
from radio.errors import BusError
from radio.gpio import LineFault
from tests.gateway.boards.pi import DEVICE, Pi

CATALOGUE = known_boards((SHIPPED_BOARDS,))
LANGUAGES: tuple[Language, ...] = ("fr", "en")
NBSP = "\N{NO-BREAK SPACE}"


def concluded(pi: Pi, language: Language) -> str:
    detector = Detector(CATALOGUE, pi.open_bus, pi.gpio, sleep=lambda _seconds: None)
    return conclusion(detector.detect(pi.devices), CATALOGUE, language)


def widest(text: str) -> int:
    return max(map(len, text.splitlines()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wider_than_the_screen(language: Language) -> None:
    screens = [catalogue_table(CATALOGUE, language), concluded(Pi(17), language), concluded(Pi(6), language)]
    screens += [
        "\n".join(line for line in board_sheet(board, language).splitlines() if " " in line.strip())
        for board in CATALOGUE.values()
    ]
    assert max(map(widest, screens)) <= 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_board_is_in_the_table_with_its_lines(language: Language) -> None:
    table = catalogue_table(CATALOGUE, language)
    assert all(f"{name} " in table for name in CATALOGUE)
    assert "SX1255" not in table
    assert WORDS[language].not_supported in " ".join(table.split())


def test_several_boards_are_told_apart_in_the_reader_s_language() -> None:
    french, english = concluded(Pi(17, 18), "fr"), concluded(Pi(17, 18), "en")
    assert "La carte est marquée LR1302." in french
    assert "The card is marked LR1302." in english
    for told in (french, english):
        assert 'board = "elecrow-lr1302"' in told
        assert 'board = "seeed-wm1302"' in told
        assert "0016C001FF10A235" in told


def test_french_keeps_its_marks_on_the_line() -> None:
    assert f"Trouvé{NBSP}: SX1302" in concluded(Pi(17), "fr")


def test_a_chip_on_lines_of_no_board_gives_what_to_write() -> None:
    pi = Pi(23, 18)
    lonely = {"rak2287": CATALOGUE["rak2287"], "other": CATALOGUE["waveshare-sx1303"]}
    detection = Detector(lonely, pi.open_bus, pi.gpio, sleep=lambda _seconds: None).detect(pi.devices)
    told = conclusion(detection, lonely, "en")
    assert '\n  bus = "/dev/spidev0.0"\n  reset_pin = 23\n  power_pin = 18' in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_outcome_and_each_fault_has_its_own_words(language: Language) -> None:
    words = WORDS[language]
    assert set(words.outcomes) == set(Outcome) - {Outcome.BUS_PIN, Outcome.LINE_FAULT}
    assert set(words.faults) == set(LineFault)
    assert len(set(words.faults.values())) == len(LineFault)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", Outcome)
def test_a_trial_leaves_no_gap_unfilled(language: Language, outcome: Outcome) -> None:
    trial = Trial(DEVICE, BoardLines(17, 18), outcome, version=0x10, pin=17, reason="why", fault=LineFault.HELD)
    assert "{" not in trial_line(trial, language)
    assert "None" not in trial_line(trial, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_of_a_board_names_the_sources_of_each_fact(language: Language) -> None:
    sheet = board_sheet(CATALOGUE["dragino-pg1302"], language)
    assert "basicstation-rpi64" in sheet
    assert "SX1261 reset" in sheet
    assert "contradicts line 23" in sheet.replace("\n ", "")


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (PermissionError(13, "Permission denied"), "accès à ce périphérique refusé : relancez avec sudo"),
        (ImportError("No module named 'spidev'"), "spidev n'est pas installé"),
        (OSError(5, "Input/output error"), "cannot be opened"),
    ],
)
def test_a_device_that_cannot_be_used_is_told_with_its_remedy(cause: Exception, told: str) -> None:
    pi = Pi(17)
    pi.unopened = BusError("/dev/spidev0.0 cannot be opened")
    pi.unopened.__cause__ = cause
    detection = Detector(CATALOGUE, pi.open_bus, pi.gpio).detect(pi.devices)
    assert told in " ".join(trial_line(detection.trials[0], "fr").split())
