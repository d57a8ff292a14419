"""`candelabre status`, as a command, with a gateway in another process."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.console.gateways import LivingGateway, living_gateway
from tests.gateway.console.terminal import ROOT, terminal


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingGateway]:
    with living_gateway(tmp_path_factory.mktemp("gateway")) as living:
        yield living


def status(config: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", "status", "--config", str(config), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "80"} | environment,
    )


def test_one_screen_in_the_readers_language(gateway: LivingGateway) -> None:
    french = status(gateway.config, LC_ALL="fr_FR.UTF-8", PYTHONUTF8="1").stdout
    english = status(gateway.config).stdout
    assert french.startswith("Candélabre · lampadaire-12 · ")
    assert "Radio      SX1302 à l'écoute" in french
    assert "Radio      SX1302 listening" in english
    for text in (french, english):
        assert len(text.splitlines()) <= 23
        assert max(map(len, text.splitlines())) <= 80
        assert "metropole" in text
        assert "\x1b" not in text


def test_the_language_can_be_chosen(gateway: LivingGateway) -> None:
    assert "Trafic" in status(gateway.config, "--language", "fr", PYTHONUTF8="1").stdout


def test_json_holds_the_verdict_each_trouble_and_the_snapshot(gateway: LivingGateway) -> None:
    done = status(gateway.config, "--json")
    told = json.loads(done.stdout)
    assert told["running"] is True
    assert {trouble["kind"] for trouble in told["troubles"]} >= {"clock"} or told["gateway"]["clock"]["synchronised"]
    assert told["gateway"]["name"] == "lampadaire-12"
    assert told["gateway"]["radio"]["state"] == "working"
    assert told["gateway"]["policy"]["depositors"] == {"metropole": "metropole", "syndicat-eaux": "syndicat-eaux"}
    assert done.returncode == (6 if any(each["level"] == "error" for each in told["troubles"]) else 0)


def test_warnings_alone_are_no_failure(gateway: LivingGateway) -> None:
    done = status(gateway.config)
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""


def test_on_a_terminal_there_are_colours_unless_nobody_wants_them(gateway: LivingGateway) -> None:
    with terminal("status", "--config", gateway.config) as coloured:
        coloured.ended()
        assert "\x1b[1mRadio" in coloured.output
    with terminal("status", "--config", gateway.config, NO_COLOR="1") as plain:
        plain.ended()
        assert "\x1b" not in plain.output


def test_no_gateway_has_an_exit_status_of_its_own(tmp_path: Path, gateway: LivingGateway) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(gateway.config.read_text().replace(str(gateway.directory), str(tmp_path)))
    done = status(config)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("No gateway answers at")
    assert max(map(len, done.stderr.splitlines())) <= 80 or str(tmp_path) in done.stderr
    told = json.loads(status(config, "--json").stdout)
    assert (told["running"], told["gateway"]) == (False, None)


def test_a_configuration_with_mistakes_is_told(tmp_path: Path) -> None:
    done = status(tmp_path / "absent.toml")
    assert done.returncode == 2
    assert "absent.toml" in done.stderr


def test_a_gateway_that_is_stuck_is_told(gateway: LivingGateway, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(gateway.config.read_text().replace(str(gateway.directory), str(tmp_path)))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "console.sock"))
        server.listen()
        done = status(config, "--language", "fr", PYTHONUTF8="1")
    assert done.returncode == 2
    assert "bloquée" in done.stderr
