"""Downlinks: what is asked for, and what the server is told, when, for each decision of the gateway."""

import pytest

from forwarder.backend import AtCounter, AtOnce, TxReceipt
from radio.packets import CodingRate, Modulation, TxStatus
from tests.conformance.backends.answers import OK, settled
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import unkeyed
from tests.conformance.backends.gateway import Gateway, emission_of
from tests.conformance.backends.peer import RX1_HZ, RX2_HZ, RX_DELAY_S, Answer, Peer
from tests.conformance.backends.peers import having
from tests.gateway.broker.scene import play, until

REFUSALS = [status for status in TxStatus if status is not TxStatus.OK]
# What no protocol has a word for.
UNNAMED = {TxStatus.INVALID, TxStatus.NOT_PERMITTED, TxStatus.RADIO_DOWN}


def word_for(status: TxStatus) -> str:
    return "INTERNAL_ERROR" if status in UNNAMED else status.value


def words_for(peer: Peer, *windows: str) -> tuple[str, ...]:
    """The words for a request whose last window was emitted: where there is none for a refusal, that alone."""
    return windows if Flag.TELLS_REFUSALS in peer.flags else windows[-1:]


def test_a_request_reaches_the_radio_as_it_was_meant(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            await peer.ask(7, b"at once")
            await until(lambda: len(gateway.requests) == 1)
        (request,) = gateway.requests
        packet = request.packet
        assert (request.backend, request.timing) == (peer.protocol, AtOnce())
        assert (packet.payload, packet.freq_hz, packet.modulation) == (b"at once", RX2_HZ, Modulation.LORA)
        assert (packet.bandwidth_hz, packet.spreading_factor) == (125_000, 12)
        assert (packet.coding_rate, packet.invert_polarity) == (CodingRate.CR_4_5, True)

    play(story())


def test_an_answer_to_an_uplink_is_for_its_window(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send(unkeyed(5))
            await until(lambda: len(peer.uplinks) == 1)
            await peer.ask_after_uplink(7, b"in RX1")
            await until(lambda: len(gateway.requests) == 1)
        (request,) = gateway.requests
        assert request.packet.freq_hz == RX1_HZ
        assert request.timing == AtCounter(1_000_005 + RX_DELAY_S * 1_000_000)

    play(story())


def test_the_server_is_told_of_acceptance_or_else_of_emission(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            await peer.ask(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            if Flag.ANSWERS_AT_ACCEPTANCE in peer.flags:
                await until(lambda: peer.answers == [Answer(7, OK)])
            # What arrives after it shows that nothing was said before.
            gateway.send(unkeyed(1))
            await until(lambda: len(peer.uplinks) == 1)
            assert bool(peer.answers) == (Flag.ANSWERS_AT_ACCEPTANCE in peer.flags)
            gateway.ended(0)
            assert await settled(peer, gateway) == [Answer(7, OK)]
        counters = gateway.counters
        assert (counters.downlinks_received, counters.downlinks_accepted) == (2, 2)

    play(story())


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_told_by_its_name_or_not_at_all(peer: Peer, status: TxStatus) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.receipts = [TxReceipt(status)]
            await peer.ask(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            told = [Answer(7, (word_for(status),))] if Flag.TELLS_REFUSALS in peer.flags else []
            assert await settled(peer, gateway) == told
        counters = gateway.counters
        assert (counters.downlinks_received, counters.downlinks_accepted) == (2, 1)

    play(story())


@having(Flag.TRIES_RX2)
@pytest.mark.parametrize("status", REFUSALS)
def test_after_the_refusal_of_rx1_rx2_is_asked_for(peer: Peer, status: TxStatus) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send(unkeyed(5))
            await until(lambda: len(peer.uplinks) == 1)
            gateway.receipts = [TxReceipt(status)]
            await peer.ask_after_uplink(7, b"payload")
            await until(lambda: len(gateway.requests) == 2)
            assert [request.packet.freq_hz for request in gateway.requests] == [RX1_HZ, RX2_HZ]
            assert gateway.requests[1].timing == AtCounter(1_000_005 + (RX_DELAY_S + 1) * 1_000_000)
            gateway.ended(1)
            await until(lambda: len(peer.answers) == 1)
            assert await settled(peer, gateway) == [Answer(7, words_for(peer, word_for(status), "OK"))]

    play(story())


@having(Flag.TRIES_RX2)
def test_a_request_with_two_windows_counts_once(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send(unkeyed(5))
            await until(lambda: len(peer.uplinks) == 1)
            await peer.ask_after_uplink(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            gateway.ended(0, "the chip was not seen emitting it")
            await until(lambda: len(gateway.requests) == 2)
            gateway.ended(1)
        assert (gateway.counters.downlinks_received, gateway.counters.downlinks_accepted) == (1, 1)

    play(story())


@having(Flag.TRIES_RX2)
def test_where_both_are_refused_the_server_is_told_of_both_or_of_none(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send(unkeyed(5))
            await until(lambda: len(peer.uplinks) == 1)
            gateway.receipts = [TxReceipt(TxStatus.COLLISION_PACKET), TxReceipt(TxStatus.DUTY_CYCLE_OVERFLOW)]
            await peer.ask_after_uplink(7, b"payload")
            await until(lambda: len(gateway.requests) == 2)
            told = [Answer(7, ("COLLISION_PACKET", "DUTY_CYCLE_OVERFLOW"))]
            assert await settled(peer, gateway) == (told if Flag.TELLS_REFUSALS in peer.flags else [])

    play(story())


@having(Flag.TRIES_RX2)
def test_where_rx1_is_emitted_rx2_is_left_alone(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send(unkeyed(5))
            await until(lambda: len(peer.uplinks) == 1)
            await peer.ask_after_uplink(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            gateway.ended(0)
            words = ("OK", "IGNORED") if Flag.TELLS_REFUSALS in peer.flags else OK
            assert await settled(peer, gateway) == [Answer(7, words)]
        assert len(gateway.requests) == 2

    play(story())


def test_less_power_than_asked_for_is_acceptance_all_the_same(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.receipts = [TxReceipt(TxStatus.OK, power_used_dbm=12, emission=emission_of(0))]
            await peer.ask(7, b"payload")
            await until(lambda: len(gateway.requests) == 1)
            gateway.ended(0)
            power_dbm = 12 if Flag.TELLS_POWER_USED in peer.flags else None
            assert await settled(peer, gateway) == [Answer(7, OK, power_dbm)]

    play(story())


def test_a_request_that_comes_twice(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            for _ in range(2):
                await peer.ask(7, b"payload")
            times = 1 if Flag.KNOWS_REPEATED_REQUESTS in peer.flags else 2
            await until(lambda: len(gateway.requests) == times)
            for place in range(times):
                gateway.ended(place)
            assert await settled(peer, gateway) == times * [Answer(7, OK)]

    play(story())
