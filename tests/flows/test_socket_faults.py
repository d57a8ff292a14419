"""A chip behind a Unix socket: packets come through, and a server that dies or hangs is a bus error."""

import asyncio
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from radio.bus import SocketBus
from radio.errors import BusError
from radio.radio_thread import BUS_ERRORS_IN_A_ROW
from radio.simulator import ChipServer, SimulatedConcentrator
from tests.flows.faulty_radio import (
    AFTER,
    BEFORE,
    READ_LIMIT_S,
    concentrator_on,
    listening,
    received,
    send,
    start_error,
)

pytestmark = pytest.mark.usefixtures("impatient")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def socket_path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def simulator(socket_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A simulated concentrator in a process of its own, ready to be connected to."""
    command = [sys.executable, "-m", "radio.simulator", "--socket", str(socket_path)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        give_up_s = time.monotonic() + READ_LIMIT_S
        while not socket_path.exists() and time.monotonic() < give_up_s:
            time.sleep(0.01)
        yield process
        process.kill()


def test_packets_flow_until_the_server_goes_away(chip: SimulatedConcentrator, socket_path: Path) -> None:
    async def flow(server: ChipServer) -> None:
        async with listening(chip, SocketBus(str(socket_path))) as concentrator:
            send(chip, BEFORE)
            assert await received(concentrator, 1) == [BEFORE]
            server.stop()
            with pytest.raises(BusError, match=str(socket_path)):
                await received(concentrator, 1)
            assert concentrator.health().bus_errors == BUS_ERRORS_IN_A_ROW

    with ChipServer(chip, socket_path) as server:
        asyncio.run(flow(server))


def test_the_same_chip_is_heard_again_by_the_next_connection(chip: SimulatedConcentrator, socket_path: Path) -> None:
    async def flow(payload: bytes) -> None:
        async with listening(chip, SocketBus(str(socket_path))) as concentrator:
            send(chip, payload)
            assert await received(concentrator, 1) == [payload]

    for payload in (BEFORE, AFTER):
        with ChipServer(chip, socket_path):
            asyncio.run(flow(payload))


def test_a_killed_simulator_is_a_bus_error(simulator: subprocess.Popen[bytes], socket_path: Path) -> None:
    async def flow() -> None:
        nobody = SimulatedConcentrator()
        async with listening(nobody, SocketBus(str(socket_path))) as concentrator:
            simulator.kill()
            with pytest.raises(BusError, match=str(socket_path)):
                await received(concentrator, 1)

    asyncio.run(flow())
    with pytest.raises(BusError, match="cannot connect"):
        SocketBus(str(socket_path))


@pytest.fixture
def slow_server(socket_path: Path) -> Iterator[threading.Event]:
    """Answers each transfer with its number, the first one only once it is told to."""
    answers_first = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path))
        listener.listen()
        thread = threading.Thread(target=_serve_slowly, args=(listener, answers_first), daemon=True)
        thread.start()
        yield answers_first
        answers_first.set()
        thread.join(READ_LIMIT_S)


def _serve_slowly(listener: socket.socket, answers_first: threading.Event) -> None:
    connection, _ = listener.accept()
    number = 0
    with connection, suppress(OSError):  # the host may have hung up
        while header := connection.recv(4, socket.MSG_WAITALL):
            (length,) = struct.unpack("<I", header)
            connection.recv(length, socket.MSG_WAITALL)
            answers_first.wait(READ_LIMIT_S)
            number += 1
            connection.sendall(header + bytes((number,)) * length)


def test_a_server_that_does_not_answer_is_a_bus_error(slow_server: threading.Event, socket_path: Path) -> None:
    assert not slow_server.is_set()
    bus = SocketBus(str(socket_path), timeout_s=0.05)
    error = asyncio.run(start_error(concentrator_on(SimulatedConcentrator(), bus)))
    assert isinstance(error, BusError)
    assert "timed out" in str(error)


def test_a_late_answer_is_not_taken_for_the_next(slow_server: threading.Event, socket_path: Path) -> None:
    with closing(SocketBus(str(socket_path), timeout_s=0.05)) as bus:
        with pytest.raises(BusError, match="timed out"):
            bus.transfer(bytes(6))
        slow_server.set()
        with pytest.raises(BusError):
            bus.transfer(bytes(6))
