"""The command as people and systemd start it."""

import hashlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "gateway.cli.main"]
PATIENCE_S = 60
MISTAKES = """
[gateway]
eui = 12
[log]
level = "loud"
[radio]
bus = "/dev/ttyUSB0"
region_plan = "EU868"
reset_pin = -1
[[server]]
host = "localhost"
"""


def candelabre(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def write_config(tmp_path: Path, bus: str) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(
        f'[gateway]\nstate_dir = "{tmp_path}"\n[radio]\nbus = "{bus}"\nregion_plan = "EU868"\n'
        '[[server]]\nname = "main"\nhost = "127.0.0.1"\n'
    )
    return path


@contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A command that runs while the test does, and not for ever if it says nothing."""
    with subprocess.Popen([*COMMAND, *map(str, arguments)], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def wait_for(process: subprocess.Popen[str], event: str) -> dict[str, object]:
    """The first line of the log that tells of an event."""
    assert process.stderr is not None
    for line in process.stderr:
        told: dict[str, object] = json.loads(line)
        if told["event"] == event:
            return told
    raise AssertionError(f"the log ended without {event!r}")


def test_help_names_the_commands_and_the_exit_statuses() -> None:
    done = candelabre("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("run", "config", "firmware", "demo", "simulator", "exit status"))


def test_help_is_fast_because_it_imports_no_command() -> None:
    code = "import sys, gateway.cli.main; sys.exit(any(name in sys.modules for name in ('asyncio', 'msgspec')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=PATIENCE_S).returncode == 0


def test_the_version_is_the_packages() -> None:
    assert candelabre("--version").stdout == "candelabre 0.1.0\n"


def test_an_unknown_command_is_a_mistake_on_the_command_line() -> None:
    assert candelabre("rnu").returncode == 2


@pytest.mark.parametrize("command", [["config", "check"], ["run", "--config"]])
def test_five_mistakes_are_five_lines_and_exit_status_2(tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(MISTAKES)
    done = candelabre(*command, path)
    assert done.returncode == 2
    first, *rest = done.stderr.splitlines()
    assert first == f"{path}: 5 mistakes"
    keys = ["gateway.eui", "log.level", "radio.bus", "radio.reset_pin", "server[0].name"]
    assert [line.split()[0].rstrip(":") for line in rest] == keys


def test_a_correct_configuration_is_summed_up() -> None:
    done = candelabre("config", "check", ROOT / "config" / "gateway.toml")
    assert done.returncode == 0
    assert "8 multi-SF channels" in done.stdout


def test_without_firmware_the_gateway_says_how_to_get_it(tmp_path: Path) -> None:
    done = candelabre("run", "--config", write_config(tmp_path, "/dev/spidev9.9"))
    assert done.returncode == 2
    assert "candelabre firmware import" in done.stderr


def test_firmware_is_installed_in_the_state_directory(tmp_path: Path) -> None:
    images = {"agc_fw_sx1250.bin": b"\x01" * 8192, "arb_fw.bin": b"\x02" * 8192}
    allowed = []
    for name, content in images.items():
        (tmp_path / name).write_bytes(content)
        allowed += ["--allow", hashlib.sha256(content).hexdigest()]
    state = tmp_path / "state"
    done = candelabre("firmware", "import", tmp_path, "--state-dir", state, *allowed)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(image.read_bytes()[:1] for image in state.rglob("*.bin")) == [b"\x01", b"\x02"]


def test_unknown_firmware_is_refused(tmp_path: Path) -> None:
    (tmp_path / "agc_fw_sx1250.bin").write_bytes(bytes(8192))
    done = candelabre("firmware", "import", tmp_path, "--state-dir", tmp_path / "state")
    assert done.returncode == 2
    assert hashlib.sha256(bytes(8192)).hexdigest() in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_gateway_that_is_told_to_stop_ends_with_status_0(tmp_path: Path, number: signal.Signals) -> None:
    with started("run", "--config", write_config(tmp_path, "simulator")) as gateway:
        assert wait_for(gateway, "gateway listens")["gateway_eui"] == "0016C001FF10A235"
        gateway.send_signal(number)
        wait_for(gateway, "gateway stopped")
        assert gateway.wait(PATIENCE_S) == 0


def test_sigusr1_switches_debug_messages(tmp_path: Path) -> None:
    with started("run", "--config", write_config(tmp_path, "simulator")) as gateway:
        wait_for(gateway, "gateway listens")
        gateway.send_signal(signal.SIGUSR1)
        assert wait_for(gateway, "log level changed")["now"] == "debug"


def test_a_gateway_runs_on_a_chip_that_another_process_serves(tmp_path: Path) -> None:
    socket = tmp_path / "sx1302.sock"
    simulator = [*COMMAND, "simulator", "--socket", str(socket), "--model", "sx1303"]
    with subprocess.Popen(simulator, cwd=ROOT, stdout=subprocess.PIPE, text=True) as chip:
        assert chip.stdout is not None
        assert str(socket) in chip.stdout.readline()
        with started("run", "--config", write_config(tmp_path, f"unix:{socket}")) as gateway:
            assert wait_for(gateway, "radio started")["model"] == "SX1303"
        chip.send_signal(signal.SIGINT)
        assert chip.wait(PATIENCE_S) == 0
