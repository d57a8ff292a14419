"""`candelabre doctor`: what it prints, in which language, and how it ends."""

import json
from pathlib import Path

import pytest

from tests.gateway.doctor.server_scenes import closed_udp_port
from tests.gateway.doctor.test_examining import written
from tests.gateway.test_cli import candelabre

FAULT_FOUND = 6


def test_a_fault_ends_with_a_status_of_its_own(tmp_path: Path) -> None:
    done = candelabre("doctor", "--config", tmp_path / "none.toml", "--language", "en")
    assert done.returncode == FAULT_FOUND
    last = done.stdout.splitlines()[-1]
    assert last.startswith("TO MEND: ")
    assert last.endswith("Begin with: Configuration.")


def test_the_locale_chooses_the_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert "À RÉPARER" in candelabre("doctor", "--config", tmp_path / "none.toml").stdout


def test_what_the_parts_log_is_not_on_the_screen(tmp_path: Path) -> None:
    done = candelabre("doctor", "--config", written(tmp_path), "--listen", "0", "--language", "en")
    assert done.stderr == ""
    assert done.stdout.splitlines()[0].startswith("Gateway tour-perret (0016C001FF10A235), ")


def test_json_says_the_same_for_programs(tmp_path: Path) -> None:
    with closed_udp_port() as port:
        path = written(tmp_path, port)
        done = candelabre("doctor", "--config", path, "--listen", "0", "--json", "--language", "fr")
    said = json.loads(done.stdout)
    assert said["schema"] == 1
    assert set(said) == {
        *("schema", "at", "duration_s", "language", "gateway_eui", "gateway_name"),
        *("service_runs", "verdict", "says", "results"),
    }
    (chip,) = (result for result in said["results"] if result["check"] == "chip")
    assert chip == {
        "check": "chip",
        "subject": "",
        "grade": "pass",
        "fault": None,
        "reason": None,
        "facts": {"model": "SX1302", "version": "0x10", "eui": "0016C001FF10A235"},
        "title": "Puce",
        "says": "SX1302, version 0x10, EUI 0016C001FF10A235",
        "cause": "",
        "gesture": "",
        "command": "",
    }
    # Nobody listens on the server's port.
    assert (said["verdict"], done.returncode) == ("fail", FAULT_FOUND)


@pytest.mark.parametrize("seconds", ["-1", "nan", "3601", "long"])
def test_listening_has_its_bounds(seconds: str, tmp_path: Path) -> None:
    done = candelabre("doctor", "--config", tmp_path / "none.toml", f"--listen={seconds}")
    assert done.returncode == 2
    assert "must be seconds from 0 to 3600" in done.stderr
