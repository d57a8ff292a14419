"""What was accepted and then not emitted, and what is said of emissions that nobody asked for."""

from tests.conformance.backends.answers import OK, settled
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import unkeyed
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import RX1_HZ, RX2_HZ, Answer, Peer
from tests.conformance.backends.peers import having
from tests.gateway.broker.scene import play, until

FAILURE = "the chip was not seen emitting it"


def test_a_failure_after_acceptance_is_told_where_there_is_a_word_for_it(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            await peer.ask(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            gateway.ended(0, FAILURE)
            if Flag.TELLS_FAILED_EMISSIONS in peer.flags:
                told = [Answer(7, ("INTERNAL_ERROR",))]
            else:
                # Never that it was emitted; that it was accepted may have been said before.
                told = [Answer(7, OK)] if Flag.ANSWERS_AT_ACCEPTANCE in peer.flags else []
            assert await settled(peer, gateway) == told

    play(story())


@having(Flag.TRIES_RX2)
def test_rx2_takes_over_where_rx1_was_accepted_and_failed(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send(unkeyed(5))
            await until(lambda: len(peer.uplinks) == 1)
            await peer.ask_after_uplink(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            gateway.ended(0, FAILURE)
            await until(lambda: len(gateway.requests) == 2)
            assert [request.packet.freq_hz for request in gateway.requests] == [RX1_HZ, RX2_HZ]
            gateway.ended(1)
            words = ("INTERNAL_ERROR", "OK") if Flag.TELLS_FAILED_EMISSIONS in peer.flags else OK
            assert await settled(peer, gateway) == [Answer(7, words)]

    play(story())


@having(Flag.TRIES_RX2)
def test_both_windows_fail(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send(unkeyed(5))
            await until(lambda: len(peer.uplinks) == 1)
            await peer.ask_after_uplink(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            gateway.ended(0, FAILURE)
            await until(lambda: len(gateway.requests) == 2)
            gateway.ended(1, FAILURE)
            told = [Answer(7, ("INTERNAL_ERROR", "INTERNAL_ERROR"))]
            assert await settled(peer, gateway) == (told if Flag.TELLS_FAILED_EMISSIONS in peer.flags else [])

    play(story())


def test_emissions_of_others_and_ends_that_are_told_twice_mean_nothing(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.backend.emission_ended((4_000, 1), "")
            await peer.ask(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            gateway.backend.emission_ended((4_000, 1), FAILURE)
            gateway.ended(0)
            gateway.ended(0)
            gateway.ended(0, FAILURE)
            assert await settled(peer, gateway) == [Answer(7, OK)]

    play(story())


def test_an_emission_that_ends_while_the_server_is_away_ends_nothing_else(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer, patience_s=1).at_work() as gateway:
            await peer.ask(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            await peer.stop()
            await until(lambda: not gateway.counters.connected)
            gateway.ended(0)
            await peer.start()
            await gateway.connected()
            told = await settled(peer, gateway)
            assert set(told) <= {Answer(7, OK)}
            assert len(told) <= 1

    play(story())
