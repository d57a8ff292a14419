"""A router on a real store, with servers that the test plays."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from unittest.mock import patch

from forwarder.backend import BackendCounters, Deliver, EmissionId, GatewayStats, OnFate, Uplink
from forwarder.routing import Route, one_route_each
from forwarder.store.keeper import StoreKeeper
from forwarder.store.limits import StoreLimits
from gateway import router as routing
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict
from gateway.router import Router
from radio.packets import RxPacket
from tests.gateway.broker.scene import until
from tests.gateway.policy.frames import CITY, CITY_ADDR, uplink

REPLAYED_A_BEAT = 10
UNIX_NS = 1_780_000_000 * 10**9
PASSED = Verdict(Outcome.ADMITTED, forwarded=True)
OF_CITY = Verdict(Outcome.ADMITTED, forwarded=True, depositor=CITY)


class Server:
    """A backend whose server the test plays: it confirms by itself unless `confirms` is None."""

    def __init__(self, name: str, *, keeps_order: bool = True) -> None:
        self.name = name
        self.keeps_order = keeps_order
        self.on_fate: OnFate | None = None
        self.counters = BackendCounters(connected=True)
        self.confirms: bool | None = True
        self.got: list[Uplink] = []

    async def run(self, deliver: Deliver) -> None: ...

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None:
        self.got += uplinks
        if self.confirms is not None:
            self.settle(*[each.key for each in uplinks], delivered=self.confirms)

    def send_stats(self, stats: GatewayStats) -> None: ...

    def radio_started(self) -> None: ...

    def emission_ended(self, emission: EmissionId, failure: str) -> None: ...

    def settle(self, *keys: int, delivered: bool = True) -> None:
        assert self.on_fate is not None
        self.on_fate(keys, delivered)

    def go(self) -> None:
        """It answers no more, and everybody knows."""
        self.counters.connected, self.confirms = False, False

    def come_back(self) -> None:
        self.counters.connected, self.confirms = True, True

    @property
    def payloads(self) -> list[bytes]:
        return [each.packet.payload for each in self.got]


class Scene:
    """A router at work on a store."""

    def __init__(self, router: Router, servers: Sequence[Server]) -> None:
        self.router, self.servers = router, servers
        self.ms = 1_000_000

    def hear(self, *packets: RxPacket, verdict: Verdict = PASSED) -> None:
        """One batch."""
        self.router.send([Uplink(packet) for packet in packets], [verdict] * len(packets))

    async def empty(self) -> None:
        """Wait until nothing waits any more."""
        await until(lambda: not self.router.keeper.has_backlog("main"))

    async def kept(self, count: int) -> None:
        """Wait until so many wait on the disk."""
        await until(lambda: self.router.keeper.count == count)

    async def lost(self, *losses: tuple[str, str]) -> None:
        """Wait until these are given up, one each."""
        await until(lambda: dict(self.router.keeper.losses) == dict.fromkeys(losses, 1))


@contextlib.asynccontextmanager
async def at_work(
    directory: Path, *servers: Server, routes: Sequence[Route] | None = None, unix_ns: int | None = UNIX_NS
) -> AsyncIterator[Scene]:
    scene: Scene

    def now_ms() -> int:
        return scene.ms

    keeper = StoreKeeper(directory, StoreLimits(), now_ms)
    router = Router(
        routes or one_route_each(server.name for server in servers),
        keeper,
        keepalives_s={},
        now_ms=now_ms,
        unix_ns=lambda: unix_ns,
        replay_per_s=REPLAYED_A_BEAT / routing.BEAT_S,
    )
    scene = Scene(router, servers)
    for server in servers:
        router.add(server)
    with patch.multiple(routing, BEAT_S=0.01, START_PATIENCE_S=0.01, FINISH_PATIENCE_S=0.01):
        async with _running(router):
            yield scene


@contextlib.asynccontextmanager
async def _running(router: Router) -> AsyncIterator[None]:
    keeper = router.keeper
    keeping, running = asyncio.create_task(keeper.run()), asyncio.create_task(router.run())
    try:
        await until(lambda: router.is_ready)
        yield
        await router.finish()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        router.keep_all()
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


def frames(first: int, last: int, dev_addr: int = CITY_ADDR) -> list[RxPacket]:
    """Uplinks of one device, by their frame counters."""
    return [uplink(dev_addr, fcnt) for fcnt in range(first, last + 1)]


def payloads(packets: Sequence[RxPacket]) -> list[bytes]:
    return [packet.payload for packet in packets]
