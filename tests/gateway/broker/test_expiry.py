"""Messages that nobody wants after a while."""

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.broker.client import Broker
from gateway.broker.counting import BrokerCounters
from gateway.broker.outbox import Fate, Outbox
from tests.gateway.broker.scene import CONNACK, Heard, connected, listening, play, running, settings, until
from tests.mosquitto import Mosquitto, Way, port_of_nobody

SHORT_S = 0.2


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


def add_up(counters: BrokerCounters) -> bool:
    """Whether each message published waits, or has one fate."""
    fates = counters.accepted + counters.sent + counters.refused + counters.superseded + counters.dropped
    return counters.published == fates + counters.expired + counters.waiting


def test_what_waits_too_long_has_expired_though_there_never_is_a_connection() -> None:
    async def story() -> None:
        with port_of_nobody() as port:
            async with running(settings(port)) as broker:
                lasting = broker.publish("a", b"")
                assert await broker.publish("a", b"", expires_s=SHORT_S) is Fate.EXPIRED
                assert not lasting.done()
                assert (broker.counters.expired, broker.counters.waiting) == (1, 1)
                assert add_up(broker.counters)

    play(story())


def test_it_is_told_in_time_though_nothing_else_happens() -> None:
    async def story() -> None:
        broker = Broker(settings(1))
        fates = [broker.publish("a", b"", expires_s=SHORT_S / number) for number in (1, 2, 3)]
        assert set(await asyncio.gather(*fates)) == {Fate.EXPIRED}
        assert (broker.counters.expired, broker.counters.waiting) == (3, 0)

    play(story())


def test_what_has_expired_while_the_broker_was_away_is_never_sent(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            heard = Heard(broker, "a")
            await connected(broker)
            mosquitto.stop()
            await until(lambda: not broker.state.connected)
            old = broker.publish("a", b"old", expires_s=SHORT_S)
            new = broker.publish("a", b"new", expires_s=1_000)
            assert await old is Fate.EXPIRED
            await asyncio.to_thread(mosquitto.start)
            assert await new is Fate.ACCEPTED
            assert (await heard.next()).payload == b"new"
            assert add_up(broker.counters)

    play(story())


def test_what_has_expired_when_its_connection_is_lost_is_not_sent_again(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        outbox = Outbox()
        async with (
            Way(mosquitto.port).served() as way,
            running(settings(way.port), outbox=outbox) as broker,
        ):
            heard = Heard(broker, "a")
            await connected(broker)
            way.open.clear()
            old = broker.publish("a", b"old", expires_s=SHORT_S)
            await until(lambda: len(outbox) == 0)
            await asyncio.sleep(SHORT_S)
            way.cut()
            way.open.set()
            assert await old is Fate.EXPIRED
            assert await broker.publish("a", b"new") is Fate.ACCEPTED
            assert (await heard.next()).payload == b"new"
            assert (broker.counters.expired, broker.counters.accepted) == (1, 1)
            assert add_up(broker.counters)

    play(story())


def test_what_has_expired_already_is_not_even_tried(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            await connected(broker)
            for expires_s in (0, -1.0):
                fate = broker.publish("a", b"", expires_s=expires_s)
                assert fate.done()
                assert fate.result() is Fate.EXPIRED
            assert broker.counters.expired == 2

    play(story())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_broker_of_mqtt_5_is_told_how_long_it_is_wanted(version: str) -> None:
    heard = bytearray()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(CONNACK[version])
        while data := await reader.read(1000):
            heard.extend(data)

    async def story() -> None:
        async with listening(talk) as port, running(settings(port, version=version)) as broker:
            assert await broker.publish("a", b"payload", qos=0, expires_s=1_000) is Fate.SENT
            await until(lambda: b"payload" in heard)

    play(story())
    properties = heard.partition(b"\x00\x01a")[2].partition(b"payload")[0]
    if version == "5":
        assert properties[:2] == b"\x05\x02"
        assert 900 <= int.from_bytes(properties[2:]) <= 1_000
    else:
        assert properties == b""


def test_what_is_accepted_in_time_does_not_expire_later(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            assert await broker.publish("a", b"", expires_s=1_000) is Fate.ACCEPTED
            assert await broker.publish("a", b"", expires_s=10 * 365 * 86_400) is Fate.ACCEPTED
            assert broker.counters.expired == 0

    play(story())


@pytest.mark.parametrize("expires_s", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_no_number_is_the_callers_mistake(expires_s: float) -> None:
    async def story() -> None:
        with pytest.raises(ValueError, match="expires_s"):
            Broker(settings(1)).publish("a", b"", expires_s=expires_s)

    play(story())
