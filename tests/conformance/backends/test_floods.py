"""A server that asks for more than anybody can do: every request has its end, and memory stays where it was."""

import asyncio
import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from forwarder.backend import Downlink, TxReceipt
from radio.packets import TxStatus
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import frame, keyed
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Peer
from tests.conformance.backends.peers import PEERS
from tests.gateway.broker.scene import play, until

FLOOD = 1_000
# Several times what the kernel's own buffers hold of the answers.
CHATTER = 200_000
PAYLOAD = bytes(200)
# Of requests of this size, that many would take more than ten times as much.
MOST_GROWTH_BYTES = 700_000


@contextmanager
def traced() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def in_use_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def flood(peer: Peer, first: int, count: int = FLOOD) -> None:
    """So many requests at once; a breath now and then, lest the kernel's own queue of datagrams overflows."""
    for number in range(first, first + count):
        await peer.ask(number, PAYLOAD)
        if number % 50 == 0:
            await asyncio.sleep(0)


async def calm(peer: Peer, gateway: Gateway, key: int) -> None:
    """Once this comes back, nothing is on its way any more; and the test itself has forgotten what it was told."""
    gateway.send(keyed(key))
    await until(lambda: key in gateway.confirmed)
    peer.answers.clear()


def test_every_request_of_a_flood_is_decided_on_or_refused(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.receipts = [TxReceipt(TxStatus.TOO_LATE)] * FLOOD
            await flood(peer, 1)
            await until(lambda: gateway.counters.downlinks_received == FLOOD)
            if Flag.TELLS_REFUSALS in peer.flags:
                await until(lambda: len(peer.answers) == FLOOD)
                assert {answer.number for answer in peer.answers} == set(range(1, FLOOD + 1))
                assert {answer.words for answer in peer.answers} <= {("TOO_LATE",), ("QUEUE_FULL",)}
            gateway.send(keyed(1))
            await until(lambda: gateway.confirmed == {1})
        assert gateway.counters.downlinks_accepted == 0

    play(story())


def test_what_is_accepted_and_never_ends_takes_no_memory_without_end(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Forgetful(peer).at_work() as gateway:
            await flood(peer, 1)
            await until(lambda: gateway.counters.downlinks_received == FLOOD)
            await calm(peer, gateway, 1)
            before_bytes = in_use_bytes()
            for first in (FLOOD + 1, 2 * FLOOD + 1):
                await flood(peer, first)
            await until(lambda: gateway.counters.downlinks_received == 3 * FLOOD)
            await calm(peer, gateway, 2)
            assert in_use_bytes() - before_bytes < MOST_GROWTH_BYTES

    with traced():
        play(story())


def test_uplinks_get_through_a_flood(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            flooding = asyncio.create_task(flood(peer, 1))
            for key in range(1, 51):
                gateway.send(keyed(key))
                await asyncio.sleep(0.001)
            await flooding
            await until(lambda: gateway.confirmed == set(range(1, 51)))
            # A broker may confirm an uplink before the server has it.
            await until(lambda: set(peer.payloads) == {frame(key) for key in range(1, 51)})

    play(story())


@pytest.mark.parametrize("uplinks", [20_000])
def test_uplinks_that_a_server_does_not_take_are_bounded_and_each_is_told_of(peer: Peer, uplinks: int) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer, patience_s=3).at_work() as gateway:
            peer.stall()
            for first in range(1, uplinks + 1, 100):
                gateway.send(keyed(*range(first, first + 100)))
                await asyncio.sleep(0)
            # Some of them are given up already, since so many can wait for a word and no more.
            peer.resume()
            await until(lambda: len(gateway.fates) == uplinks)

    play(story())


@pytest.mark.parametrize("peer", [name for name, made in PEERS.items() if made.chatter is not None], indirect=True)
def test_a_server_that_asks_and_does_not_listen_is_left(peer: Peer) -> None:
    """It is not heard any more once nothing more can be said to it: its answers would take memory without end."""

    async def story() -> None:
        assert peer.chatter is not None
        async with peer.at_hand(), Gateway(peer, patience_s=1).at_work() as gateway:
            peer.stall()
            for number in range(CHATTER):
                await peer.throw(peer.chatter)
                if number % 50 == 0:
                    await asyncio.sleep(0)
                if not gateway.counters.connected:
                    break
            assert not gateway.counters.connected
            peer.resume()
            await gateway.connected()
            gateway.send(keyed(1))
            await until(lambda: gateway.confirmed == {1})

    play(story())


class Forgetful(Gateway):
    """Accepts everything, remembers nothing, and never tells the end."""

    _number = 0

    def _deliver(self, _downlink: Downlink) -> TxReceipt:
        self._number += 1
        return TxReceipt(TxStatus.OK, emission=(self._number, 1000 * self._number))
