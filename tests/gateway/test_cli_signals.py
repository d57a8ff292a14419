"""SIGTERM and SIGINT whenever they come: an orderly end, with the status that is documented."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.gateway.test_cli import COMMAND, PATIENCE_S, ROOT, candelabre, started, wait_for, write_config

every_stop_signal = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
# One command's module is replaced, so that the signal comes at a known moment.
INTERRUPTED = """
import os, signal, sys, types
from gateway.cli import main
command = types.ModuleType("gateway.cli.{name}")
command.add_arguments = lambda parser: None
def execute(options):
    try:
        os.kill(os.getpid(), {number})
    finally:
        os.kill(os.getpid(), {number})
        print("cleaned up")
command.execute = execute
sys.modules["gateway.cli.{name}"] = command
sys.argv = ["candelabre", "{name}"]
main.console()
"""


def interrupted(name: str, number: int) -> subprocess.CompletedProcess[str]:
    """A command that gets a signal at its work, and another while it cleans up."""
    code = INTERRUPTED.format(name=name, number=int(number))
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


@every_stop_signal
@pytest.mark.parametrize("name", ["run", "demo", "simulator"])
def test_what_runs_until_stopped_has_then_done_its_work(name: str, number: signal.Signals) -> None:
    done = interrupted(name, number)
    assert (done.returncode, done.stdout, done.stderr) == (0, "cleaned up\n", "")


@every_stop_signal
@pytest.mark.parametrize("name", ["config", "firmware"])
def test_what_was_to_give_an_answer_has_not(name: str, number: signal.Signals) -> None:
    done = interrupted(name, number)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "cleaned up\n", "")


@every_stop_signal
def test_a_gateway_that_is_told_again_and_again_still_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with started("run", "--config", write_config(tmp_path, "simulator")) as gateway:
        wait_for(gateway, "gateway listens")
        deadline_s = time.monotonic() + PATIENCE_S
        while gateway.poll() is None and time.monotonic() < deadline_s:
            gateway.send_signal(number)
            time.sleep(0.0001)
        assert gateway.returncode == 0
        assert gateway.stderr is not None
        rest = gateway.stderr.read()
    assert "gateway stopped" in rest
    assert "Traceback" not in rest


@every_stop_signal
def test_a_simulator_that_is_told_to_stop_leaves_no_socket(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "sx1302.sock"
    with subprocess.Popen([*COMMAND, "simulator", "--socket", str(path)], cwd=ROOT, stdout=subprocess.PIPE) as chip:
        assert chip.stdout is not None
        try:
            assert chip.stdout.readline()
            assert path.is_socket()
            chip.send_signal(number)
            assert chip.wait(PATIENCE_S) == 0
        finally:
            chip.kill()
    assert not path.exists()


def test_a_simulator_does_not_take_the_socket_of_another(tmp_path: Path) -> None:
    path = tmp_path / "sx1302.sock"
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(str(path))
        live.listen()
        done = candelabre("simulator", "--socket", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"cannot serve on {path}: another process serves on this socket\n"
    assert path.is_socket()


def test_a_thread_that_hangs_with_a_chip_keeps_nobody_from_the_next_command() -> None:
    code = """
import sys, threading
from gateway.cli import main
from gateway.exit_status import ExitStatus
def hang(arguments):
    threading.Thread(target=threading.Event().wait).start()
    print("told")
    return ExitStatus.FAULT_FOUND
main.main = hang
sys.argv = ["candelabre", "doctor"]
main.console()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (6, b"told\n")
