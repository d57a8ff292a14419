"""The demonstration as a person runs it."""

import gzip
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway.exit_status import ExitStatus

ROOT = Path(__file__).parents[3]
DEMO = [sys.executable, "-m", "gateway.cli.main", "demo"]
PATIENCE_S = 60


def demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\b\d+\b", text)]


def test_it_ends_by_itself_and_accounts_for_every_transmission_and_every_downlink() -> None:
    done = demo("--seconds", "3")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, transmissions, packets, downlinks, emissions = done.stdout.splitlines()
    transmitted, *fates = numbers(transmissions)
    heard, forwarded, acknowledged, left_out = numbers(packets)
    assert transmitted == sum(fates) > 0
    assert forwarded == acknowledged == sum("network server got" in line for line in lines)
    assert heard == forwarded + left_out == sum(line.endswith(("demo: sent", "left out")) for line in lines)
    asked, *answers = numbers(re.sub(r"\(.*?\)", "", downlinks))
    emitted, *ends = numbers(re.sub(r"RX\d", "", emissions))
    waiting = answers[0] - emitted  # on a busy machine one may not be programmed in time
    assert asked == sum(answers) == sum(" ↓ " in line for line in lines) + waiting > 0
    assert answers[0] == sum(ends)


def test_a_device_that_asked_to_join_is_shown_to_hear_the_answer() -> None:
    with subprocess.Popen(DEMO, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        asked: set[str] = set()
        for line in process.stdout:
            if line.rstrip().endswith("join accept: heard in RX1"):
                break
            asked.add(line.split()[1])
        process.send_signal(signal.SIGINT)
        assert line.split()[1] in asked
        assert "emitted: " in process.stdout.read().splitlines()[-1]
        watchdog.cancel()
        assert process.wait(PATIENCE_S) == 0


def test_without_cryptography_its_devices_only_send_and_it_says_why(tmp_path: Path) -> None:
    missing = tmp_path / "cryptography.py"
    missing.write_text('raise ModuleNotFoundError("No module named \'cryptography\'", name="cryptography")\n')
    done = demo("--seconds", "1", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("These devices only send. To see them join and receive: pip install")
    assert "downlinks" not in done.stdout


def test_it_ends_quietly_when_nobody_reads_it_any_more() -> None:
    with subprocess.Popen(DEMO, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        while "DevEUI" not in process.stdout.readline():
            assert process.poll() is None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE_S) == ExitStatus.OUTPUT
        watchdog.cancel()


def test_it_replays_a_recording_at_the_speed_asked_for(tmp_path: Path) -> None:
    recording = tmp_path / "recording.jsonl.gz"
    heard = [{"gw": "a", "t_ms": 0, "rssi": -111, "snr": -3.8, "freq_hz": 868_300_000, "datr": "SF12BW125"}]
    frames = [f"80070000488047{number:04x}14d4bb32cc" for number in range(50)]
    with gzip.open(recording, "wt") as file:
        for number, phy in enumerate(frames):
            file.write(json.dumps({"t_ms": number * 3_600_000, "dev_eui": "0", "phy": phy, "rx": heard}) + "\n")
    done = demo("--replay", str(recording), "--speed", "1e6")
    assert done.returncode == 0
    assert "50 transmissions: 50 recorded" in done.stdout
    assert "50 forwarded to demo (50 acknowledged)" in done.stdout
    assert done.stdout.count(" 48000007 ") == 50


def test_a_recording_that_is_none_is_a_mistake_on_the_command_line(tmp_path: Path) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_text('{"t_ms": 1}\n')
    done = demo("--replay", str(recording))
    assert done.returncode == 2
    assert "line 1" in done.stderr


def test_on_a_terminal_it_draws_a_table_and_leaves_the_cursor_as_it_was() -> None:
    shown = shown_on_terminal("xterm", until="heard in RX1")
    assert "demo: acked" in shown
    assert shown.index("\x1b[?25l") < shown.index("DevEUI / DevAddr") < shown.rindex("\x1b[?25h")
    assert "transmissions" in shown[shown.rindex("\x1b[?25h") :]


@pytest.mark.parametrize("name", ["dumb", ""])
def test_a_terminal_that_knows_no_cursor_gets_plain_lines(name: str) -> None:
    shown = shown_on_terminal(name, until="network server got")
    assert "\x1b" not in shown
    assert "DevEUI / DevAddr" in shown


def shown_on_terminal(name: str, until: str) -> str:
    """All that the demonstration shows on a terminal of this name; it is interrupted once it has shown a text."""
    terminal, slave = pty.openpty()
    environment = os.environ | {"TERM": name}
    with subprocess.Popen(DEMO, cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        shown = ""
        while until not in shown:
            shown += os.read(terminal, 65536).decode(errors="replace")
        process.send_signal(signal.SIGINT)
        shown += "".join(iter(lambda: read_terminal(terminal), ""))
        watchdog.cancel()
        assert process.wait(PATIENCE_S) == 0
    os.close(terminal)
    return shown


def read_terminal(terminal: int) -> str:
    """What a process has drawn; "" once it has closed its terminal, which Linux tells by an error."""
    try:
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:
        return ""
