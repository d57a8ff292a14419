"""A tap that is served, the frames that it is offered, and its clients: all on real sockets."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict
from gateway.traffic.tap import Tap
from radio.packets import RxPacket
from tests.gateway.traffic.frames import MIC, data_header
from tests.packets import packet

EUI = 0x0016C001F1500812
ADMITTED = Verdict(Outcome.ADMITTED, forwarded=True, depositor="metropole")
PATIENCE_S = 60
SECRET = b"secret"
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def frame(number: int) -> RxPacket:
    return packet(payload=data_header(fcnt=number) + SECRET + MIC)


def offer(tap: Tap, *numbers: int) -> None:
    tap.offer([frame(number) for number in numbers], [ADMITTED] * len(numbers))


def tap_at(path: Path, *, sure: bool = True) -> Tap:
    return Tap(path, EUI, lambda: sure, lambda: 1_672_867_882_173_999_999)


class Scene:
    """A tap that is served, and its clients."""

    def __init__(self, tap: Tap, path: Path) -> None:
        self.tap = tap
        self.serving = asyncio.create_task(tap.run())
        self._path = path
        self._writers: list[asyncio.StreamWriter] = []

    async def connected(self, wishes: str | None = "{}") -> Client:
        reader, writer = await asyncio.open_unix_connection(self._path)
        self._writers.append(writer)
        if wishes is not None:
            writer.write(wishes.encode() + b"\n")
        return reader, writer

    async def recording(self, wishes: str = "{}") -> Client:
        """A client that is being given traffic."""
        before = self.tap.recordings
        client = await self.connected(wishes)
        await until(lambda: self.tap.recordings > before)
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
async def served(tap: Tap, path: Path) -> AsyncIterator[Scene]:
    scene = Scene(tap, path)
    try:
        await until(path.is_socket)
        yield scene
    finally:
        await scene.end()


async def until(condition: Callable[[], bool]) -> None:
    for _ in itertools.takewhile(lambda _: not condition(), itertools.count()):
        await asyncio.sleep(0.001)


async def told(reader: asyncio.StreamReader) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(await reader.readline())
    return line


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def within_patience() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()

    asyncio.run(within_patience())
