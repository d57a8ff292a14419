"""A chip at the other end of a Unix socket: the same answers, or a bus error."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from radio.bus import SocketBus
from radio.errors import BusError
from radio.simulator import BusFault, ChipServer, SimulatedConcentrator
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.start import start
from tests.radio.plans import EU868
from tests.radio.simulator.conftest import HandClock
from tests.radio.sx1302.station import no_sleep

READ_VERSION = bytes.fromhex("0056060000")
ANSWER = bytes.fromhex("0000000010")
Script = Callable[[socket.socket], None]


class Connect(Protocol):
    """Connects a bus to a script."""

    def __call__(self, script: Script, timeout_s: float = 10.0) -> SocketBus: ...


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where the chip is served."""
    return str(tmp_path / "chip.sock")


@pytest.fixture
def scripted(path: str) -> Iterator[Connect]:
    """A bus whose other end does what a script says with the one connection it accepts."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    threads: list[threading.Thread] = []
    buses: list[SocketBus] = []

    def connect(script: Script, timeout_s: float = 10.0) -> SocketBus:
        def serve() -> None:
            connection, _ = listener.accept()
            # The bus may have given up before the script's end.
            with connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                script(connection)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        buses.append(SocketBus(path, timeout_s=timeout_s))
        return buses[-1]

    yield connect
    for bus in buses:
        bus.close()
    for thread in threads:
        thread.join()
    listener.close()


def framed(data: bytes) -> bytes:
    """One transfer or answer on the socket."""
    return struct.pack("<I", len(data)) + data


def test_a_served_chip_starts_like_one_in_memory(path: str) -> None:
    near, far = (SimulatedConcentrator(clock=HandClock()) for _ in range(2))
    start(Chip(near, no_sleep), EU868, Firmware.blank())
    with ChipServer(far, path):
        bus = SocketBus(path)
        start(Chip(bus, no_sleep), EU868, Firmware.blank())
        for page in range(0x5000, 0x6200, 0x200):
            frame = bytes((0, page >> 8, 0)) + bytes(0x201)
            assert bus.transfer(frame) == near.transfer(frame)
        bus.close()
    assert far.receiving


def test_nobody_there_is_said_with_the_path(path: str) -> None:
    with pytest.raises(BusError, match=r"cannot connect to the simulated concentrator at .*chip\.sock: "):
        SocketBus(path)


def test_a_chip_whose_own_bus_fails_is_a_bus_error_here(path: str) -> None:
    chip = SimulatedConcentrator()
    with ChipServer(chip, path):
        bus = SocketBus(path)
        chip.faults.break_bus(BusFault.ERROR)
        with pytest.raises(BusError, match="closed the connection"):
            bus.transfer(READ_VERSION)
        bus.close()


def test_an_answer_may_come_in_pieces(scripted: Connect) -> None:
    def answer_slowly(connection: socket.socket) -> None:
        assert connection.recv(64) == framed(READ_VERSION)
        for byte in framed(ANSWER):
            connection.sendall(bytes((byte,)))

    assert scripted(answer_slowly).transfer(READ_VERSION) == ANSWER


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"", "closed the connection"),
        (framed(ANSWER)[:3], "closed the connection"),
        (framed(ANSWER)[:6], "closed the connection"),
        (framed(ANSWER[:4]), "answered 4 bytes to a transfer of 5"),
        (framed(ANSWER + b"\0"), "answered 6 bytes to a transfer of 5"),
    ],
)
def test_a_bad_answer_is_a_bus_error(scripted: Connect, sent: bytes, complaint: str) -> None:
    def answer_badly(connection: socket.socket) -> None:
        connection.recv(64)
        connection.sendall(sent)

    bus = scripted(answer_badly)
    with pytest.raises(BusError, match=complaint):
        bus.transfer(READ_VERSION)


def test_a_late_answer_is_never_taken_for_that_of_the_next_transfer(
    scripted: Connect,
) -> None:
    given_up = threading.Event()

    def answer_late(connection: socket.socket) -> None:
        connection.recv(64)
        given_up.wait()
        connection.sendall(framed(ANSWER))
        connection.recv(64)

    bus = scripted(answer_late, 0.05)
    with pytest.raises(BusError, match="timed out"):
        bus.transfer(READ_VERSION)
    given_up.set()
    with pytest.raises(BusError):
        bus.transfer(bytes(len(READ_VERSION)))


def test_after_close_a_transfer_is_a_bus_error_and_a_second_close_nothing(path: str) -> None:
    with ChipServer(SimulatedConcentrator(), path):
        bus = SocketBus(path)
        bus.close()
        bus.close()
        with pytest.raises(BusError):
            bus.transfer(READ_VERSION)
