"""What the board commands show on a terminal of 80 columns. Pure."""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping

from gateway.boards.trial import NOTHING, Detection, Found, Outcome, Trial
from gateway.boards.words import WORDS, Words
from gateway.language import Language
from radio.boards import BoardCalibration, BoardLines, KnownBoard

WIDTH = 80
LINES_WIDTH = 26
NAME_WIDTH = 23
LABEL_WIDTH = 23
WRITTEN_WIDTH = 33
# Before these, French has a space at which no line ends; English has none.
HIGH_MARKS = re.compile(r" (?=[:;?!])")


def trial_line(trial: Trial, language: Language) -> str:
    """One trial, below the device on which it was done."""
    words = WORDS[language]
    what = ", ".join(_lines(trial.lines, words.reset, words.power)) or words.first_look
    return hanging(f"  {what:{LINES_WIDTH}} ", _outcome(trial, words))


def conclusion(detection: Detection, catalogue: Mapping[str, KnownBoard], language: Language) -> str:
    """What was found, what it may be, and what to write."""
    if not detection.devices:
        return paragraph(WORDS[language].no_device)
    if not detection.found:
        return paragraph(WORDS[language].not_found)
    return "\n\n".join("\n".join(_found(found, catalogue, language)) for found in detection.found)


def findings(detection: Detection, language: Language) -> str:
    """What was found, without what to do about it."""
    if not detection.found:
        return paragraph(WORDS[language].not_found)
    return "\n".join(paragraph(_finding(found, WORDS[language])) for found in detection.found)


def trial_teller(show: Callable[[str], None], language: Language) -> Callable[[Trial], None]:
    """Shows each trial as it is done, the device above its first."""
    told: set[str] = set()

    def tell(trial: Trial) -> None:
        if trial.device not in told:
            told.add(trial.device)
            show(trial.device)
        show(trial_line(trial, language))

    return tell


def catalogue_table(catalogue: Mapping[str, KnownBoard], language: Language) -> str:
    """All boards, one a line."""
    return "\n".join(_row(board, WORDS[language]) for board in catalogue.values())


def board_sheet(board: KnownBoard, language: Language) -> str:
    """All that is known of a board, with its sources."""
    words = WORDS[language]
    lines = [board.title, ""]
    lines += [hanging(f"{label:{LABEL_WIDTH}} ", value) for label, value in _facts(board, words, language)]
    if board.calibrations:
        lines += ["", *(hanging("", _calibration(found, words)) for found in board.calibrations)]
    lines += ["", paragraph(words.sources), *(hanging("- ", source) for source in board.sources)]
    if board.not_sourced:
        lines += ["", paragraph(words.not_sourced), *(hanging("- ", gap) for gap in board.not_sourced)]
    return "\n".join(lines)


def paragraph(text: str) -> str:
    """A text of the screen's width."""
    return hanging("", text)


def hanging(begin: str, text: str) -> str:
    """A text whose first line begins so, and whose others are indented below it."""
    return textwrap.fill(
        HIGH_MARKS.sub("\N{NO-BREAK SPACE}", text),
        WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _outcome(trial: Trial, words: Words) -> str:
    if trial.outcome is Outcome.BUS_PIN:
        return (words.bus_pin if trial.reason else words.pin_in_use).format(pin=trial.pin, reason=trial.reason)
    if trial.outcome is Outcome.LINE_FAULT and trial.fault is not None:
        return words.faults[trial.fault].format(pin=trial.pin, reason=trial.reason)
    if trial.outcome is Outcome.BUS_FAULT and trial.fault is not None and trial.fault in words.bus_faults:
        return words.bus_faults[trial.fault]
    untouched = trial.outcome is Outcome.ANSWERS and trial.lines == NOTHING
    text = words.untouched if untouched else words.outcomes[trial.outcome]
    return text.format(version=trial.version or 0, reason=trial.reason)


def _lines(lines: BoardLines, reset: str, power: str) -> list[str]:
    told = ((reset, lines.reset_pin), (power, lines.power_pin))
    return [text.format(pin=pin) for text, pin in told if pin is not None]


def _found(found: Found, catalogue: Mapping[str, KnownBoard], language: Language) -> Iterator[str]:
    words = WORDS[language]
    yield paragraph(_finding(found, words))
    if found.lines is None:
        return
    yield ""
    if not found.boards:
        yield paragraph(words.no_board)
        yield from _without_board(found.device, found.lines)
        return
    yield paragraph(words.one_board if len(found.boards) == 1 else words.several_boards)
    for name in found.boards:
        written = f'board = "{name}"'
        yield f"  {written:{WRITTEN_WIDTH}} {catalogue[name].title}"
        yield hanging("      ", _recognise(catalogue[name], language))


def _finding(found: Found, words: Words) -> str:
    facts = {"model": found.model, "eui": found.eui, "device": found.device}
    if found.lines is None:
        return words.found_without_line.format(**facts)
    return words.found.format(lines=", ".join(_lines(found.lines, words.with_reset, words.with_power)), **facts)


def _without_board(device: str, lines: BoardLines) -> Iterator[str]:
    yield f'  bus = "{device}"'
    yield f"  reset_pin = {lines.reset_pin}"
    if lines.power_pin is not None:
        yield f"  power_pin = {lines.power_pin}"


def _row(board: KnownBoard, words: Words) -> str:
    chips = "/".join(board.chips)
    lines = ", ".join(_lines(board.lines, words.reset, words.power)) or words.unknown
    known = f"{chips}; {lines}" if board.supported else f"{chips}; {lines}; {words.not_supported}"
    return f"{board.name:{NAME_WIDTH}} {board.title}\n{hanging(' ' * (NAME_WIDTH + 1), known)}"


def _facts(board: KnownBoard, words: Words, language: Language) -> Iterator[tuple[str, str]]:
    radios = board.radios if board.supported else f"{board.radios} ({words.not_supported})"
    values: dict[str, object] = {
        "maker": board.maker,
        "chips": ", ".join(board.chips),
        "radios": radios,
        "bus": board.bus,
        "speed_hz": None if board.speed_hz is None else f"{board.speed_hz} Hz",
        "reset_pin": board.reset_pin,
        "power_pin": board.power_pin,
        "clock_source": board.clock_source,
        "full_duplex": {True: words.yes, False: words.no, None: None}[board.full_duplex],
        "temperature_sensor": words.no if board.temperature_sensor == "off" else board.temperature_sensor,
        "gnss_port": _gnss(board, words),
        "recognise": _recognise(board, language),
    }
    for key, label in words.facts.items():
        value = values[key]
        yield label, words.unknown if value is None else str(value)
    yield from ((line.name, str(line.pin)) for line in board.other_lines)


def _gnss(board: KnownBoard, words: Words) -> str | None:
    if board.gnss_port is None:
        return None
    text = {True: words.of_ublox, False: words.not_of_ublox, None: "{port}"}[board.gnss_ublox]
    return text.format(port=board.gnss_port)


def _recognise(board: KnownBoard, language: Language) -> str:
    return board.recognise_fr if language == "fr" else board.recognise_en


def _calibration(found: BoardCalibration, words: Words) -> str:
    powers_dbm = [gain.rf_power_dbm for gain in found.tx_gain_table]
    return words.calibration.format(
        regions=", ".join(found.regions),
        offset=found.rssi_offset_db,
        least=min(powers_dbm),
        most=max(powers_dbm),
        source=found.source,
    )
