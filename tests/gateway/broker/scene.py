"""Clients of a broker that run while a test does."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest

from gateway.broker.client import Broker
from gateway.broker.outbox import Outbox
from gateway.broker.settings import BrokerSettings, Message, Words

PATIENCE_S = 30
LOOKS = 3_000
# The answer of a broker that agrees.
CONNACK = {"5": b"\x20\x03\x00\x00\x00", "3.1.1": b"\x20\x02\x00\x00"}


def play(story: Coroutine[Any, Any, None]) -> None:
    """Run a test's story, but not for ever."""

    async def bounded() -> None:
        async with asyncio.timeout(4 * PATIENCE_S):
            await story

    asyncio.run(bounded())


def settings(port: int, **others: object) -> BrokerSettings:
    """A broker on this machine."""
    return BrokerSettings(host="127.0.0.1", port=port, **others)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(wanted: BrokerSettings, will: Words = None, outbox: Outbox | None = None) -> AsyncIterator[Broker]:
    """A client that tries again at once. At the end it is told to stop, and must not have ended before."""
    broker = Broker(wanted, will, outbox, pause=lambda _failures: 0.05)
    task = asyncio.create_task(broker.run())
    try:
        yield broker
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.timeout(PATIENCE_S):
                await task


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Something on a port that is no real broker. All is closed when this ends."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await talk(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has no event."""
    for _ in range(LOOKS):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came")


async def connected(broker: Broker) -> None:
    """Wait for the connection."""
    await until(lambda: broker.state.connected)


class Heard:
    """Messages in the order in which they came."""

    def __init__(self, broker: Broker, topic_filter: str) -> None:
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        broker.subscribe(topic_filter, self._queue.put_nowait)

    async def next(self) -> Message:
        """The next message."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._queue.get()

    def nothing_more(self) -> bool:
        """Whether all were looked at."""
        return self._queue.empty()
