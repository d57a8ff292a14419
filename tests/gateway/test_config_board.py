"""radio.board: what it sets, what the file sets against it, and what is told of it."""

from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.config import Config, ConfigError, board_files, parse_config
from gateway.config.board_files import SHIPPED_BOARDS, known_boards
from gateway.config.radio_board import board_cautions
from radio.boards import calibration_for
from radio.sx1302.plan import TxGain

SERVER = '[[server]]\nname = "main"\nhost = "127.0.0.1"\n'
CATALOGUE = known_boards((SHIPPED_BOARDS,))


def config(radio: str, others: str = "") -> Config:
    return parse_config(f'[radio]\nregion_plan = "EU868"\n{radio}\n{others}\n{SERVER}'.encode())


def mistakes(radio: str, others: str = "") -> list[str]:
    with pytest.raises(ConfigError) as told:
        config(radio, others)
    return [str(problem) for problem in told.value.problems]


def test_a_board_sets_its_wiring() -> None:
    radio = config('board = "dragino-pg1302"').radio
    assert (radio.bus, radio.reset_pin, radio.power_pin) == ("/dev/spidev0.0", 23, 27)
    assert (radio.temperature_sensor, radio.clock_source, radio.full_duplex) == ("off", 0, False)


def test_what_the_file_says_comes_first() -> None:
    radio = config(
        'board = "seeed-wm1302"\nbus = "/dev/spidev0.1"\nreset_pin = 5\ntemperature_sensor = "off"\nspeed_hz = 1000000'
    ).radio
    assert (radio.bus, radio.reset_pin, radio.power_pin) == ("/dev/spidev0.1", 5, 18)
    assert (radio.temperature_sensor, radio.speed_hz) == ("off", 1_000_000)


def test_a_value_that_is_written_comes_first_also_where_it_is_the_default() -> None:
    assert config('board = "rak2287"\ntemperature_sensor = "/dev/i2c-1"').radio.temperature_sensor == "/dev/i2c-1"


@pytest.mark.parametrize("name", [name for name, board in CATALOGUE.items() if board.supported])
def test_each_board_that_can_run_is_correct_as_it_stands(name: str) -> None:
    config(f'board = "{name}"')


def test_a_board_calibrates_the_chains_for_the_region() -> None:
    radios = config('board = "rak2287"').plan.radios
    measured = calibration_for(CATALOGUE["rak2287"], "EU868")
    assert measured is not None
    for radio in radios:
        assert radio is not None
        assert radio.tx_gain_table == measured.tx_gain_table
        assert (radio.rssi_offset_db, radio.single_input) == (-215.4, False)


@pytest.mark.parametrize(
    ("plan", "gain", "single_input"),
    [("US915_2", TxGain(14, 1, 8), False), ("CN470_1", TxGain(14, 1, 9), True), ("CN490", TxGain(14, 1, 9), True)],
)
def test_the_calibration_is_that_of_the_plan_s_region(plan: str, gain: TxGain, single_input: bool) -> None:
    text = f'[radio]\nregion_plan = "{plan}"\nboard = "rak2287"\n{SERVER}'
    if plan == "CN490":
        text += '[regulation]\nregion = "CN470"\n'
    radio = parse_config(text.encode()).plan.radios[0]
    assert radio is not None
    assert gain in radio.tx_gain_table
    assert radio.single_input is single_input


def test_what_a_chain_says_itself_comes_before_the_calibration() -> None:
    chain = "[[radio.chain]]\nrssi_offset_db = -200.0\nsingle_input = true\n"
    first, second = config('board = "rak2287"', chain).plan.radios[:2]
    assert first is not None
    assert (first.rssi_offset_db, first.single_input) == (-200.0, True)
    assert TxGain(14, 1, 6) in first.tx_gain_table
    assert second is not None
    assert second.rssi_offset_db == -215.4


def test_a_chain_may_deny_the_single_input_of_its_board() -> None:
    text = f'[radio]\nregion_plan = "CN470_1"\nboard = "rak2287"\n[[radio.chain]]\nsingle_input = false\n{SERVER}'
    radio = parse_config(text.encode()).plan.radios[0]
    assert radio is not None
    assert radio.single_input is False


def test_without_a_plan_the_law_s_region_counts() -> None:
    text = (
        '[radio]\nboard = "rak2287"\n[[radio.chain]]\nfreq_hz = 868500000\ntx_enabled = true\n'
        "tx_freq_min_hz = 863000000\ntx_freq_max_hz = 870000000\n[[radio.channel]]\nfreq_hz = 868100000\n"
        f'[regulation]\nregion = "EU868"\n{SERVER}'
    )
    radio = parse_config(text.encode()).plan.radios[0]
    assert radio is not None
    assert TxGain(14, 1, 6) in radio.tx_gain_table


def test_without_a_board_all_is_as_it_was() -> None:
    plain = config("reset_pin = 23")
    assert plain.board_share is None
    assert (plain.radio.reset_pin, plain.radio.power_pin, plain.radio.temperature_sensor) == (23, None, "/dev/i2c-1")


def test_an_unknown_board_gives_the_nearest_names() -> None:
    assert mistakes('board = "rak2278"') == [
        'radio.board = "rak2278": must be a board of the catalogue; did you mean rak2287?'
    ]
    (told,) = mistakes('board = "zzzzzzzzzz"')
    assert told.endswith("candelabre board list shows them all")


def test_a_board_whose_radios_are_not_supported_is_refused() -> None:
    (told,) = mistakes('board = "semtech-corecell-fd490"')
    assert "this one has SX1255, which are not supported yet" in told


def test_the_mistakes_of_a_board_s_own_file_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text("title = 4\nreset_pin = 99\n")
    monkeypatch.setattr(board_files, "DIRECTORIES", (tmp_path,))
    told = mistakes('board = "mine"')
    assert f"radio.board: {tmp_path}/mine.toml: reset_pin = 99: must be a BCM line number from 0 to 53" in told
    assert f"radio.board: {tmp_path}/mine.toml: title = 4: must be text that is not empty" in told


def test_other_mistakes_are_told_beside_an_unknown_board() -> None:
    assert len(mistakes('board = "rak2278"\nspeed_hz = 1', '[log]\nlevel = "loud"')) == 3


@pytest.mark.parametrize(
    ("radio", "others", "told"),
    [
        ("reset_pin = 9", "", "radio.reset_pin = 9: must be another line: this is the pin of SPI0 MISO, as configured"),
        ("reset_pin = 8", "", "radio.reset_pin = 8: must be another line: this is the pin of SPI0 CE0, as configured"),
        (
            "reset_pin = 23\npower_pin = 3",
            "",
            "radio.power_pin = 3: must be another line: this is the pin of I²C1 SCL, as configured",
        ),
        (
            "reset_pin = 14",
            '[gnss]\nport = "/dev/ttyAMA0"',
            "radio.reset_pin = 14: must be another line: this is the pin of UART TXD, as configured",
        ),
        (
            'bus = "/dev/spidev1.0"\nreset_pin = 18',
            "",
            "radio.reset_pin = 18: must be another line: this is the pin of SPI1 CE0, as configured",
        ),
        ("reset_pin = 17\npower_pin = 17", "", "radio.power_pin = 17: must be another line than radio.reset_pin"),
    ],
)
def test_a_pin_with_two_functions_is_refused(radio: str, others: str, told: str) -> None:
    assert mistakes(radio, others) == [told]


@pytest.mark.parametrize(
    "radio",
    [
        "reset_pin = 7",  # the second chip select, which an overlay may have given up
        'reset_pin = 2\ntemperature_sensor = "off"',
        "reset_pin = 14",
        "reset_pin = 18",
        'bus = "simulator"\nreset_pin = 9',
    ],
)
def test_a_pin_that_nothing_needs_as_configured_is_free(radio: str) -> None:
    config(radio)


def test_a_board_s_pin_collides_with_what_the_file_says() -> None:
    (told,) = mistakes('board = "seeed-wm1302"\nbus = "/dev/spidev1.0"')
    assert told.startswith("radio.power_pin = 18: must be another line: this is the pin of SPI1 CE0")


def test_a_region_without_a_calibration_is_cautioned() -> None:
    text = f'[radio]\nregion_plan = "AS923"\nboard = "dragino-pg1302"\n{SERVER}'
    plain = parse_config(text.encode())
    (caution,) = board_cautions(plain.board_share, plain.radio)
    assert "no calibration of Dragino PG1302 is known for AS923" in caution


def test_lines_that_nobody_knows_are_cautioned_until_they_are_set() -> None:
    bare, completed = config('board = "imst-lite-1302"'), config('board = "imst-lite-1302"\nreset_pin = 17')
    assert any("set radio.reset_pin" in caution for caution in board_cautions(bare.board_share, bare.radio))
    assert not any("set radio" in caution for caution in board_cautions(completed.board_share, completed.radio))


def test_config_check_shows_what_the_board_brought(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(f'[radio]\nregion_plan = "EU868"\nboard = "seeed-wm1302"\nreset_pin = 5\n{SERVER}')
    main(["config", "check", str(path)])
    told = capsys.readouterr()
    assert (
        'Seeed WM1302 on its Pi HAT (SPI) brings bus = "/dev/spidev0.0", speed_hz = 2000000, power_pin = 18, '
        'clock_source = 0, temperature_sensor = "/dev/i2c-1", the calibration for EU868. A GNSS receiver, if it '
        "carries one, talks on /dev/ttyAMA0 (ublox = false): [gnss] says so.\n"
    ) in told.out
    assert told.err == ""
