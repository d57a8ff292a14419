"""Three processes joined: the chip, the gateway, and this one as network server."""

import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import cast

import msgspec

from bench.arrivals import Arrivals, kernel_drops
from bench.chip_process import (
    Answer,
    CounterReading,
    Counts,
    Entered,
    Inject,
    Order,
    ReadCounter,
    ReadCounts,
    ReadEmissions,
    Replay,
    serve_chip,
)
from bench.emissions import Emitted
from bench.errors import BenchError
from bench.gateway_process import GatewayProcess
from bench.machine import cpu_clock_of
from bench.servers.tables import table_without_store
from forwarder.semtech_udp.server import NetworkServerEnd, TxAck
from gateway.config.servers import DEFAULT_TYPE

START_TIMEOUT_S = 30.0
# Nothing arrived for so long: nothing more will.
QUIET_S = 2.0
SETTLING_S = 0.5
_LOOK_S = 0.01


class Run(msgspec.Struct, frozen=True):
    """One stream of packets, from the chip's buffer to the server; `arrived_s` is by packet number."""

    first: int
    entered_s: list[float]
    arrived_s: Mapping[int, float]
    lost_in_chip: int
    dropped_by_kernel: int
    gateway_cpu_s: float

    @property
    def lost(self) -> int:
        """Packets that entered and never arrived."""
        return len(self.entered_s) - len(self.arrived_s)

    def latencies_ms(self) -> list[float]:
        """From record to datagram, for each packet that arrived."""
        return [(at_s - self.entered_s[number - self.first]) * 1000 for number, at_s in self.arrived_s.items()]


class ChipProcess:
    """The process of the simulated chip, as this one sees it."""

    def __init__(self, socket: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=serve_chip, args=(str(socket), theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._cpu_clock = cpu_clock_of(cast(int, self._process.pid))

    @property
    def cpu_s(self) -> float:
        """Processor time that it used so far."""
        return time.clock_gettime(self._cpu_clock)

    async def ready(self) -> None:
        """Wait until its socket is there."""
        await self._answer()

    async def obey(self, order: Inject | Replay) -> Entered:
        """Have packets put into the chip; returns when the last one is in."""
        return cast(Entered, await self._ask(order))

    async def counts(self) -> Counts:
        """What the bus has carried."""
        return cast(Counts, await self._ask(ReadCounts()))

    async def counter(self) -> CounterReading:
        """What its counter shows, and when."""
        return cast(CounterReading, await self._ask(ReadCounter()))

    async def emissions(self) -> list[Emitted]:
        """What it emitted since this was last asked."""
        return cast(list[Emitted], await self._ask(ReadEmissions()))

    async def _ask(self, order: Order) -> Answer:
        self._orders.send(order)
        return await self._answer()

    async def _answer(self) -> Answer:
        try:
            return await asyncio.to_thread(_receive, self._orders)
        except EOFError as error:
            raise BenchError("the simulated chip's process ended") from error

    def stop(self) -> None:
        """End it."""
        self._orders.close()
        self._process.join(START_TIMEOUT_S)


class Rig:
    """A gateway at work, with a chip to feed and a server that notes what arrives.

    `answers` are those to downlinks, by token; whoever sends some empties it first.
    """

    def __init__(
        self,
        chip: ChipProcess,
        gateway: GatewayProcess,
        server: NetworkServerEnd,
        arrivals: Arrivals,
        answers: dict[int, TxAck],
    ) -> None:
        self.chip = chip
        self.gateway = gateway
        self.server = server
        self.arrivals = arrivals
        self.answers = answers
        self.rss_at_start_mb = gateway.rss_mb
        self._next_number = 0

    @property
    def cpu_s(self) -> float:
        """Processor time that the three processes used so far."""
        return self.chip.cpu_s + self.gateway.cpu_s + time.process_time()

    async def inject(self, count: int, rate_pps: float, *, even: bool = True) -> Run:
        """Send packets through, and wait for the last one."""
        first = self._next_number
        self._next_number += count
        self.arrivals.clear()
        drops, cpu_s = kernel_drops(self.server.port), self.gateway.cpu_s
        entered = await self.chip.obey(Inject(first, count, rate_pps, even))
        await self.settle(count - entered.lost)
        return Run(
            first=first,
            entered_s=entered.at_s,
            arrived_s={n: at_s for n, at_s in self.arrivals.first_by_number().items() if n >= first},
            lost_in_chip=entered.lost,
            dropped_by_kernel=kernel_drops(self.server.port) - drops,
            gateway_cpu_s=self.gateway.cpu_s - cpu_s,
        )

    async def settle(self, expected: int) -> None:
        """Wait for so many packets, or until no more come."""
        began_s = time.monotonic()
        while self.arrivals.packets < expected and time.monotonic() - max(began_s, self.arrivals.last_s) < QUIET_S:
            self.gateway.check()
            await asyncio.sleep(_LOOK_S)


@asynccontextmanager
async def running_rig() -> AsyncIterator[Rig]:
    """Start chip, server and gateway; they are at rest when this returns, and gone afterwards."""
    arrivals = Arrivals()
    answers: dict[int, TxAck] = {}
    with tempfile.TemporaryDirectory(prefix="candelabre-bench-") as name:
        directory = Path(name)
        chip = ChipProcess(directory / "chip.sock")
        try:
            await chip.ready()
            async with NetworkServerEnd(
                on_datagram=arrivals.take, on_tx_ack=lambda answer: answers.update({answer.token: answer})
            ) as server:
                gateway = GatewayProcess(
                    directory, directory / "chip.sock", table_without_store(DEFAULT_TYPE, server.port)
                )
                try:
                    await _connected(arrivals, gateway)
                    yield Rig(chip, gateway, server, arrivals, answers)
                finally:
                    gateway.stop()
        finally:
            chip.stop()


async def _connected(arrivals: Arrivals, gateway: GatewayProcess) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while not arrivals.pulls:
        gateway.check()
        if time.monotonic() > deadline_s:
            raise BenchError(f"the gateway did not reach the server within {START_TIMEOUT_S:.0f} s")
        await asyncio.sleep(_LOOK_S)
    await asyncio.sleep(SETTLING_S)


def _receive(orders: Connection) -> Answer:
    answer: Answer = orders.recv()
    return answer
