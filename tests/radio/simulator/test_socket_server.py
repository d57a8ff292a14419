"""A chip behind a Unix socket answers as it does in the process."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from radio.bus import SocketBus
from radio.errors import BusError
from radio.simulator import BusFault, ChipServer, SimulatedConcentrator
from tests.radio.simulator.host import read, write


def test_hosts_come_and_go_and_find_the_same_chip(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    with ChipServer(chip, tmp_path / "chip"):
        for value in (0x0F, 0x07):
            bus = SocketBus(str(tmp_path / "chip"))
            write(bus, 0x5605, value)
            assert read(bus, 0x5605, 2) == bytes([value, 0x10])
            bus.close()
    assert not (tmp_path / "chip").exists()
    assert read(chip, 0x5605) == b"\x07"


def test_a_failing_bus_hangs_up(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    with ChipServer(chip, tmp_path / "chip"):
        bus = SocketBus(str(tmp_path / "chip"))
        chip.faults.break_bus(BusFault.ERROR, transfers=1)
        with pytest.raises(BusError):
            read(bus, 0x5606)
        bus.close()
        again = SocketBus(str(tmp_path / "chip"))
        assert read(again, 0x5606) == b"\x10"
        again.close()


def test_an_absurd_length_hangs_up(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    with ChipServer(chip, tmp_path / "chip"), socket.socket(socket.AF_UNIX) as host:
        host.connect(str(tmp_path / "chip"))
        host.sendall(b"\xff\xff\xff\xff")
        assert host.recv(1) == b""


def test_stopping_ends_a_connection_that_is_open(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    server = ChipServer(chip, tmp_path / "chip")
    server.start()
    bus = SocketBus(str(tmp_path / "chip"))
    read(bus, 0x5606)
    server.stop()
    with pytest.raises(BusError):
        read(bus, 0x5606)
    bus.close()


def test_a_file_in_the_way_is_not_removed(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("not a socket")
    with pytest.raises(OSError, match="in use"):
        ChipServer(chip, path)
    assert path.read_text() == "not a socket"


def test_a_socket_that_is_served_is_not_taken_away(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    with ChipServer(chip, tmp_path / "chip"):
        bus = SocketBus(str(tmp_path / "chip"))
        with pytest.raises(OSError, match="another process serves on this socket"):
            ChipServer(chip, tmp_path / "chip")
        assert read(bus, 0x5606) == b"\x10"
        bus.close()
        again = SocketBus(str(tmp_path / "chip"))
        assert read(again, 0x5606) == b"\x10"
        again.close()


def test_a_socket_whose_server_is_too_busy_is_not_taken_away(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(str(tmp_path / "chip"))
        busy.listen(0)
        waiting.connect(str(tmp_path / "chip"))
        with pytest.raises(OSError, match="another process serves on this socket"):
            ChipServer(chip, tmp_path / "chip")
    assert (tmp_path / "chip").is_socket()


def test_a_socket_that_a_dead_process_left_is_replaced(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "chip"))
    with ChipServer(chip, tmp_path / "chip"):
        bus = SocketBus(str(tmp_path / "chip"))
        assert read(bus, 0x5606) == b"\x10"
        bus.close()


def test_the_command_says_why_it_cannot_serve(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "radio.simulator", "--socket", str(tmp_path / "no" / "such" / "place")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    assert run.returncode == 1
    assert "cannot serve on" in run.stderr
