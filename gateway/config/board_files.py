"""The catalogue of boards: one file a board, those of the maintainer before those that Candélabre brings."""

import difflib
import functools
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.config.problems import ConfigError, Problem
from gateway.config.reader import Reader
from gateway.config.sections import (
    Bus,
    Chain,
    GpioLine,
    I2cBus,
    SerialPort,
    TemperatureDriftSection,
    TxGainSection,
)
from gateway.config.toml import parse_toml
from radio.boards import BoardCalibration, KnownBoard, OtherLine
from radio.sx1302.plan import TemperatureCompensation, TxGain

OWN_BOARDS = Path("/etc/candelabre/boards")
SHIPPED_BOARDS = Path(__file__).parent / "boards"
DIRECTORIES = (OWN_BOARDS, SHIPPED_BOARDS)
SUFFIX = ".toml"

Text = Annotated[str, Meta(min_length=1, description="text that is not empty")]


class OtherLineSection(msgspec.Struct, frozen=True):
    """[[other_line]]: one that Candélabre does not drive."""

    name: Text
    pin: GpioLine


class CalibrationSection(msgspec.Struct, frozen=True):
    """[[calibration]]: what the maker measured."""

    regions: tuple[Text | None, ...]
    source: Text
    rssi_offset_db: Annotated[float, Meta(ge=-300, le=300)]
    rssi_temperature: TemperatureDriftSection
    tx_gain_table: tuple[TxGainSection | None, ...]
    single_input: bool = False


class BoardFile(msgspec.Struct, frozen=True):
    """One file of config/boards."""

    title: Text
    maker: Text
    chips: tuple[Literal["SX1302", "SX1303"], ...]
    radios: Literal["SX1250", "SX1255", "SX1257"]
    sources: tuple[Text, ...]
    recognise_en: Text
    recognise_fr: Text
    bus: Bus | None = None
    speed_hz: Annotated[int, Meta(ge=100_000, le=10_000_000)] | None = None
    reset_pin: GpioLine | None = None
    power_pin: GpioLine | None = None
    power_active_low: bool = False
    other_line: tuple[OtherLineSection | None, ...] = ()
    clock_source: Chain | None = None
    full_duplex: bool | None = None
    temperature_sensor: I2cBus | None = None
    gnss_port: SerialPort | None = None
    gnss_ublox: bool | None = None
    calibration: tuple[CalibrationSection | None, ...] = ()
    not_sourced: tuple[Text, ...] = ()


def board_names(directories: Iterable[Path] = DIRECTORIES) -> tuple[str, ...]:
    """The names of all boards, in alphabetical order."""
    return tuple(sorted(_files(tuple(directories))))


def nearest_boards(name: str, directories: Iterable[Path] = DIRECTORIES) -> list[str]:
    """Up to three names that whoever wrote `name` may have meant."""
    return difflib.get_close_matches(name.lower(), board_names(directories), n=3, cutoff=0.45)


@functools.cache
def known_boards(directories: tuple[Path, ...] = DIRECTORIES) -> Mapping[str, KnownBoard]:
    """The whole catalogue.

    Raises:
        ConfigError: a file of it has mistakes; all of that file are named.
    """
    return {name: load_board(path) for name, path in sorted(_files(directories).items())}


def known_board(name: str, directories: tuple[Path, ...] = DIRECTORIES) -> KnownBoard | None:
    """One board, None where there is none of that name. Raises ConfigError, as `known_boards`."""
    path = _files(directories).get(name)
    return None if path is None else load_board(path)


def load_board(path: Path) -> KnownBoard:
    """Read one file. Raises ConfigError, with every mistake."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), [Problem("", None, f"cannot be read: {error.strerror}")]) from error
    reader = Reader()
    content = reader.table(parse_toml(data, str(path)), BoardFile, "")
    if content is not None:
        _check(content, reader)
    if reader.problems or content is None:
        raise ConfigError(str(path), reader.problems)
    return _board(path.stem, content)


def find_board(name: str | None, reader: Reader) -> KnownBoard | None:
    """The board that radio.board names; None, and the reader holds why, where there is none that can be used."""
    if name is None:
        return None
    try:
        board = known_board(name, DIRECTORIES)
    except ConfigError as error:
        for problem in error.problems:
            reader.note(Problem(f"radio.board: {error.source}: {problem.path}", problem.found, problem.allowed))
        return None
    if board is None:
        nearest = nearest_boards(name, DIRECTORIES)
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else "candelabre board list shows them all"
        reader.refuse("radio.board", name, f"must be a board of the catalogue; {hint}")
        return None
    if not board.supported:
        allowed = f"must be a board with SX1250 radios: this one has {board.radios}, which are not supported yet"
        reader.refuse("radio.board", name, allowed)
        return None
    return board


def _files(directories: tuple[Path, ...]) -> dict[str, Path]:
    """The file of each board; that of an earlier directory stands for those of the same name in later ones."""
    found: dict[str, Path] = {}
    for directory in directories:
        for path in sorted(directory.glob(f"*{SUFFIX}")):
            found.setdefault(path.stem, path)
    return found


def _check(content: BoardFile, reader: Reader) -> None:
    if not content.sources and not reader.failed_at("sources"):
        reader.refuse("sources", [], "must name at least one document or file that the facts are from")
    if content.reset_pin is not None and content.reset_pin == content.power_pin:
        reader.refuse("power_pin", content.power_pin, "must be another line than reset_pin")
    for number, calibration in enumerate(content.calibration):
        if calibration is not None:
            _check_gains(f"calibration[{number}].tx_gain_table", calibration, reader)


def _check_gains(path: str, calibration: CalibrationSection, reader: Reader) -> None:
    """More power must come of a higher setting: a slip here would emit more than the law allows."""
    lines = [line for line in calibration.tx_gain_table if line]
    for number, (less, more) in enumerate(itertools.pairwise(lines), start=1):
        rises = (more.pa_gain, more.pwr_idx) > (less.pa_gain, less.pwr_idx) and more.rf_power_dbm > less.rf_power_dbm
        if not rises:
            reader.refuse(f"{path}[{number}]", more.rf_power_dbm, "must be more power at a higher setting than before")


def _board(name: str, content: BoardFile) -> KnownBoard:
    return KnownBoard(
        name=name,
        title=content.title,
        maker=content.maker,
        chips=content.chips,
        radios=content.radios,
        sources=content.sources,
        recognise_en=content.recognise_en,
        recognise_fr=content.recognise_fr,
        bus=content.bus,
        speed_hz=content.speed_hz,
        reset_pin=content.reset_pin,
        power_pin=content.power_pin,
        power_active_low=content.power_active_low,
        other_lines=tuple(OtherLine(line.name, line.pin) for line in content.other_line if line),
        clock_source=content.clock_source,
        full_duplex=content.full_duplex,
        temperature_sensor=content.temperature_sensor,
        gnss_port=content.gnss_port,
        gnss_ublox=content.gnss_ublox,
        calibrations=tuple(_calibration(found) for found in content.calibration if found),
        not_sourced=content.not_sourced,
    )


def _calibration(section: CalibrationSection) -> BoardCalibration:
    drift = section.rssi_temperature
    return BoardCalibration(
        regions=tuple(region for region in section.regions if region),
        rssi_offset_db=section.rssi_offset_db,
        rssi_temperature=TemperatureCompensation(drift.a, drift.b, drift.c, drift.d, drift.e),
        single_input=section.single_input,
        tx_gain_table=tuple(
            TxGain(line.rf_power_dbm, line.pa_gain, line.pwr_idx) for line in section.tx_gain_table if line
        ),
        source=section.source,
    )
