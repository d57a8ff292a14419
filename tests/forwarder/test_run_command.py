"""Programs that are run for a server."""

import asyncio
import time
from pathlib import Path

import pytest

from forwarder.run_command import MOST_OUTPUT_BYTES, CommandResult, run_command
from tests.gateway.broker.scene import PATIENCE_S


def result(*argv: str, stdin: bytes = b"", timeout_s: float = 30.0) -> CommandResult:
    return asyncio.run(run_command(argv, stdin, timeout_s))


def test_it_is_given_what_it_reads_and_what_it_writes_is_kept() -> None:
    assert result("/bin/sh", "-c", "cat; echo no >&2", stdin=b"yes") == CommandResult(b"yes", b"no\n")


def test_its_arguments_are_its_own_and_no_shell_sees_them() -> None:
    assert result("/bin/echo", "$HOME; exit 1").stdout == b"$HOME; exit 1\n"


def test_another_exit_status_than_0_is_an_error() -> None:
    assert result("/bin/sh", "-c", "exit 3").error == "exit status 3"


def test_a_program_that_is_not_there_is_an_error() -> None:
    assert result("/nowhere/program").error == "/nowhere/program: No such file or directory"


def test_it_is_killed_with_all_that_it_started_when_its_time_is_over(tmp_path: Path) -> None:
    started = tmp_path / "started"
    script = f"sleep 1000 & echo $! > {started}; wait"
    assert result("/bin/sh", "-c", script, timeout_s=1.0).error == "it was killed after 1 s"
    child = Path(f"/proc/{int(started.read_text())}/status")
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_gone(child) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert is_gone(child)


def is_gone(status: Path) -> bool:
    """Whether a process is no more, or waits for nobody but the system's first process to notice."""
    try:
        return "State:\tZ" in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_of_much_output_the_beginning_is_kept_and_it_ends_all_the_same() -> None:
    long = result("/bin/sh", "-c", f"head -c {4 * MOST_OUTPUT_BYTES} /dev/zero")
    assert (len(long.stdout), long.error) == (MOST_OUTPUT_BYTES, "")


def test_what_it_does_not_read_is_no_error() -> None:
    assert result("/bin/true", stdin=bytes(1_000_000)) == CommandResult()


def test_it_sees_nothing_of_the_daemons_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials")
    assert b"CREDENTIALS" not in result("/usr/bin/env").stdout
