"""A console that is served on a real socket, with a daemon behind it that is not running, and its clients."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from gateway.console.console import Console
from gateway.console.lines import SOCKET_NAME, Line, read_line
from gateway.console.looking import Look
from gateway.daemon import Daemon
from gateway.pipeline import Pipeline
from gateway.system_clock import SystemClock
from radio.simulator import SimulatedConcentrator
from tests.gateway.rig import configuration, listener
from tests.gateway.traffic.scene import ADMITTED, frame

PATIENCE_S = 60
T_NS = 1_780_000_000_000_000_000
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def console_at(directory: Path) -> Console:
    """Needs a running event loop."""
    config = configuration(gateway=f'name = "lampadaire-12"\nstate_dir = "{directory}"')
    radio = listener(SimulatedConcentrator(), config)
    daemon = Daemon(radio, Pipeline(), SystemClock(lambda: None), None, None, asyncio.Event())
    return Console(directory / SOCKET_NAME, Look(config, daemon), lambda: T_NS)


def pass_by(console: Console, *numbers: int) -> None:
    """Packets with these counters are heard."""
    console.heard([frame(number) for number in numbers], [ADMITTED] * len(numbers))


class Scene:
    """The console, and its clients."""

    def __init__(self, console: Console, path: Path) -> None:
        self.console = console
        self.path = path
        self.serving = asyncio.create_task(console.run())
        self._writers: list[asyncio.StreamWriter] = []

    async def connected(self, wishes: bytes | None) -> Client:
        reader, writer = await asyncio.open_unix_connection(self.path, limit=1024 * 1024)
        self._writers.append(writer)
        if wishes is not None:
            writer.write(wishes + b"\n")
        return reader, writer

    async def watching(self) -> Client:
        """A client that is shown what passes."""
        before = self.console.watchers
        client = await self.connected(b'{"ask":"watch"}')
        await until(lambda: self.console.watchers > before)
        return client

    async def end(self) -> None:
        self.serving.cancel()
        with suppress(asyncio.CancelledError):
            await self.serving
        for writer in self._writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def served(directory: Path) -> AsyncIterator[Scene]:
    path = directory / SOCKET_NAME
    scene = Scene(console_at(directory), path)
    try:
        await until(path.is_socket)
        yield scene
    finally:
        await scene.end()


async def until(condition: Callable[[], bool]) -> None:
    for _ in itertools.takewhile(lambda _: not condition(), itertools.count()):
        await asyncio.sleep(0.001)


async def told(reader: asyncio.StreamReader) -> Line:
    return read_line(await reader.readline())


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def within_patience() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(within_patience())
