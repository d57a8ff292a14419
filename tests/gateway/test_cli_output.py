"""Where the command's output cannot be written: a status, a word where there is room for it, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.test_cli import COMMAND, MISTAKES, PATIENCE_S, ROOT, candelabre

ANNOTATED = ROOT / "config" / "gateway.toml"
FULL = "/dev/full"
needs_a_full_device = pytest.mark.skipif(not Path(FULL).exists(), reason="no /dev/full here")
both_bufferings = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


def in_shell(redirection: str, *arguments: str | Path, unbuffered: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a shell starts it, with its output led elsewhere."""
    line = f'exec "$@" {redirection}'
    return subprocess.run(
        ["sh", "-c", line, "sh", *COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


@both_bufferings
def test_a_reader_that_has_gone_is_no_traceback(unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "config", "check", str(ANNOTATED)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (4, "")


@needs_a_full_device
@both_bufferings
def test_a_full_disk_is_told(unbuffered: str) -> None:
    done = in_shell(f">{FULL}", "config", "check", ANNOTATED, unbuffered=unbuffered)
    assert (done.returncode, done.stderr) == (4, "the output cannot be written: No space left on device\n")


@needs_a_full_device
def test_help_for_a_full_disk_is_no_traceback() -> None:
    done = in_shell(f">{FULL}", "--help")
    assert (done.returncode, done.stderr) == (4, "the output cannot be written: No space left on device\n")


@needs_a_full_device
def test_a_full_disk_for_errors_is_a_status() -> None:
    assert in_shell(f"2>{FULL}", "config", "check", "nowhere.toml").returncode == 4


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_leave_the_answer_to_the_status(tmp_path: Path, closed: str) -> None:
    wrong = tmp_path / "gateway.toml"
    wrong.write_text(MISTAKES)
    assert in_shell(closed, "config", "check", ANNOTATED).returncode == 0
    assert in_shell(closed, "config", "check", wrong).returncode == 2


def test_an_error_that_is_not_the_output_s_keeps_its_traceback() -> None:
    code = (
        "import sys; from gateway.cli import main\n"
        "def fail(arguments): raise OSError(28, 'No space left on device', '/var/lib/candelabre/x')\n"
        "main.main = fail; main.console()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 1
    assert "/var/lib/candelabre/x" in done.stderr


@pytest.mark.parametrize("datr", ["0", "9" * 400])
def test_a_recording_with_absurd_numbers_is_told_with_its_line(tmp_path: Path, datr: str) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text(f'{{"t_ms":0,"phy":"00","rx":[{{"rssi":-90,"snr":5,"freq_hz":868100000,"datr":{datr}}}]}}\n')
    done = candelabre("demo", "--replay", path)
    assert done.returncode == 2
    assert f"{path}, line 1: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_speed_without_a_replay_is_refused() -> None:
    done = candelabre("demo", "--seconds", "1", "--speed", "10")
    assert (done.returncode, done.stderr) == (2, "--speed is that of a replay: give --replay FILE too\n")


def test_a_digest_that_is_none_is_a_mistake_on_the_command_line(tmp_path: Path) -> None:
    done = candelabre("firmware", "import", tmp_path, "--allow", "AB" * 31)
    assert done.returncode == 2
    assert "64 hexadecimal digits" in done.stderr


def test_letters_that_the_terminal_has_not_are_written_as_near_as_it_has() -> None:
    done = subprocess.run(
        [*COMMAND, "board", "show", "nebra-hat", "--language", "fr"],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"peripherique SPI" in done.stdout
    assert b"Sources :" in done.stdout


def test_marks_that_a_terminal_does_not_have_stay_apart() -> None:
    program = "from gateway.cli.output import take_any_characters as take; take(); print('●◐○ ▮▯ ↑↓')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout == b"*~o #. ^v\n"
