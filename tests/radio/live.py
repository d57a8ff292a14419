"""The concentrator as a service, run for a test in real time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from radio.bus import SpiBus
from radio.concentrator import Concentrator
from radio.packets import RxPacket
from radio.simulator import SimulatedConcentrator
from radio.sx1302.firmware import Firmware
from tests.radio.plans import EU868

LONG_S = 20.0


class WatchedBus:
    """The simulated chip; notes which threads use it, and whether it was closed."""

    def __init__(self, chip: SimulatedConcentrator) -> None:
        self.threads: set[str] = set()
        self.closed = 0
        self.before_transfer: Callable[[], None] = lambda: None
        self._chip = chip

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        self.threads.add(threading.current_thread().name.partition("_")[0])
        self.before_transfer()
        return self._chip.transfer(out)

    def close(self) -> None:
        """See `SpiBus.close`."""
        self.closed += 1


def concentrator(bus: SpiBus, poll_interval_s: float = 0.001) -> Concentrator:
    """One that is not started."""
    return Concentrator(bus, EU868, Firmware.blank(), poll_interval_s=poll_interval_s)


@asynccontextmanager
async def running(bus: SpiBus) -> AsyncIterator[Concentrator]:
    """A started one, stopped in the end."""
    radio = concentrator(bus)
    await radio.start()
    try:
        yield radio
    finally:
        await radio.stop()


async def receive(radio: Concentrator, count: int) -> list[RxPacket]:
    """So many packets, or a time-out much longer than they can take."""
    packets: list[RxPacket] = []
    async with asyncio.timeout(LONG_S):
        while len(packets) < count:
            packets += await radio.receive()
    return packets


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come."""
    for _ in range(round(LONG_S / 0.001)):
        if condition():
            return
        await asyncio.sleep(0.001)
    pytest.fail("it did not come")


def run(test: Awaitable[None]) -> None:
    """Run a test's coroutine, with an end to every wait."""

    async def limited() -> None:
        async with asyncio.timeout(3 * LONG_S):
            await test

    asyncio.run(limited())
