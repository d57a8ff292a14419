"""The gateway's end of a scenario: a backend at work, whoever decides on downlinks, whoever waits for fates.

What holds for every backend at every moment is looked at here, at the end of each scenario.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

from forwarder.backend import BackendCounters, Downlink, EmissionId, TxReceipt, Uplink
from radio.packets import TxStatus
from tests.conformance.backends.peer import Peer
from tests.gateway.broker.scene import PATIENCE_S, until


class Gateway:
    """One backend, from its start to its end."""

    def __init__(self, peer: Peer, *, patience_s: float = PATIENCE_S, confirms: bool = True) -> None:
        self._peer = peer
        self.backend = peer.backend(patience_s=patience_s, confirms=confirms)
        self.backend.on_fate = self._told
        self.requests: list[Downlink] = []
        self.receipts: list[TxReceipt] = []
        self.fates: list[tuple[int, bool]] = []
        self.given: list[Uplink] = []
        self._troubles: list[str] = []

    @property
    def counters(self) -> BackendCounters:
        return self.backend.counters

    @property
    def confirmed(self) -> set[int]:
        return {key for key, delivered in self.fates if delivered}

    @property
    def given_back(self) -> set[int]:
        return {key for key, delivered in self.fates if not delivered}

    def send(self, uplinks: Sequence[Uplink]) -> None:
        """Give the backend what was heard."""
        self.given += uplinks
        self.backend.send_uplinks(uplinks)

    async def connected(self) -> None:
        """Wait until it knows of the server, and the server of it."""
        await until(lambda: self.counters.connected and self._peer.is_reached)

    def ended(self, request: int, failure: str = "") -> None:
        """Say what became of a request that was accepted, by its place among all requests."""
        self.backend.emission_ended(emission_of(request), failure)

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["Gateway"]:
        """It is connected as long as this lasts."""
        async with self.started():
            await self.connected()
            yield self

    @contextlib.asynccontextmanager
    async def started(self) -> AsyncIterator["Gateway"]:
        """It runs, connected or not; at the end it is stopped, and has kept to what every backend promises."""
        asyncio.get_running_loop().set_exception_handler(self._trouble)
        task = asyncio.create_task(self.backend.run(self._deliver))
        await asyncio.sleep(0)
        try:
            yield self
            assert not task.done(), "it ended by itself"
        finally:
            task.cancel()
            _, running = await asyncio.wait({task}, timeout=PATIENCE_S)
            assert not running, "it does not end"
        self._look_back()

    def _deliver(self, downlink: Downlink) -> TxReceipt:
        """The next receipt; without one, acceptance, by an emission whose end is told by `ended`."""
        self.requests.append(downlink)
        if self.receipts:
            return self.receipts.pop(0)
        return TxReceipt(TxStatus.OK, emission=emission_of(len(self.requests) - 1))

    def _told(self, keys: Sequence[int], delivered: bool) -> None:
        self.fates += [(key, delivered) for key in keys]

    def _trouble(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._troubles.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _look_back(self) -> None:
        assert not self._troubles, self._troubles
        keys = [uplink.key for uplink in self.given if uplink.key]
        assert Counter(key for key, _ in self.fates) == Counter(keys), "each key is told of once"
        counters = self.counters
        accounted = counters.uplinks_sent + counters.uplinks_filtered + counters.uplinks_dropped
        assert accounted == len(self.given), f"each uplink is counted once: {counters}"
        assert not counters.connected


def emission_of(request: int) -> EmissionId:
    """What a request that is accepted becomes, by its place among all requests."""
    return request + 1, 1000 * request + 1000
