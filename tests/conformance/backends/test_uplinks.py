"""Uplinks, on their way up: what the server is told of each, in what order, and when it is known to have it."""

import asyncio

from radio.packets import CrcStatus
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import HEARD_NS, HEARD_S, frame, keyed, unkeyed, uplink
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Peer
from tests.gateway.broker.scene import play, until


def test_an_uplink_arrives_as_it_was_heard(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send([uplink(1, rssi_channel_dbm=-113.4, rssi_signal_dbm=-114.4, snr_db=-7.25, utc_ns=HEARD_NS)])
            await until(lambda: len(peer.uplinks) == 1)
        (seen,) = peer.uplinks
        assert seen.payload == frame(1)
        assert seen.rssi_dbm == (-114 if Flag.LEVEL_IS_THE_SIGNALS in peer.flags else -113)
        assert abs(seen.snr_db - -7.25) <= 0.05
        assert seen.unix_s == HEARD_S
        assert not seen.late

    play(story())


def test_a_time_that_nobody_is_sure_of_is_not_told(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send(unkeyed(1))
            await until(lambda: len(peer.uplinks) == 1)
        assert peer.uplinks[0].unix_s is None

    play(story())


def test_one_that_waited_on_disk_has_its_true_time_and_a_mark_where_there_is_one(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send([uplink(1, key=1, late=True, utc_ns=HEARD_NS)])
            gateway.send([uplink(2, key=2)])
            await until(lambda: len(peer.uplinks) == 2)
            await until(lambda: gateway.confirmed == {1, 2})
        late, live = peer.uplinks
        assert late.unix_s == HEARD_S
        assert late.late == (Flag.MARKS_LATE in peer.flags)
        assert not live.late

    play(story())


def test_a_thousand_in_a_hurry_all_arrive_and_are_confirmed(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            for first in range(1, 1001, 8):
                gateway.send(keyed(*range(first, first + 8)))
            await until(lambda: len(peer.uplinks) == 1000)
            await until(lambda: len(gateway.fates) == 1000)
        assert gateway.confirmed == set(range(1, 1001))
        expected = [frame(number) for number in range(1, 1001)]
        assert peer.payloads == expected if Flag.KEEPS_ORDER in peer.flags else set(peer.payloads) == set(expected)
        assert gateway.counters.uplinks_acknowledged == 1000

    play(story())


def test_one_is_confirmed_by_the_servers_word_or_else_by_its_answer_to_a_ping(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer, confirms=False).at_work() as gateway:
            gateway.send(keyed(1, 2))
            if Flag.ACKNOWLEDGES_UPLINKS in peer.flags:
                await until(lambda: gateway.confirmed == {1, 2})
            await until(lambda: len(peer.uplinks) == 2)
            # What the server sends now comes after all that it had to say of the uplinks.
            await peer.ask(1, b"later")
            await until(lambda: len(gateway.requests) == 1)
            await asyncio.sleep(0)
            assert bool(gateway.fates) == (Flag.ACKNOWLEDGES_UPLINKS in peer.flags)

    play(story())


def test_one_that_the_server_does_not_want_is_done_with(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.send([uplink(1, key=1, crc_status=CrcStatus.BAD), uplink(2, crc_status=CrcStatus.BAD), *keyed(3)])
            await until(lambda: gateway.confirmed == {1, 3})
            await until(lambda: peer.payloads == [frame(3)])
        assert gateway.counters.uplinks_filtered == 2

    play(story())


def test_nobody_needs_to_wait_for_fates(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.backend.on_fate = None
            gateway.backend.send_uplinks(keyed(1))
            await until(lambda: gateway.counters.uplinks_acknowledged == 1)
            gateway.given += unkeyed(1)

    play(story())
