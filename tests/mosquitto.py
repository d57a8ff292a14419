"""A real Mosquitto on a loopback port of its own, and ways to it that are worse than a cable."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
PATIENCE_S = 30


def tool(name: str) -> str:
    """The path of one of Mosquitto's programs; the test is skipped where it is not installed."""
    found = shutil.which(name, path=SEARCHED)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt-get install mosquitto)")
    return found


class Mosquitto:
    """A broker. Without more lines of configuration everybody may do everything, without TLS."""

    def __init__(self, directory: Path, *lines: str) -> None:
        self._program = tool("mosquitto")
        self._config = directory / "mosquitto.conf"
        self.port = free_port()
        allow = () if any(line.startswith("allow_anonymous") for line in lines) else ("allow_anonymous true",)
        text = [f"listener {self.port} 127.0.0.1", "user root", "persistence false", *allow, *lines]
        self._config.write_text("\n".join(text) + "\n")
        self._log = directory / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Mosquitto":
        """It listens when this returns."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """It is gone when this returns."""
        self.stop()

    def start(self) -> None:
        """Start it, with the same port each time."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([self._program, "-c", str(self._config)], stdout=log, stderr=log)
        deadline_s = time.monotonic() + PATIENCE_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise AssertionError(f"mosquitto does not start: {self._log.read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def port_of_nobody() -> Iterator[int]:
    """A port that refuses connections, and that nobody else gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


class Way:
    """A way to a broker that can be held up, and that knows MQTT 3.1.1 only where `only_3` says how it refuses more.

    "answer": as 3.1.1 asks for; "close": without a word. The first `slow` connections are never answered.
    """

    def __init__(self, broker_port: int, only_3: str | None = None, slow: int = 0) -> None:
        self._broker_port = broker_port
        self._slow = slow
        self._only_3 = only_3
        self._tasks: set[asyncio.Task[None]] = set()
        self.open = asyncio.Event()
        self.open.set()
        self.port = 0
        self.versions: list[int] = []

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator["Way"]:
        """It listens as long as this lasts."""
        # Little is on its way at any time, so that a way that is held up is felt soon.
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=65_536)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            # A connection that came just now is given its first step, in which it becomes one of the tasks.
            for _ in range(3):
                await asyncio.sleep(0)
            self.cut()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End what goes this way now."""
        for task in self._tasks:
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Type, length (one byte in these tests, or two), 0 4 "MQTT", version.
            head = await reader.readexactly(2)
            head += await reader.readexactly(1 if head[1] & 0x80 else 0)
            head += await reader.readexactly(7)
            self.versions.append(head[-1])
            if len(self.versions) <= self._slow:
                await reader.read()
            elif self._only_3 is not None and head[-1] > 4:
                writer.write(b"\x20\x02\x00\x01" if self._only_3 == "answer" else b"")
                await writer.drain()
            else:
                await self._join(head, reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _join(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
        broker_writer.write(head)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry(reader, broker_writer))
                tasks.create_task(self._carry(broker_reader, writer))
        except* OSError:
            # One side is gone, and so is the other.
            pass
        finally:
            broker_writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self.open.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
