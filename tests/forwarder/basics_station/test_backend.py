"""The backend and a server on loopback: traffic, the way back, the end."""

import asyncio
import json
import socket
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from forwarder.backend import AtCounter, Downlink, TxReceipt, Uplink
from forwarder.basics_station.channel_plan import ChannelPlan
from forwarder.basics_station.server_messages import StationVersion
from radio.packets import TxStatus
from tests.forwarder.basics_station.lns import ROUTER_CONFIG, Lns, config, running, until
from tests.forwarder.basics_station.test_link import FRAME
from tests.forwarder.basics_station.test_orders import message
from tests.packets import packet

EMISSION = (3, 12_345_678)


def uplinks(*numbers: int) -> list[Uplink]:
    return [Uplink(packet(payload=FRAME + bytes([number]))) for number in numbers]


def test_from_discovery_to_traffic() -> None:
    async def story() -> None:
        version = StationVersion("candelabre 1", "1", "1", "pi")
        async with Lns().serving() as lns, running(config(lns), version=version) as backend:
            await until(lambda: backend.counters.connected)
            assert lns.routers == [{"router": "16:c001:ff10:a235"}]
            assert (lns.messages[0]["station"], lns.messages[0]["features"]) == ("candelabre 1", "")
            backend.send_uplinks(uplinks(1, 2))
            await lns.until(lambda: len(lns.of("updf")) == 2)
            counters = backend.counters
            assert (counters.uplinks_sent, counters.uplinks_acknowledged, counters.datagrams_sent) == (2, 0, 2)
            assert counters.bytes_up > 0
            assert counters.bytes_down > 0
            assert counters.last_acknowledged_s is not None
        await lns.until(lambda: lns.connection is not None and lns.connection.close_code == 1000)
        assert not backend.counters.connected

    asyncio.run(story())


def test_an_answered_ping_acknowledges_what_was_sent_before() -> None:
    async def story() -> None:
        async with Lns().serving() as lns, running(config(lns, keepalive_s=1)) as backend:
            await until(lambda: backend.counters.connected)
            backend.send_uplinks(uplinks(1, 2))
            before_s = backend.counters.last_acknowledged_s
            await until(lambda: backend.counters.uplinks_acknowledged == 2)
            assert (backend.counters.last_acknowledged_s or 0) > (before_s or 0)

    asyncio.run(story())


def test_a_server_that_pings_is_answered() -> None:
    async def story() -> None:
        async with Lns().serving() as lns, running(config(lns)) as backend:
            await until(lambda: backend.counters.connected)
            assert lns.connection is not None
            before_s = backend.counters.last_acknowledged_s
            await (await lns.connection.ping())
            assert (backend.counters.last_acknowledged_s or 0) > (before_s or 0)

    asyncio.run(story())


class TestDownlinks:
    """From the server to whoever decides, and back once it was emitted."""

    def test_the_server_is_told_after_the_emission_and_not_before(self) -> None:
        async def story() -> None:
            asked: list[Downlink] = []

            def deliver(downlink: Downlink) -> TxReceipt:
                asked.append(downlink)
                return TxReceipt(TxStatus.OK, emission=EMISSION)

            async with Lns().serving() as lns, running(config(lns), deliver) as backend:
                await until(lambda: backend.counters.connected)
                backend.send_uplinks(uplinks(1))
                await lns.until(lambda: bool(lns.of("updf")))
                await lns.send(**message(xtime=lns.of("updf")[0]["upinfo"]["xtime"]))
                await until(lambda: bool(asked))
                assert asked[0].timing == AtCounter(packet().counter_us + 1_000_000)
                assert asked[0].backend == "lns"
                assert lns.of("dntxed") == []
                backend.emission_ended(EMISSION, "")
                await lns.until(lambda: bool(lns.of("dntxed")))
                assert lns.of("dntxed")[0]["diid"] == 1001
                assert (backend.counters.downlinks_received, backend.counters.downlinks_accepted) == (1, 1)

        asyncio.run(story())

    def test_after_a_refusal_the_other_window_is_asked_for(self) -> None:
        async def story() -> None:
            asked: list[Downlink] = []

            def deliver(downlink: Downlink) -> TxReceipt:
                asked.append(downlink)
                return TxReceipt(TxStatus.COLLISION_PACKET)

            async with Lns().serving() as lns, running(config(lns), deliver) as backend:
                await until(lambda: backend.counters.connected)
                backend.send_uplinks(uplinks(1))
                await lns.until(lambda: bool(lns.of("updf")))
                await lns.send(**message(xtime=lns.of("updf")[0]["upinfo"]["xtime"]))
                await until(lambda: len(asked) == 2)
                assert [downlink.packet.freq_hz for downlink in asked] == [868_100_000, 869_525_000]
                assert backend.counters.downlinks_accepted == 0

        asyncio.run(story())

    def test_an_error_of_whoever_decides_ends_the_backend(self) -> None:
        async def story() -> None:
            def deliver(_downlink: Downlink) -> TxReceipt:
                raise RuntimeError("a bug")

            async with Lns().serving() as lns:
                with pytest.RaisesGroup(RuntimeError):
                    async with running(config(lns), deliver) as backend:
                        await until(lambda: backend.counters.connected)
                        await lns.send(**message(dC=2))
                        await until(lambda: not backend.counters.connected)

        asyncio.run(story())


def test_another_configuration_is_gone_to_at_once() -> None:
    async def story() -> None:
        async with Lns().serving() as first, Lns().serving() as second, running(config(first)) as backend:
            await until(lambda: backend.counters.connected)
            backend.change(config(second))
            await second.until(lambda: second.data_connections == 1)
            await until(lambda: backend.counters.connected)
            assert backend.name == "lns"
            assert first.connection is not None
            assert first.connection.close_code == 1000
            assert len(first.routers) == 1

    asyncio.run(story())


class TestWayBack:
    """Losses."""

    def test_uplinks_wait_while_there_is_no_connection(self) -> None:
        async def story() -> None:
            async with Lns().serving() as lns, running(config(lns)) as backend:
                await until(lambda: backend.counters.connected)
                assert lns.connection is not None
                await lns.connection.close(1012)
                await until(lambda: not backend.counters.connected)
                backend.send_uplinks(uplinks(1, 2, 3))
                await lns.until(lambda: len(lns.of("updf")) == 3)
                assert (lns.data_connections, len(lns.routers)) == (2, 1)
                assert backend.counters.uplinks_dropped == 0

        asyncio.run(story())

    def test_a_connection_that_breaks(self) -> None:
        async def story() -> None:
            async with Lns().serving() as lns, running(config(lns)) as backend:
                await until(lambda: backend.counters.connected)
                assert lns.connection is not None
                lns.connection.transport.abort()
                await lns.until(lambda: lns.data_connections == 2)
                await until(lambda: backend.counters.connected)

        asyncio.run(story())

    def test_a_server_that_comes_later(self) -> None:
        async def story() -> None:
            with socket.create_server(("127.0.0.1", 0)) as placeholder:
                port = placeholder.getsockname()[1]
            lns = Lns()
            async with running(config(lns, uri=f"ws://127.0.0.1:{port}")) as backend:
                backend.send_uplinks(uplinks(1))
                await asyncio.sleep(0.05)
                async with lns.serving(port=port):
                    await lns.until(lambda: len(lns.of("updf")) == 1)

        asyncio.run(story())

    def test_a_name_that_is_none_ends_nothing(self) -> None:
        async def story() -> None:
            async def resolve(_host: str) -> list[Any]:
                raise OSError("Name or service not known")

            async with running(config(Lns(), uri="ws://lns.invalid"), resolve=resolve) as backend:
                await asyncio.sleep(0.05)
                assert not backend.counters.connected

        asyncio.run(story())


def test_an_ipv6_server() -> None:
    async def story() -> None:
        async with Lns().serving(host="::1") as lns, running(config(lns, uri=f"ws://[::1]:{lns.port}")) as backend:
            await until(lambda: backend.counters.connected)

    asyncio.run(story())


def test_the_server_s_channels_are_told_once_for_each_change() -> None:
    async def story() -> None:
        plans: list[ChannelPlan] = []
        async with Lns().serving() as lns, running(config(lns), on_plan=plans.append) as backend:
            await until(lambda: backend.counters.connected)
            for freq_hz in (868_500_000, 868_700_000):
                entry = ROUTER_CONFIG["sx1301_conf"][0] | {"radio_1": {"enable": True, "freq": freq_hz}}
                await lns.send(**ROUTER_CONFIG | {"sx1301_conf": [entry]})
            await until(lambda: len(plans) == 2)
            assert [plan.centres_hz[1] for plan in plans] == [868_500_000, 868_700_000]

    asyncio.run(story())


def test_a_new_start_of_the_radio_is_a_new_session_of_xtimes() -> None:
    async def story() -> None:
        async with Lns().serving() as lns, running(config(lns)) as backend:
            await until(lambda: backend.counters.connected)
            backend.send_uplinks(uplinks(1))
            backend.radio_started()
            backend.send_uplinks(uplinks(2))
            await lns.until(lambda: len(lns.of("updf")) == 2)
            first, second = (uplink["upinfo"]["xtime"] for uplink in lns.of("updf"))
            assert first >> 48 != second >> 48

    asyncio.run(story())


def test_a_server_that_takes_nothing_makes_uplinks_wait_in_their_own_queue() -> None:
    async def story() -> None:
        async def deaf(_lns: Lns, connection: ServerConnection) -> None:
            await connection.recv()
            await connection.send(json.dumps(ROUTER_CONFIG))
            connection.transport.pause_reading()
            await connection.wait_closed()

        async with Lns(deaf).serving() as lns, running(config(lns)) as backend:
            await until(lambda: backend.counters.connected)
            for batch in range(200):
                backend.send_uplinks(
                    [Uplink(packet(payload=FRAME + bytes(200) + batch.to_bytes(2) + bytes([n]))) for n in range(100)]
                )
                await asyncio.sleep(0)
            counters = backend.counters
            assert counters.uplinks_sent < 20_000
            assert counters.uplinks_dropped > 0
            waiting = 20_000 - counters.uplinks_sent - counters.uplinks_dropped - counters.uplinks_filtered
            assert 0 < waiting <= 4096
            assert lns.connection is not None
            lns.connection.transport.abort()

    asyncio.run(story())
