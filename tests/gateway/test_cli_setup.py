"""`candelabre setup` as people and fleets start it: real processes, a real terminal, a network server on loopback."""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forwarder.semtech_udp.messages import GatewayKind, ServerKind, decode_gateway_datagram, encode_server_datagram
from gateway.config import load_config
from gateway.exit_status import ExitStatus
from gateway.state_lock import locked
from radio.simulator.concentrator import DEFAULT_EUI

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "gateway.cli.main"]
PATIENCE_S = 60
INTERRUPTED = 128 + signal.SIGINT


class NetworkServer:
    """Answers PULL_DATA, and remembers whose it was."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE_S)
        self.port = self._socket.getsockname()[1]
        self.gateways: list[int] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                data, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            datagram = decode_gateway_datagram(data)
            self.gateways.append(datagram.gateway_eui)
            if datagram.kind is GatewayKind.PULL_DATA:
                self._socket.sendto(encode_server_datagram(ServerKind.PULL_ACK, datagram.token), sender)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server() -> Iterator[NetworkServer]:
    made = NetworkServer()
    yield made
    made.close()


def answers(tmp_path: Path, port: int, *more: str) -> Path:
    path = tmp_path / "answers.toml"
    path.write_text(
        "\n".join(
            [
                'board = "simulator"',
                'region_plan = "EU868"',
                f'state_dir = "{tmp_path / "state"}"',
                *more,
                "[server]",
                'host = "127.0.0.1"',
                f"port = {port}",
            ]
        )
    )
    return path


def setup(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "setup", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
    )


def test_a_fleet_s_gateway_is_set_up_without_questions(tmp_path: Path, server: NetworkServer) -> None:
    path = tmp_path / "gateway.toml"
    ran = setup("--answers", answers(tmp_path, server.port), "--config", path, "--eui-from-chip", "--language", "en")
    assert (ran.returncode, ran.stderr) == (ExitStatus.OK, "")
    assert f"The chip answers: SX1302, EUI {DEFAULT_EUI:016X}." in ran.stdout
    assert "127.0.0.1 answers in" in ran.stdout
    assert f"EUI           {DEFAULT_EUI:016X}" in ran.stdout
    assert server.gateways == [DEFAULT_EUI]
    assert load_config(path).servers[0].host == "127.0.0.1"


def test_what_was_written_passes_config_check(tmp_path: Path, server: NetworkServer) -> None:
    path = tmp_path / "gateway.toml"
    setup("--answers", answers(tmp_path, server.port), "--config", path)
    checked = subprocess.run(
        [*COMMAND, "config", "check", str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_server_that_does_not_answer_has_its_own_status_and_the_file_stays(
    tmp_path: Path, server: NetworkServer
) -> None:
    path = tmp_path / "gateway.toml"
    server.close()
    ran = setup("--answers", answers(tmp_path, server.port), "--config", path, "--language", "fr")
    assert ran.returncode == ExitStatus.FAULT_FOUND
    assert "À faire" in ran.stdout
    assert "  EU868, main : 127.0.0.1\n" in ran.stdout
    assert load_config(path).radio.region_plan == "EU868"


def test_without_a_test_no_server_is_spoken_to(tmp_path: Path, server: NetworkServer) -> None:
    ran = setup("--answers", answers(tmp_path, server.port), "--config", tmp_path / "gateway.toml", "--no-test")
    assert ran.returncode == ExitStatus.OK
    assert server.gateways == []


def test_every_mistake_in_the_answers_is_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    ran = setup("--answers", answers(tmp_path, 99999, 'eui = "12"', "colour = 1"), "--config", path)
    assert ran.returncode == ExitStatus.CONFIGURATION
    for mistake in ("3 mistakes", "colour = 1: unknown key", 'eui = "12": must be 16', "server.port = 99999"):
        assert mistake in ran.stderr
    assert not path.exists()


def test_an_answers_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    ran = setup("--answers", tmp_path / "none.toml", "--config", tmp_path / "gateway.toml")
    assert ran.returncode == ExitStatus.CONFIGURATION
    assert "there is no such file" in ran.stderr


def test_a_file_that_is_there_stays_unless_forced(tmp_path: Path, server: NetworkServer) -> None:
    path, given = tmp_path / "gateway.toml", answers(tmp_path, server.port)
    path.write_text("former\n")
    ran = setup("--answers", given, "--config", path, "--language", "en")
    assert (ran.returncode, path.read_text()) == (ExitStatus.CONFIGURATION, "former\n")
    assert "--force" in ran.stderr
    assert setup("--answers", given, "--config", path, "--force").returncode == ExitStatus.OK
    assert path.read_text() != "former\n"
    assert [kept.read_text() for kept in tmp_path.glob("gateway.toml.*")] == ["former\n"]


def test_without_a_board_that_answers_nothing_is_written_where_its_eui_is_wanted(tmp_path: Path) -> None:
    given = answers(tmp_path, 1700)
    given.write_text(given.read_text().replace('"simulator"', '"rak2287"'))
    ran = setup("--answers", given, "--config", tmp_path / "gateway.toml", "--eui-from-chip", "--language", "en")
    assert ran.returncode == ExitStatus.RADIO
    assert "The chip does not answer" in ran.stderr
    assert not ran.stderr.rstrip().endswith(":"), "a gesture without its command"
    assert not (tmp_path / "gateway.toml").exists()


def test_while_a_gateway_is_at_work_its_server_is_left_alone(tmp_path: Path, server: NetworkServer) -> None:
    given = answers(tmp_path, server.port)
    with locked(tmp_path / "state"):
        ran = setup("--answers", given, "--config", tmp_path / "gateway.toml", "--language", "en")
    assert ran.returncode == ExitStatus.OK
    assert "The connection is not tested" in ran.stdout
    assert server.gateways == []


@pytest.mark.parametrize(("place", "reason"), [("file/gateway.toml", "Not a directory"), (".", "Is a directory")])
def test_a_place_that_cannot_be_written_is_told_before_the_chip_is_asked(
    tmp_path: Path, server: NetworkServer, place: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    ran = setup(
        "--answers", answers(tmp_path, server.port), "--config", tmp_path / place, "--language", "en", "--force"
    )
    assert (ran.returncode, ran.stdout) == (ExitStatus.CONFIGURATION, "")
    assert reason in ran.stderr
    assert "sudo" not in ran.stderr


def test_a_device_is_never_replaced(tmp_path: Path, server: NetworkServer) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ran = setup("--answers", answers(tmp_path, server.port), "--config", pipe, "--force", "--language", "en")
    assert ran.returncode == ExitStatus.CONFIGURATION
    assert "it is no regular file" in ran.stderr
    assert pipe.is_fifo()


def test_answers_without_end_are_refused(tmp_path: Path) -> None:
    ran = setup("--answers", "/dev/zero", "--config", tmp_path / "gateway.toml")
    assert ran.returncode == ExitStatus.CONFIGURATION
    assert "not a regular file" in ran.stderr


def test_without_a_terminal_nobody_is_asked(tmp_path: Path) -> None:
    ran = setup("--config", tmp_path / "gateway.toml", "--language", "fr")
    assert ran.returncode == ExitStatus.CONFIGURATION
    assert "--answers FICHIER" in ran.stderr


@contextmanager
def at_a_terminal(*arguments: str | Path) -> Iterator[tuple[int, int]]:
    """The command on a terminal of its own: its process, and the terminal's other end."""
    process, end = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [*COMMAND, "setup", *map(str, arguments)])
    watchdog = threading.Timer(PATIENCE_S, os.kill, (process, signal.SIGKILL))
    watchdog.start()
    try:
        yield process, end
    finally:
        watchdog.cancel()
        os.close(end)


def read_until(end: int, text: str) -> str:
    screen, deadline_s = "", time.monotonic() + PATIENCE_S
    while text not in screen and time.monotonic() < deadline_s:
        if select.select([end], [], [], 1)[0]:
            try:
                screen += os.read(end, 4096).decode(errors="replace")
            except OSError:
                break
    assert text in screen, screen
    return screen


@pytest.mark.parametrize("answered", [[], ["simulator", "EU868"]])
def test_ctrl_c_writes_nothing_and_says_so(tmp_path: Path, answered: list[str]) -> None:
    path = tmp_path / "gateway.toml"
    with at_a_terminal("--config", path, "--language", "en") as (process, end):
        read_until(end, "Board:")
        for line in answered:
            os.write(end, f"{line}\n".encode())
            read_until(end, "]: ")
        os.write(end, b"\x03")
        read_until(end, "Nothing is written.")
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == INTERRUPTED
    assert list(tmp_path.iterdir()) == []


def test_a_technician_s_answers_make_a_gateway(tmp_path: Path, server: NetworkServer) -> None:
    path = tmp_path / "gateway.toml"
    with at_a_terminal("--config", path, "--language", "en", "--no-test") as (process, end):
        for question, line in (
            ("Board:", "simulator"),
            ("[EU868]", ""),
            ("number [1]", ""),
            ("address:", "127.0.0.1"),
            ("[1700]", str(server.port)),
            ("for people", "tour-perret"),
            ("chip's own]", ""),
            ("[y]", "y"),
        ):
            read_until(end, question)
            os.write(end, f"{line}\n".encode())
        read_until(end, "candelabre doctor")
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == ExitStatus.OK
    assert load_config(path).gateway.name == "tour-perret"
