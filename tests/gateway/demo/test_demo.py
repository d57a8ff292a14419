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

ROOT = Path(__file__).parents[3]
DEMO = [sys.executable, "-m", "gateway.cli.main", "demo"]
PATIENCE_S = 60


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def test_it_ends_by_itself_and_accounts_for_every_transmission() -> None:
    done = demo("--seconds", "3")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, transmissions, packets = done.stdout.splitlines()
    transmitted, *fates = (int(number) for number in re.findall(r"\d+", transmissions))
    heard, forwarded, acknowledged, left_out = (int(number) for number in re.findall(r"\d+", packets))
    assert transmitted == sum(fates) > 0
    assert forwarded == acknowledged == sum("network server got" in line for line in lines)
    assert heard == forwarded + left_out == sum(line.endswith(("demo: sent", "left out")) for line in lines)


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
    terminal, slave = pty.openpty()
    with subprocess.Popen(DEMO, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        shown = ""
        while "demo: acked" not in shown:
            shown += os.read(terminal, 65536).decode(errors="replace")
        process.send_signal(signal.SIGINT)
        shown += "".join(iter(lambda: read_terminal(terminal), ""))
        watchdog.cancel()
        assert process.wait(PATIENCE_S) == 0
    os.close(terminal)
    assert shown.index("\x1b[?25l") < shown.index("DevEUI / DevAddr") < shown.rindex("\x1b[?25h")
    assert "transmissions" in shown[shown.rindex("\x1b[?25h") :]


def read_terminal(terminal: int) -> str:
    """What a process has drawn; "" once it has closed its terminal, which Linux tells by an error."""
    try:
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:
        return ""
