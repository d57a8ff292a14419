"""Statistics reports, where the protocol has such; where it has none, to be given one is no harm."""

from forwarder.backend import GatewayStats
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import unkeyed
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Peer, Report
from tests.gateway.broker.scene import play, until


def stats(received: int, crc_ok: int) -> GatewayStats:
    return GatewayStats(1_700_000_000, received, crc_ok, crc_ok, 0, 0, 21.5, 45.75, 4.85, 170)


def test_a_report_says_what_the_radio_heard(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.backend.send_stats(stats(10, 8))
            gateway.send(unkeyed(1))
            await until(lambda: len(peer.uplinks) == 1)
            if Flag.CARRIES_REPORTS in peer.flags:
                await until(lambda: peer.reports[-1:] == [Report(10, 8)])
            else:
                assert peer.reports == []

    play(story())


def test_one_without_a_time_and_a_place_is_a_report_too(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            gateway.backend.send_stats(GatewayStats(None, 3, 2, 2, 0, 0))
            gateway.send(unkeyed(1))
            await until(lambda: len(peer.uplinks) == 1)
            await until(lambda: Flag.CARRIES_REPORTS not in peer.flags or peer.reports[-1:] == [Report(3, 2)])

    play(story())


def test_reports_while_the_server_is_away_are_added_to_the_next_one_or_else_lost(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer, patience_s=1).at_work() as gateway:
            await peer.stop()
            await until(lambda: not gateway.counters.connected)
            before = len(peer.reports)
            gateway.backend.send_stats(stats(1, 1))
            gateway.backend.send_stats(stats(10, 5))
            await peer.start()
            await gateway.connected()
            gateway.backend.send_stats(stats(100, 50))
            gateway.send(unkeyed(1))
            await until(lambda: len(peer.uplinks) == 1)
            if Flag.CARRIES_REPORTS in peer.flags:
                received = 111 if Flag.REPORTS_ADD_UP in peer.flags else 100
                await until(lambda: sum(report.packets_received for report in peer.reports[before:]) == received)
            else:
                assert peer.reports == []

    play(story())


def test_they_can_be_given_before_the_start_and_after_the_end(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand():
            gateway = Gateway(peer)
            gateway.backend.send_stats(stats(1, 1))
            async with gateway.at_work():
                pass
            gateway.backend.send_stats(stats(1, 1))

    play(story())
