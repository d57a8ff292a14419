"""The catalogue as it is shipped, and what is told of a file with mistakes."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.channel_plans import REGION_PLANS
from gateway.config.board_files import (
    SHIPPED_BOARDS,
    board_names,
    known_board,
    known_boards,
    load_board,
    nearest_boards,
)
from gateway.config.problems import ConfigError
from radio.boards import BoardLines, KnownBoard, calibration_for
from radio.pins import all_bus_pins
from radio.sx1302.plan import TxGain

ROOT = Path(__file__).parents[2]
CATALOGUE = known_boards((SHIPPED_BOARDS,))
EVERY_BOARD = pytest.mark.parametrize("board", list(CATALOGUE.values()), ids=list(CATALOGUE))
REGIONS = {name.partition("_")[0] for name in REGION_PLANS}
BOARD = """
title = "One of a kind"
maker = "Ours"
chips = ["SX1303"]
radios = "SX1250"
sources = ["its wiring diagram"]
recognise_en = "blue"
recognise_fr = "bleue"
"""
CALIBRATION = """
[[calibration]]
regions = ["EU868"]
source = "measured"
rssi_offset_db = -210.0
rssi_temperature = { c = 20.41, d = 2162.56 }
tx_gain_table = [
  { rf_power_dbm = 12, pa_gain = 0, pwr_idx = 15 },
  { rf_power_dbm = 14, pa_gain = 0, pwr_idx = 17 },
]
"""


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as told:
        load_board(path)
    return [str(problem) for problem in told.value.problems]


def test_the_boards_that_cities_buy_are_known() -> None:
    makers = {board.maker for board in CATALOGUE.values()}
    assert makers >= {"Semtech", "RAKwireless", "Seeed Studio", "Waveshare", "Dragino", "IMST", "Nebra (Pi Supply)"}
    assert {chip for board in CATALOGUE.values() for chip in board.chips} == {"SX1302", "SX1303"}


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("semtech-corecell-868", (23, 18)),
        ("semtech-corecell-915", (23, 18)),
        ("rak2287", (17, None)),
        ("rak5146", (17, None)),
        ("seeed-wm1302", (17, 18)),
        ("waveshare-sx1302", (23, 18)),
        ("waveshare-sx1303", (23, 18)),
        ("dragino-pg1302", (23, 27)),
        ("imst-lite-1302", (None, None)),
        ("nebra-hat", (22, None)),
        ("nebra-hotspot", (38, None)),
        ("nebra-light", (22, None)),
    ],
)
def test_lines_are_those_of_the_sources(name: str, lines: tuple[int | None, int | None]) -> None:
    assert CATALOGUE[name].lines == BoardLines(*lines)


def test_gain_tables_are_those_of_the_makers() -> None:
    """Lines picked from each source, since the same slip would be in a copy of the file."""
    picked = {
        ("semtech-corecell-868", "EU868"): TxGain(14, 0, 17),
        ("semtech-corecell-490", "CN490"): TxGain(14, 1, 9),
        ("rak2287", "EU868"): TxGain(14, 1, 6),
        ("rak5146", "US915"): TxGain(26, 1, 21),
        ("dragino-pg1302", "EU868"): TxGain(27, 1, 17),
        ("nebra-hat", "EU868"): TxGain(27, 1, 20),
        ("seeed-wm1302", "EU868"): TxGain(27, 1, 14),
    }
    for (name, region), gain in picked.items():
        calibration = calibration_for(CATALOGUE[name], region)
        assert calibration is not None
        assert gain in calibration.tx_gain_table


@EVERY_BOARD
def test_each_board_names_its_sources(board: KnownBoard) -> None:
    assert board.sources
    assert all(calibration.source for calibration in board.calibrations)


@EVERY_BOARD
def test_calibrations_are_for_regions_that_there_are_and_for_each_once(board: KnownBoard) -> None:
    regions = [region for calibration in board.calibrations for region in calibration.regions]
    assert set(regions) <= REGIONS
    assert len(set(regions)) == len(regions)


@EVERY_BOARD
def test_more_power_is_a_higher_setting(board: KnownBoard) -> None:
    for calibration in board.calibrations:
        for less, more in itertools.pairwise(calibration.tx_gain_table):
            assert more.rf_power_dbm > less.rf_power_dbm
            assert (more.pa_gain, more.pwr_idx) > (less.pa_gain, less.pwr_idx)


@EVERY_BOARD
def test_no_line_lies_on_a_pin_of_its_own_bus(board: KnownBoard) -> None:
    kept = all_bus_pins((board.bus,) if board.bus else ())
    others = {line.pin for line in board.other_lines}
    assert not {*board.lines.pins, *others} & kept.keys()
    assert len({*board.lines.pins} | others) == len(board.lines.pins) + len(board.other_lines)


def test_it_is_found_by_the_installed_program_from_anywhere(tmp_path: Path) -> None:
    code = "from gateway.config.board_files import known_boards; print(*known_boards())"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(CATALOGUE) <= set(ran.stdout.split())


def test_the_files_lie_where_a_maintainer_looks_for_them() -> None:
    assert SHIPPED_BOARDS.resolve() == (ROOT / "config" / "boards").resolve()


def test_a_maintainer_s_own_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "rak2287.toml").write_text(BOARD + "reset_pin = 5\n")
    (tmp_path / "mine.toml").write_text(BOARD)
    directories = (tmp_path, SHIPPED_BOARDS)
    assert set(board_names(directories)) == {*CATALOGUE, "mine"}
    board = known_board("rak2287", directories)
    assert board is not None
    assert (board.reset_pin, board.title) == (5, "One of a kind")


def test_a_file_may_leave_out_what_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(BOARD)
    board = load_board(path)
    assert (board.name, board.bus, board.reset_pin, board.calibrations) == ("mine", None, None, ())


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    wrong = BOARD.replace('["SX1303"]', '["SX1301"]').replace('"blue"', '""') + "reset_pin = 99\nrest_pin = 4\n"
    assert mistakes(tmp_path, wrong) == [
        "rest_pin = 4: unknown key; did you mean reset_pin?",
        'chips[0] = "SX1301": must be "SX1302" or "SX1303"',
        'recognise_en = "": must be text that is not empty',
        "reset_pin = 99: must be a BCM line number from 0 to 53",
    ]


def test_a_file_without_a_source_is_refused(tmp_path: Path) -> None:
    (told,) = mistakes(tmp_path, BOARD.replace('["its wiring diagram"]', "[]"))
    assert told == "sources = a list of 0: must name at least one document or file that the facts are from"


def test_two_functions_on_one_pin_are_refused(tmp_path: Path) -> None:
    (told,) = mistakes(tmp_path, BOARD + "reset_pin = 17\npower_pin = 17\n")
    assert told == "power_pin = 17: must be another line than reset_pin"


@pytest.mark.parametrize(
    "slip", ["rf_power_dbm = 14, pa_gain = 0, pwr_idx = 14", "rf_power_dbm = 11, pa_gain = 0, pwr_idx = 17"]
)
def test_a_gain_table_that_does_not_rise_is_refused(tmp_path: Path, slip: str) -> None:
    text = BOARD + CALIBRATION.replace("rf_power_dbm = 14, pa_gain = 0, pwr_idx = 17", slip)
    (told,) = mistakes(tmp_path, text)
    assert told.startswith("calibration[0].tx_gain_table[1] = ")
    assert told.endswith("must be more power at a higher setting than before")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml.*\n.*cannot be read: No such file"):
        load_board(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("written", "meant"), [("rak2278", "rak2287"), ("WM1302", "seeed-wm1302"), ("pg1302", "dragino-pg1302")]
)
def test_the_nearest_names_are_offered(written: str, meant: str) -> None:
    assert meant in nearest_boards(written, (SHIPPED_BOARDS,))


@EVERY_BOARD
def test_each_board_is_in_the_documentation_s_table(board: KnownBoard) -> None:
    page = (ROOT / "docs" / "boards.md").read_text()
    pins = [("-" if pin is None else str(pin)) for pin in (board.reset_pin, board.power_pin)]
    assert f"| {board.name} | {board.title}" in page
    assert f"| {', '.join(board.chips)} | {' | '.join(pins)} |" in page


def test_the_documentation_s_own_board_is_correct(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "boards.md").read_text()
    (tmp_path / "mine.toml").write_text(page.split("```toml\n")[-1].split("```")[0])
    assert load_board(tmp_path / "mine.toml").power_pin == 18
