"""What begins before the other tasks, or is left after them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.router import Router


@contextlib.asynccontextmanager
async def left_last(broker: "Broker | None") -> AsyncIterator[asyncio.Event]:
    """Connect to the broker once the event is set: it must know its will by then. Leave it when all else has ended."""
    connects = asyncio.Event()
    if broker is None:
        yield connects
        return
    async with asyncio.TaskGroup() as tasks:
        connection = tasks.create_task(_connect(broker, connects))
        try:
            yield connects
        finally:
            connection.cancel()


@contextlib.asynccontextmanager
async def keeping(router: "Router") -> AsyncIterator[None]:
    """Keep what no server has confirmed, to the last moment in which one may."""
    async with asyncio.TaskGroup() as tasks:
        keeper = tasks.create_task(router.keeper.run())
        try:
            yield
        finally:
            router.keep_all()
            keeper.cancel()


async def _connect(broker: "Broker", wanted: asyncio.Event) -> NoReturn:
    await wanted.wait()
    await broker.run()
