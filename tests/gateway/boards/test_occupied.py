"""Who has an SPI device open: real processes."""

import subprocess
import sys
from pathlib import Path

from gateway.boards.occupied import Occupant, occupants


def test_a_process_with_the_device_open_is_named(tmp_path: Path) -> None:
    device = tmp_path / "spidev0.0"
    device.touch()
    program = f"f = open({str(device)!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        (occupant,) = occupants([str(device)])
        other.communicate("\n", timeout=30)
    assert (occupant.pid, occupant.device) == (other.pid, str(device))
    assert occupant.program.startswith("python")


def test_this_process_itself_does_not_count(tmp_path: Path) -> None:
    device = tmp_path / "spidev0.0"
    with device.open("w"):
        assert occupants([str(device)]) == ()


def test_processes_that_end_meanwhile_or_may_not_be_seen_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "4000000").mkdir()
    ended = tmp_path / "4000001" / "fd"
    ended.mkdir(parents=True)
    (ended / "0").touch()
    (ended / "1").symlink_to("/dev/spidev0.0")
    assert occupants(["/dev/spidev0.0"], tmp_path) == (Occupant(4000001, "?", "/dev/spidev0.0"),)
