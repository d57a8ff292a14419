"""The end in the middle of everything: each uplink has its fate, nothing hangs, calls that come later do no harm."""

import asyncio

import pytest

from forwarder.backend import Downlink, TxReceipt
from radio.packets import TxStatus
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import keyed, unkeyed
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Answer, Peer
from tests.gateway.broker.scene import play, until


def test_uplinks_on_their_way_are_told_of_before_the_end(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand():
            async with Gateway(peer).at_work() as gateway:
                peer.stall()
                gateway.send(keyed(*range(1, 301)))
                gateway.send(unkeyed(301))
                await asyncio.sleep(0)
            assert gateway.given_back == set(range(1, 301))
            peer.resume()

    play(story())


def test_in_full_traffic_both_ways(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand():
            async with Gateway(peer).at_work() as gateway:
                gateway.send(keyed(1))
                await until(lambda: len(peer.uplinks) == 1)
                for number in range(1, 101):
                    await peer.ask(number, b"payload")
                    gateway.send(keyed(number + 1))
                await until(lambda: len(gateway.requests) > 0)
            assert len(gateway.fates) == 101

    play(story())


def test_while_the_server_is_away(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(started=False):
            async with Gateway(peer).started() as gateway:
                gateway.send(keyed(1, 2))
                gateway.send(unkeyed(3))
                await asyncio.sleep(0.05)
            assert gateway.given_back == {1, 2}

    play(story())


def test_before_it_has_begun(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(started=False):
            gateway = Gateway(peer)
            gateway.send(keyed(1))
            async with gateway.started():
                await asyncio.sleep(0.05)
            assert gateway.given_back == {1}

    play(story())


def test_what_was_accepted_is_answered_for_where_it_can_be(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand():
            async with Gateway(peer).at_work() as gateway:
                await peer.ask(7, b"payload")
                await until(lambda: len(gateway.requests) == 1)
                if Flag.ANSWERS_AT_ACCEPTANCE in peer.flags:
                    await until(lambda: peer.answers == [Answer(7, ("OK",))])
            if Flag.ANSWERS_AT_THE_END in peer.flags:
                await until(lambda: peer.answers == [Answer(7, ("INTERNAL_ERROR",))])
            elif Flag.ANSWERS_AT_ACCEPTANCE not in peer.flags:
                assert peer.answers == []

    play(story())


def test_calls_after_the_end_are_no_harm(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand():
            async with Gateway(peer).at_work() as gateway:
                await peer.ask(7, b"payload")
                await until(lambda: len(gateway.requests) == 1)
            gateway.ended(0)
            gateway.ended(0, "too late")
            gateway.send(keyed(1))
            await until(lambda: gateway.given_back == {1})

    play(story())


def test_a_failure_of_whoever_decides_ends_the_backend_and_is_not_swallowed(peer: Peer) -> None:
    async def story() -> None:
        def fail(_downlink: Downlink) -> TxReceipt:
            raise LookupError("a bug")

        async with peer.at_hand():
            backend = Gateway(peer).backend
            running = asyncio.create_task(backend.run(fail))
            await until(lambda: backend.counters.connected and peer.is_reached)
            await peer.ask(7, b"payload")
            await asyncio.wait({running})
            with pytest.RaisesGroup(LookupError):
                running.result()
            assert not backend.counters.connected

    play(story())


def test_a_refusal_in_the_very_last_moment(peer: Peer) -> None:
    """The requests are still being decided on when the end comes."""

    async def story() -> None:
        async with peer.at_hand():
            async with Gateway(peer).at_work() as gateway:
                gateway.receipts = [TxReceipt(TxStatus.TOO_LATE)] * 50
                for number in range(1, 51):
                    await peer.ask(number, b"payload")
                await until(lambda: gateway.counters.downlinks_received > 0)
            assert len(gateway.requests) <= 50

    play(story())
