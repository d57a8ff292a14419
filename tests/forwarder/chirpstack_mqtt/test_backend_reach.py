"""The broker comes and goes, or does not let the gateway in."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from forwarder.backend import GatewayStats
from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.backend import MAX_WAITING_UPLINKS
from forwarder.chirpstack_mqtt.protobuf import encode
from gateway.broker.client import Broker
from gateway.broker.outbox import Fate
from tests.forwarder.chirpstack_mqtt.city import City, Server
from tests.forwarder.chirpstack_mqtt.frames import EUI, GATEWAY_ID, item
from tests.forwarder.semtech_udp.uplinks import uplink
from tests.gateway.broker.certificates import Authority
from tests.gateway.broker.scene import play, until
from tests.mosquitto import Way

ONLINE, OFFLINE = gw.State.ONLINE, gw.State.OFFLINE


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with City(tmp_path).at_work() as at_work:
        yield at_work


def test_a_gateway_is_online_first_and_offline_after_a_clean_stop(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server:
            async with city.backend().at_work() as gateway:
                gateway.backend.send_uplinks([uplink()])
            await server.until(lambda s: len(s.states) == 2)
        assert server.kinds() == ["conn", "stats", "up", "conn"]
        assert server.states == [ONLINE, OFFLINE]
        assert not gateway.backend.counters.connected
        # Both stay for whoever asks later.
        async with Server(city).at_work() as late:
            await late.until(lambda s: s.states == [OFFLINE])
        assert late.heard[0].retained

    play(story())


def test_a_gateway_that_is_lost_is_said_to_be_offline_and_then_online_again(city: City) -> None:
    async def story() -> None:
        async with (
            Server(city).at_work() as server,
            Way(city.mosquitto.port).served() as way,
            city.backend(way.port).at_work() as gateway,
        ):
            await server.until(lambda s: s.states == [ONLINE])
            way.open.clear()
            way.cut()
            await server.until(lambda s: s.states == [ONLINE, OFFLINE])
            way.open.set()
            await server.until(lambda s: s.states == [ONLINE, OFFLINE, ONLINE])
            gateway.backend.send_uplinks([uplink()])
            await server.until(lambda s: "up" in s.kinds())

    play(story())


def test_what_was_heard_meanwhile_comes_after_online_and_the_report(city: City) -> None:
    async def story() -> None:
        city.mosquitto.stop()
        async with city.backend().started() as gateway:
            await until(lambda: gateway.client.state.last_error is not None)
            gateway.backend.send_uplinks([uplink(counter_us=number) for number in range(3)])
            gateway.backend.send_stats(GatewayStats(1_662_813_015, 5, 4, 0, 0, 0))
            city.mosquitto.start()
            await until(lambda: gateway.backend.counters.uplinks_acknowledged == 3)
            counters = gateway.backend.counters
            assert (counters.uplinks_sent, counters.uplinks_dropped) == (3, 0)

    play(story())


def test_the_order_after_an_outage(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, Way(city.mosquitto.port).served() as way:
            gateway = city.backend(way.port)
            way.open.clear()
            async with gateway.started():
                gateway.backend.send_uplinks([uplink(), uplink()])
                gateway.backend.send_stats(GatewayStats(None, 5, 4, 0, 0, 0))
                way.open.set()
                await server.until(lambda s: s.kinds() == ["conn", "stats", "up", "up"])
            (report,) = server.all_of("stats", gw.GatewayStats)
            assert report.rx_packets_received == 5

    play(story())


def test_what_is_heard_during_an_outage_is_bounded_and_its_oldest_are_dropped(city: City) -> None:
    async def story() -> None:
        city.mosquitto.stop()
        async with city.backend().started() as gateway:
            gateway.backend.send_uplinks([uplink()] * (MAX_WAITING_UPLINKS + 3))
            assert gateway.backend.counters.uplinks_dropped == 3
        assert gateway.backend.counters.uplinks_dropped == MAX_WAITING_UPLINKS + 3

    play(story())


def test_what_waited_for_too_long_is_dropped_when_the_broker_returns(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        city.mosquitto.stop()
        async with city.backend().started() as gateway:
            gateway.backend.send_uplinks([uplink()] * 3)
            # Five minutes go by.
            monkeypatch.setattr("forwarder.chirpstack_mqtt.waiting.KEPT_S", 0.0)
            city.mosquitto.start()
            await until(lambda: gateway.backend.counters.connected)
            assert gateway.backend.counters.uplinks_dropped == 3
            assert gateway.backend.counters.uplinks_sent == 0

    play(story())


def test_a_broker_that_is_gone_is_noticed_and_a_returning_one_too(city: City) -> None:
    async def story() -> None:
        async with city.backend().at_work() as gateway:
            city.mosquitto.stop()
            await until(lambda: not gateway.backend.counters.connected)
            city.mosquitto.start()
            await until(lambda: gateway.backend.counters.connected)

    play(story())


def test_without_anything_to_tell_the_broker_is_asked_for_signs_of_life(city: City) -> None:
    async def story() -> None:
        async with city.backend(keepalive_s=0.05).at_work() as gateway:
            last_s = gateway.backend.counters.last_acknowledged_s or 0.0
            await until(lambda: (gateway.backend.counters.last_acknowledged_s or 0.0) > last_s + 0.2)

    play(story())


def test_a_certificate_of_another_authority_is_not_let_in(city: City, tmp_path: Path) -> None:
    async def story() -> None:
        (tmp_path / "other").mkdir()
        certificate, key = Authority(tmp_path / "other").issue(GATEWAY_ID)
        settings = city.settings(GATEWAY_ID)
        tls = type(settings.tls)(city.authority.file, certificate, key)  # type: ignore[misc]
        gateway = city.backend(settings=city.settings(GATEWAY_ID, tls=tls))
        async with gateway.started():
            await until(lambda: gateway.client.state.last_error is not None)
            gateway.backend.send_uplinks([uplink()])
            assert not gateway.backend.counters.connected
        assert gateway.backend.counters.uplinks_dropped == 1

    play(story())


def test_a_gateway_does_not_get_through_on_anothers_topics(city: City) -> None:
    """The broker's rules know it by its certificate, whatever it calls itself."""

    async def story() -> None:
        settings = city.settings("0102030405060708")
        async with Server(city).at_work() as server, city.backend(settings=settings).at_work() as gateway:
            gateway.backend.send_uplinks([uplink()])
            await until(lambda: gateway.backend.counters.uplinks_dropped == 1)
            server.ask(item())
            assert server.heard == []
        assert gateway.requests == []

    play(story())


def test_a_gateway_cannot_ask_others_for_downlinks_nor_listen_to_them(city: City) -> None:
    """By the rules that the documentation recommends."""

    async def story() -> None:
        intruder = Broker(city.settings("0102030405060708"), pause=lambda _failures: 0.05)
        heard: list[object] = []
        intruder.subscribe("eu868/gateway/#", heard.append)
        task = asyncio.create_task(intruder.run())
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            await until(lambda: intruder.state.connected)
            command = encode(gw.DownlinkFrame(7, (item(),), GATEWAY_ID))
            for kind in ("command/down", "event/up", "state/conn"):
                assert await intruder.publish(f"eu868/gateway/{GATEWAY_ID}/{kind}", command) is Fate.REFUSED
            gateway.backend.send_uplinks([uplink()])
            await server.until(lambda s: "up" in s.kinds())
            assert (gateway.requests, heard) == ([], [])
        task.cancel()
        await asyncio.wait({task})

    play(story())


def test_two_gateways_at_one_broker_hear_only_what_is_for_them(city: City) -> None:
    async def story() -> None:
        other_eui = EUI + 1
        other = city.backend(settings=city.settings(f"{other_eui:016x}"), eui=other_eui)
        async with Server(city).at_work() as server, city.backend().at_work() as one, other.at_work():
            server.ask(item())
            await until(lambda: len(one.requests) == 1)
        assert other.requests == []

    play(story())


def test_a_json_gateway_speaks_json_everywhere_its_last_words_included(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server:
            async with city.backend(json=True).at_work() as gateway:
                gateway.backend.send_uplinks([uplink()])
            await server.until(lambda s: s.kinds() == ["conn", "stats", "up", "conn"])
        contents = [json.loads(message.payload) for message in server.heard]
        assert [content.get("state") for content in contents] == ["ONLINE", None, None, None]
        assert contents[3] == {"gatewayId": GATEWAY_ID}

    play(story())


def test_a_failure_to_deliver_ends_the_backend(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server:
            gateway = city.backend()

            def fail(_downlink: object) -> object:
                raise LookupError("a bug")

            task = asyncio.create_task(gateway.backend.run(fail))  # type: ignore[arg-type]
            await until(lambda: gateway.backend.counters.connected)
            server.ask(item())
            await asyncio.wait({task})
            assert isinstance(task.exception(), ExceptionGroup)

    play(story())
