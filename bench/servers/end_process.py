"""A server's end in a process of its own, so that its cost is in none of the figures.

Times are those of the monotonic clock, which all processes of a machine share.
"""

import asyncio
import multiprocessing
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from multiprocessing.connection import Connection
from typing import cast

import msgspec

from bench.errors import BenchError
from bench.servers.lns_end import lns_end, numbers_in_text
from bench.servers.mqtt_end import mqtt_end, numbers_in_frame
from bench.servers.received import Numbers, Received
from bench.servers.udp_end import numbers_in_push, udp_end

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
# Nothing arrived for so long: nothing more will.
QUIET_S = 2.0
_LOOK_S = 0.01

Listen = Callable[[Received], AbstractAsyncContextManager[int]]

ENDS: Mapping[str, tuple[Listen, Numbers]] = {
    "semtech_udp": (udp_end, numbers_in_push),
    "basics_station": (lns_end, numbers_in_text),
    "chirpstack_mqtt": (mqtt_end, numbers_in_frame),
}
"""By the type of [[server]]: who listens, and how what it gets is read."""


class WaitForGateway(msgspec.Struct, frozen=True):
    """Tell, as True, that the gateway can be sent packets through; False if it does not come."""


class Collect(msgspec.Struct, frozen=True):
    """Tell when each packet arrived, once there are so many, or no more come; then forget them."""

    expected: int


Order = WaitForGateway | Collect
Answer = int | bool | dict[int, float]


class EndProcess:
    """The process, as this one sees it. `port` is where it listens."""

    def __init__(self, port: int, orders: Connection) -> None:
        self.port = port
        self._orders = orders

    async def wait_for_gateway(self) -> bool:
        """Whether it came."""
        return cast(bool, await self._ask(WaitForGateway()))

    async def collect(self, expected: int) -> Mapping[int, float]:
        """When each of so many packets arrived, by packet number."""
        return cast(dict[int, float], await self._ask(Collect(expected)))

    async def _ask(self, order: Order) -> Answer:
        self._orders.send(order)
        return await _answer(self._orders)


@asynccontextmanager
async def running_end(kind: str) -> AsyncIterator[EndProcess]:
    """Start one; it listens when this returns, and is gone afterwards."""
    context = multiprocessing.get_context("spawn")
    orders, theirs = context.Pipe()
    process = context.Process(target=serve_end, args=(kind, theirs))
    process.start()
    theirs.close()
    try:
        yield EndProcess(cast(int, await _answer(orders)), orders)
    finally:
        orders.close()
        process.join(STOP_TIMEOUT_S)
        if process.is_alive():
            process.kill()
            process.join()


async def _answer(orders: Connection) -> Answer:
    try:
        answer: Answer = await asyncio.to_thread(orders.recv)
    except EOFError as error:
        raise BenchError("the server's process ended") from error
    return answer


def serve_end(kind: str, orders: Connection) -> None:
    """Listen, and obey until the pipe is closed; the entry point of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the benchmark, which then closes the pipe.
    asyncio.run(_serve(kind, orders))


async def _serve(kind: str, orders: Connection) -> None:
    listen, numbers_in = ENDS[kind]
    received = Received(numbers_in)
    async with listen(received) as port:
        orders.send(port)
        while True:
            try:
                order: Order = await asyncio.to_thread(orders.recv)
            except EOFError:
                return
            orders.send(await _obey(order, received))


async def _obey(order: Order, received: Received) -> Answer:
    match order:
        case WaitForGateway():
            return await _wait_for_gateway(received)
        case Collect():
            return await _collect(order.expected, received)


async def _wait_for_gateway(received: Received) -> bool:
    for _ in range(round(START_TIMEOUT_S / _LOOK_S)):
        if received.is_gateway_there:
            break
        await asyncio.sleep(_LOOK_S)
    return received.is_gateway_there


async def _collect(expected: int, received: Received) -> dict[int, float]:
    began_s = time.monotonic()
    while len(first := received.first_by_number()) < expected:
        if time.monotonic() - max(began_s, received.last_s) > QUIET_S:
            break
        await asyncio.sleep(_LOOK_S)
    arrived_s = dict(first)
    received.clear()
    return arrived_s
