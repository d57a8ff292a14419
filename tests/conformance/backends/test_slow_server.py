"""A server that does nothing for a while: shorter than the gateway's patience, and longer."""

from tests.conformance.backends.answers import OK, settled
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import frame, keyed
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Answer, Peer
from tests.gateway.broker.scene import play, until


def test_one_that_takes_its_time_has_everything_in_the_end(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            connections = peer.connections
            peer.stall()
            for first in range(1, 501, 5):
                gateway.send(keyed(*range(first, first + 5)))
            gateway.requests.clear()
            assert gateway.fates == []
            assert peer.uplinks == []
            peer.resume()
            await until(lambda: gateway.confirmed == set(range(1, 501)))
            expected = [frame(number) for number in range(1, 501)]
            await until(lambda: len(peer.uplinks) == 500)
            assert peer.payloads == expected if Flag.KEEPS_ORDER in peer.flags else set(peer.payloads) == set(expected)
            assert peer.connections == connections
            await settled(peer, gateway)

    play(story())


def test_one_that_takes_longer_than_there_is_patience_confirms_nothing_and_is_welcome_again(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer, patience_s=1).at_work() as gateway:
            peer.stall()
            gateway.send(keyed(1, 2, 3))
            await until(lambda: gateway.given_back == {1, 2, 3})
            peer.resume()
            await gateway.connected()
            gateway.send(keyed(4))
            await until(lambda: gateway.confirmed == {4})
            await until(lambda: frame(4) in peer.payloads)
            # What it has after all, it has once.
            assert len(set(peer.payloads)) == len(peer.payloads)
            assert gateway.given_back == {1, 2, 3}
            assert await settled(peer, gateway) == []

    play(story())


def test_an_answer_to_a_slow_server_waits_for_it(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            await peer.ask(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            peer.stall()
            gateway.ended(0)
            peer.resume()
            await until(lambda: peer.answers == [Answer(7, OK)])

    play(story())
