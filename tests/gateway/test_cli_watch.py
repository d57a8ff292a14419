"""`candelabre watch`, on a real terminal and elsewhere, with a gateway in another process."""

import os
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.survey.csv_file import read_csv
from gateway.terminal import FORMER_SCREEN, HIDE_CURSOR, OTHER_SCREEN, SHOW_CURSOR
from tests.gateway.console.gateways import LivingGateway, living_gateway
from tests.gateway.console.terminal import ROOT, Terminal, terminal

every_ending = pytest.mark.parametrize("ending", ["q", "Ctrl-C", "SIGTERM"])


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingGateway]:
    with living_gateway(tmp_path_factory.mktemp("gateway")) as living:
        yield living


def shows(watching: Terminal, *parts: str) -> bool:
    """Whether each of these is on some line of the screen."""
    return all(any(part in line for line in watching.screen) for part in parts)


def end(watching: Terminal, ending: str) -> None:
    if ending == "SIGTERM":
        watching.process.send_signal(signal.SIGTERM)
    else:
        watching.type({"q": "q", "Ctrl-C": "\x03"}[ending])


def test_every_section_is_on_a_terminal_of_80_by_24(gateway: LivingGateway) -> None:
    with terminal("watch", "--config", gateway.config, "--language", "fr") as watching:
        watching.until(
            lambda: shows(watching, "✓ admis", "✓ émis", "Canaux", "Descendants", "● metropole", "Incidents", "▮")
        )
        assert len(watching.screen) <= 24
        assert max(map(len, watching.screen)) <= 80


@every_ending
def test_the_terminal_is_left_as_it_was(gateway: LivingGateway, ending: str) -> None:
    with terminal("watch", "--config", gateway.config) as watching:
        watching.until(lambda: shows(watching, "Packets"))
        assert not watching.is_as_before
        end(watching, ending)
        assert watching.ended() == 0
        assert watching.is_as_before
        assert watching.output.startswith(OTHER_SCREEN + HIDE_CURSOR)
        assert watching.output.endswith(SHOW_CURSOR + FORMER_SCREEN)


def test_no_key_leaves_the_terminal_without_its_cursor(gateway: LivingGateway) -> None:
    with terminal("watch", "--config", gateway.config) as watching:
        watching.until(lambda: shows(watching, "Packets"))
        # Ctrl-Z is looked up: a process without a shell above it is never suspended.
        assert watching.key(termios.VSUSP) == b"\0"
        watching.type("\x1cq")
        assert watching.ended() == 0
        assert watching.is_as_before
        assert watching.output.endswith(SHOW_CURSOR + FORMER_SCREEN)


def test_another_size_is_another_drawing(gateway: LivingGateway) -> None:
    with terminal("watch", "--config", gateway.config) as watching:
        watching.until(lambda: shows(watching, "Incidents"))
        watching.resize(40, 10)
        watching.until(lambda: 0 < len(watching.screen) <= 10)
        assert max(map(len, watching.screen)) <= 40
        watching.resize(132, 50)
        watching.until(lambda: len(watching.screen) == 50)


def test_a_gateway_that_restarts_is_waited_for_and_that_is_said(tmp_path: Path) -> None:
    with (
        living_gateway(tmp_path) as own,
        terminal("watch", "--config", own.config) as watching,
    ):
        watching.until(lambda: shows(watching, "Packets"))
        own.stop()
        watching.until(lambda: shows(watching, "The gateway does not answer"))
        own.start()
        watching.until(lambda: not shows(watching, "The gateway does not answer"))
        watching.type("q")
        assert watching.ended() == 0


@pytest.mark.parametrize("name", ["dumb", ""])
def test_a_terminal_that_cannot_be_drawn_over_gets_plain_lines(gateway: LivingGateway, name: str) -> None:
    with terminal("watch", "--config", gateway.config, TERM=name) as watching:
        watching.until(lambda: "↑ " in watching.output)
        assert "\x1b" not in watching.output
        watching.type("\x03")
        assert watching.ended() == 0


def elsewhere(gateway: LivingGateway, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", "watch", "--config", str(gateway.config), *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )


def test_elsewhere_there_is_a_line_for_each_thing(gateway: LivingGateway) -> None:
    with elsewhere(gateway) as watching:
        assert watching.stdout is not None
        lines = [watching.stdout.readline() for _ in range(8)]
        watching.send_signal(signal.SIGINT)
        assert watching.wait(60) == 0
    assert lines[0].split()[:3] == ["time", "device", "depositor"]
    assert {line[0] for line in lines[1:]} <= set("↑↓*")
    assert any(line.startswith("↑") for line in lines)
    assert any(line.startswith("*") for line in lines)


def test_a_reader_that_has_gone_is_no_traceback(gateway: LivingGateway) -> None:
    with elsewhere(gateway) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        watching.stdout.close()
        assert watching.wait(60) == 4
        assert watching.stderr.read() == ""


def test_without_a_gateway_it_says_so_and_leaves_the_terminal_alone(gateway: LivingGateway, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(gateway.config.read_text().replace(str(gateway.directory), str(tmp_path)))
    with terminal("watch", "--config", config) as watching:
        assert watching.ended() == 5
        assert "No gateway answers" in watching.output
        assert "\x1b" not in watching.output


class TestSurvey:
    """`--survey`: on the screen, and in a file."""

    def test_it_ends_when_its_time_is_over_and_is_saved(self, gateway: LivingGateway, tmp_path: Path) -> None:
        path = tmp_path / "survey.csv"
        options = ("--survey", "--minutes", "0.1", "--csv", path, "--language", "fr")
        with terminal("watch", "--config", gateway.config, *options) as surveying:
            surveying.until(lambda: shows(surveying, "Relevé de réception", "marge dB"))
            assert surveying.ended() == 0
            assert surveying.is_as_before
            # What it came to stays on the terminal.
            assert "Relevé enregistré dans" in surveying.output.split(FORMER_SCREEN)[-1]
        result = read_csv(path)
        assert result.duration_s == 6.0
        assert result.packets > 0
        assert result.devices

    @every_ending
    def test_what_was_heard_is_saved_however_it_ends(self, gateway: LivingGateway, tmp_path: Path, ending: str) -> None:
        path = tmp_path / "survey.csv"
        with terminal("watch", "--config", gateway.config, "--survey", "--csv", path) as surveying:
            surveying.until(lambda: shows(surveying, "metropole"))
            end(surveying, ending)
            assert surveying.ended() == 0
        assert read_csv(path).devices

    def test_a_connection_that_is_lost_costs_no_survey(self, gateway: LivingGateway, tmp_path: Path) -> None:
        path = tmp_path / "survey.csv"
        with terminal("watch", "--config", gateway.config, "--survey", "--csv", path) as surveying:
            surveying.until(lambda: shows(surveying, "metropole"))
            surveying.hang_up()
            surveying.process.wait(60)
        assert read_csv(path).devices

    def test_one_device_may_be_chosen(self, gateway: LivingGateway, tmp_path: Path) -> None:
        path = tmp_path / "survey.csv"
        with elsewhere(gateway, "--survey", "--device", "0000000f", "--minutes", "0.02", "--csv", str(path)) as done:
            assert done.wait(60) == 0
        assert read_csv(path).devices == ()

    def test_a_file_that_cannot_be_written_is_told_before_it_begins(
        self, gateway: LivingGateway, tmp_path: Path
    ) -> None:
        path = tmp_path / "file" / "survey.csv"
        path.parent.write_text("no directory")
        with elsewhere(gateway, "--survey", "--minutes", "0.02", "--csv", str(path)) as done:
            survey, told = done.communicate(timeout=60)
            assert done.returncode == 4
        assert told.startswith("The survey cannot be saved to")
        assert survey == ""

    @pytest.mark.parametrize(
        "options",
        [
            ["--minutes", "5"],
            ["--survey", "--minutes", "0"],
            ["--survey", "--minutes", "nan"],
            ["--survey", "--device", "26"],
            ["--csv", "file"],
        ],
    )
    def test_options_that_make_no_sense_are_refused(self, gateway: LivingGateway, options: list[str]) -> None:
        with elsewhere(gateway, *options) as done:
            assert done.wait(60) == 2
            assert done.stderr is not None
            assert done.stderr.read()
