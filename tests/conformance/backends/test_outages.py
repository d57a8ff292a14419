"""A server that is gone and comes back, that comes late, or that loses what is on its way."""

import asyncio

from tests.conformance.backends.answers import OK, settled
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import frame, keyed, unkeyed, uplink
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Answer, Peer
from tests.gateway.broker.scene import play, until


def test_gone_and_back(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer, patience_s=1).at_work() as gateway:
            gateway.send(keyed(1))
            await until(lambda: gateway.confirmed == {1} and peer.payloads == [frame(1)])
            await peer.stop()
            await until(lambda: not gateway.counters.connected)
            gateway.send(keyed(2, 3))
            gateway.send(unkeyed(4, 5))
            await asyncio.sleep(0)
            assert (gateway.given_back == {2, 3}) == (Flag.HAS_CONNECTION in peer.flags)
            await until(lambda: gateway.given_back == {2, 3})
            await peer.start()
            await gateway.connected()
            gateway.send(keyed(6))
            await until(lambda: gateway.confirmed == {1, 6})
            waited = [frame(4), frame(5)] if Flag.HAS_CONNECTION in peer.flags else []
            await until(lambda: peer.payloads == [frame(1), *waited, frame(6)])
            assert await settled(peer, gateway, number=7) == []

    play(story())


def test_one_that_comes_late(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(started=False), Gateway(peer, patience_s=1).started() as gateway:
            gateway.send(keyed(1))
            gateway.send(unkeyed(2))
            await until(lambda: gateway.given_back == {1})
            assert not gateway.counters.connected
            await peer.start()
            await gateway.connected()
            gateway.send(keyed(3))
            await until(lambda: gateway.confirmed == {3})
            waited = [frame(2)] if Flag.HAS_CONNECTION in peer.flags else []
            await until(lambda: peer.payloads == [*waited, frame(3)])

    play(story())


def test_what_is_confirmed_has_arrived_whatever_breaks(peer: Peer) -> None:
    """Whoever gave uplinks sends those that are given back once more; twice all that is on its way is lost."""
    frames = {frame(number) for number in range(1, 301)}

    async def story() -> None:
        async with peer.at_hand(), Gateway(peer, patience_s=1).at_work() as gateway:
            waiting, numbers = list(range(1, 301)), dict[int, int]()
            looked_at = 0
            while waiting or looked_at < len(numbers):
                for key, delivered in gateway.fates[looked_at:]:
                    waiting += [] if delivered else [numbers[key]]
                    looked_at += 1
                if waiting and gateway.counters.connected:
                    key = len(numbers) + 1
                    numbers[key] = waiting.pop(0)
                    gateway.send([uplink(numbers[key], key)])
                    if key in (100, 200):
                        await peer.cut()
                await asyncio.sleep(0)
            assert {frame(numbers[key]) for key in gateway.confirmed} == frames
            await until(lambda: set(peer.payloads) == frames)

    play(story())


def test_a_downlink_that_was_accepted_before_a_break_is_answered_for_after_it_or_not_at_all(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer, patience_s=1).at_work() as gateway:
            await peer.ask(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            before = peer.connections
            await peer.cut()
            if Flag.HAS_CONNECTION in peer.flags:
                await until(lambda: peer.connections > before)
            await gateway.connected()
            gateway.ended(0)
            if Flag.ANSWERS_AT_ACCEPTANCE not in peer.flags:
                await until(lambda: peer.answers == [Answer(7, OK)])
            assert set(await settled(peer, gateway)) <= {Answer(7, OK)}

    play(story())
