"""`candelabre board`: the catalogue on the screen, and detection with its exit status."""

import json
from pathlib import Path

import pytest

from gateway.boards.alone import Bench
from gateway.cli import board_detect
from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from gateway.state_lock import LOCK_NAME, locked
from tests.gateway.boards.pi import DEVICE, Pi
from tests.gateway.permissions import open_directory, without_rights


def fit(pi: Pi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the computer in the place of this one; its SPI devices are no files, so that nobody has them open."""
    monkeypatch.setattr(board_detect, "this_computer", lambda: Bench(pi.devices, pi.open_bus, pi.gpio))
    monkeypatch.setattr("radio.reset.LINE_S", 0.0)


def detect(*arguments: str | Path) -> ExitStatus:
    return main(["board", "detect", *map(str, arguments)])


def test_the_list_names_each_board(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "list", "--language", "en"]) is ExitStatus.OK
    assert "rak2287                 RAK2287 on RAK's Pi HAT\n" in capsys.readouterr().out


def test_the_list_is_there_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "list", "--json"]) is ExitStatus.OK
    listed = {board["name"]: board for board in json.loads(capsys.readouterr().out)}
    assert (listed["dragino-pg1302"]["reset_pin"], listed["dragino-pg1302"]["power_pin"]) == (23, 27)


def test_one_board_is_shown_with_its_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "show", "seeed-wm1302", "--language", "fr"]) is ExitStatus.OK
    shown = capsys.readouterr().out
    assert "ligne d'alimentation    18\n" in shown
    assert "wiki-documents" in shown


def test_one_board_is_there_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "show", "rak5146", "--json"]) is ExitStatus.OK
    assert json.loads(capsys.readouterr().out)["chips"] == ["SX1303"]


def test_an_unknown_board_gives_the_nearest_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "show", "rak2278", "--language", "en"]) is ExitStatus.CONFIGURATION
    assert "Did you mean rak2287" in capsys.readouterr().err


def test_detection_says_line_by_line_what_it_did_and_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(Pi(17, 18), monkeypatch)
    assert detect("--state-dir", tmp_path, "--language", "en") is ExitStatus.OK
    assert capsys.readouterr().out == (
        "/dev/spidev0.0\n"
        "  no line driven             no answer (0x00)\n"
        "  reset 23                   no answer (0x00)\n"
        "  reset 17                   no answer (0x00)\n"
        "  reset 22                   no answer (0x00)\n"
        "  reset 23, power 18         no answer (0x00)\n"
        "  reset 17, power 18         a chip answers (0x10), and this line resets it\n"
        "/dev/spidev0.1\n"
        "  no line driven             no answer (0xFF)\n"
        "\n"
        "Found: SX1302, EUI 0016C001FF10A235, on /dev/spidev0.0, reset line 17, power\n"
        "line 18.\n"
        "\n"
        "These boards fit. Compare with yours, and write its line in gateway.toml, under\n"
        "[radio]:\n"
        '  board = "elecrow-lr1302"          Elecrow LR1302 on its Pi HAT (SPI)\n'
        "      The card is marked LR1302.\n"
        '  board = "seeed-wm1302"            Seeed WM1302 on its Pi HAT (SPI)\n'
        "      The card is marked WM1302; it must be the SPI version, the USB version has\n"
        "      a USB socket of its own.\n"
    )


def test_detection_is_there_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(Pi(23, 27), monkeypatch)
    assert detect("--state-dir", tmp_path, "--json") is ExitStatus.OK
    document = json.loads(capsys.readouterr().out)
    assert document["found"][0]["boards"] == ["dragino-pg1302"]
    assert document["trials"][0] | {"device": DEVICE, "outcome": "silent", "version": 0} == document["trials"][0]


def test_a_board_that_does_not_answer_has_its_own_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(Pi(6), monkeypatch)
    assert detect("--state-dir", tmp_path, "--language", "fr") is ExitStatus.RADIO
    assert "Aucune puce SX1302 ou SX1303 ne répond." in capsys.readouterr().out


def test_without_spi_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pi = Pi(17)
    pi.devices = ()
    fit(pi, monkeypatch)
    assert detect("--state-dir", tmp_path, "--language", "en") is ExitStatus.CONFIGURATION
    assert "raspi-config" in capsys.readouterr().err


def test_while_a_gateway_is_at_work_nothing_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pi = Pi(17)
    fit(pi, monkeypatch)
    with locked(tmp_path):
        assert detect("--state-dir", tmp_path, "--language", "en") is ExitStatus.CONFIGURATION
    assert "A gateway is at work" in capsys.readouterr().err
    assert pi.module.done == []


def test_while_another_program_has_the_device_nothing_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pi = Pi(17)
    fit(pi, monkeypatch)
    process = tmp_path / "proc" / "4000000" / "fd"
    process.mkdir(parents=True)
    (process / "3").symlink_to(DEVICE)
    (process.parent / "comm").write_text("lora_pkt_fwd\n")
    monkeypatch.setattr("gateway.boards.occupied.PROCESSES", tmp_path / "proc")
    assert detect("--state-dir", tmp_path, "--language", "en") is ExitStatus.CONFIGURATION
    assert "in use by lora_pkt_fwd (process 4000000)" in capsys.readouterr().err
    assert pi.module.done == []


def test_where_it_cannot_be_seen_whether_a_gateway_is_at_work_nothing_is_touched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pi = Pi(17)
    fit(pi, monkeypatch)
    with open_directory() as directory:
        (directory / LOCK_NAME).touch(mode=0o000)
        with without_rights():
            assert detect("--state-dir", directory, "--language", "en") is ExitStatus.CONFIGURATION
    assert "Run this with sudo" in capsys.readouterr().err
    assert pi.module.done == []


def test_nothing_is_made_in_a_state_directory_of_another_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(Pi(17), monkeypatch)
    detect("--state-dir", tmp_path / "none")
    detect("--state-dir", tmp_path)
    assert list(tmp_path.iterdir()) == []
