"""What whoever gave uplinks with a key is told of them: with a real broker, TLS and access rules."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forwarder.backend import Uplink
from forwarder.chirpstack_mqtt import messages as gw
from radio.packets import CrcStatus
from tests.forwarder.chirpstack_mqtt.city import City, Server
from tests.forwarder.semtech_udp.uplinks import uplink
from tests.gateway.broker.scene import play, until
from tests.mosquitto import Way


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with City(tmp_path).at_work() as at_work:
        yield at_work


def keyed(*keys: int, late: bool = False, **changes: Any) -> list[Uplink]:
    return [msgspec.structs.replace(uplink(key, **changes), late=late) for key in keys]


def test_what_the_broker_has_acknowledged_is_delivered_and_what_has_no_key_is_not_told(city: City) -> None:
    async def story() -> None:
        async with city.backend().at_work() as gateway:
            gateway.backend.send_uplinks([*keyed(1, 2), uplink(), *keyed(3)])
            assert gateway.fates == []
            await until(lambda: gateway.backend.counters.uplinks_acknowledged == 4)
            await asyncio.sleep(0)
            assert gateway.fates == [(1, True), (2, True), (3, True)]

    play(story())


def test_a_late_one_reaches_the_server_with_its_mark(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            gateway.backend.send_uplinks(keyed(7, late=True))
            await server.until(lambda s: "up" in s.kinds())
        (frame,) = server.all_of("up", gw.UplinkFrame)
        assert frame.rx_info is not None
        assert frame.rx_info.metadata == {"late": "true"}

    play(story())


def test_what_the_filter_leaves_out_is_done_with_and_not_tried_again(city: City) -> None:
    async def story() -> None:
        async with city.backend().at_work() as gateway:
            gateway.backend.send_uplinks(keyed(1, crc_status=CrcStatus.BAD))
            await until(lambda: gateway.fates == [(1, True)])
            assert gateway.backend.counters.uplinks_filtered == 1

    play(story())


def test_what_the_brokers_rules_refuse_is_not_delivered(city: City) -> None:
    async def story() -> None:
        async with city.backend(prefix="us915_0").at_work() as gateway:
            gateway.backend.send_uplinks(keyed(1))
            await until(lambda: gateway.fates == [(1, False)])
            assert gateway.backend.counters.uplinks_dropped == 1

    play(story())


def test_without_a_connection_it_is_known_at_once_and_whoever_gave_it_keeps_it(city: City) -> None:
    async def story() -> None:
        city.mosquitto.stop()
        async with city.backend().started() as gateway:
            gateway.backend.send_uplinks(keyed(1, 2))
            assert gateway.fates == []
            await asyncio.sleep(0)
            assert gateway.fates == [(1, False), (2, False)]
            assert gateway.backend.counters.uplinks_dropped == 2
            city.mosquitto.start()
            await until(lambda: gateway.backend.counters.connected)
            gateway.backend.send_uplinks(keyed(3))
            await until(lambda: gateway.fates[2:] == [(3, True)])
            assert gateway.backend.counters.uplinks_sent == 1

    play(story())


def test_what_was_on_its_way_when_the_connection_broke_is_not_delivered(city: City) -> None:
    async def story() -> None:
        async with Way(city.mosquitto.port).served() as way, city.backend(way.port).at_work() as gateway:
            way.open.clear()
            gateway.backend.send_uplinks(keyed(*range(1, 101)))
            await asyncio.sleep(0.05)
            assert gateway.fates == []
            way.cut()
            await until(lambda: len(gateway.fates) == 100)
            assert {delivered for _, delivered in gateway.fates} == {False}
            assert gateway.backend.counters.uplinks_dropped == 100
            way.open.set()
            await until(lambda: gateway.backend.counters.connected)
            gateway.backend.send_uplinks(keyed(101))
            await until(lambda: gateway.fates[100:] == [(101, True)])

    play(story())


def test_all_fates_are_told_when_the_backend_has_ended(city: City) -> None:
    async def story() -> None:
        async with Way(city.mosquitto.port).served() as way:
            async with city.backend(way.port).at_work() as gateway:
                way.open.clear()
                gateway.backend.send_uplinks(keyed(*range(1, 101)))
            assert sorted(gateway.fates) == [(key, False) for key in range(1, 101)]

    play(story())


def test_with_qos_0_to_have_sent_it_is_all_that_is_known(city: City) -> None:
    async def story() -> None:
        async with city.backend(qos=0).at_work() as gateway:
            gateway.backend.send_uplinks(keyed(1))
            await until(lambda: gateway.fates == [(1, True)])
            assert gateway.backend.counters.uplinks_acknowledged == 0

    play(story())


def test_nobody_needs_to_ask(city: City) -> None:
    async def story() -> None:
        async with city.backend().at_work() as gateway:
            gateway.backend.on_fate = None
            gateway.backend.send_uplinks(keyed(1))
            await until(lambda: gateway.backend.counters.uplinks_acknowledged == 1)

    play(story())


def test_what_was_withdrawn_does_not_go_out_with_the_next_connection(city: City) -> None:
    async def story() -> None:
        async with (
            Server(city).at_work() as server,
            Way(city.mosquitto.port).served() as way,
            city.backend(way.port).at_work() as gateway,
        ):
            await server.until(lambda s: "stats" in s.kinds())
            way.open.clear()
            gateway.backend.send_uplinks(keyed(*range(1, 101)))
            way.cut()
            await until(lambda: len(gateway.fates) == 100)
            way.open.set()
            await until(lambda: gateway.backend.counters.connected)
            gateway.backend.send_uplinks(keyed(101))
            await until(lambda: (101, True) in gateway.fates)
            await server.until(lambda s: "up" in s.kinds())
            assert server.kinds().count("up") == 1

    play(story())
