"""`candelabre config check`: what is right, what is wrong, and what is perhaps not meant."""

from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.exit_status import ExitStatus

Capture = pytest.CaptureFixture[str]
SERVERS = """
[radio]
region_plan = "EU868"
[[server]]
name = "city"
host = "lns.hauterive.example"
[[server]]
name = "spare"
host = "spare.hauterive.example"
"""
ROUTE = """
[[route]]
name = "all"
servers = ["city"]
"""


def check(directory: Path, content: str) -> ExitStatus:
    path = directory / "gateway.toml"
    path.write_text(content)
    return main(["config", "check", str(path)])


def test_a_correct_file_is_summed_up_without_a_word_of_caution(tmp_path: Path, capsys: Capture) -> None:
    assert check(tmp_path, SERVERS) is ExitStatus.OK
    said = capsys.readouterr()
    assert said.out.endswith(
        "correct. Listens to 8 multi-SF channels, LoRa single-SF, FSK; "
        "forwards to city (lns.hauterive.example), spare (spare.hauterive.example).\n"
    )
    assert said.err == ""


def test_what_is_perhaps_not_meant_is_told_and_is_no_mistake(tmp_path: Path, capsys: Capture) -> None:
    assert check(tmp_path, SERVERS + ROUTE) is ExitStatus.OK
    said = capsys.readouterr()
    assert "correct." in said.out
    assert 'caution: server "spare" is in no route and gets nothing' in said.err


def test_mistakes_are_told_alone(tmp_path: Path, capsys: Capture) -> None:
    assert check(tmp_path, SERVERS.replace("EU868", "EU869") + ROUTE) is ExitStatus.CONFIGURATION
    said = capsys.readouterr()
    assert 'radio.region_plan = "EU869"' in said.err
    assert "caution" not in said.err
    assert said.out == ""
