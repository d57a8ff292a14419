"""What is too large for a broker, what it does not take, and what is too large for the gateway."""

import asyncio
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.broker.client import Broker, BrokerState
from gateway.broker.limits import Limits, largest_packet_bytes
from gateway.broker.outbox import Fate
from gateway.broker.settings import Message, Will
from tests.gateway.broker.scene import CONNACK, Heard, connected, listening, play, running, settings, until
from tests.mosquitto import Mosquitto

LIMIT = 2_000


def announced(size: int) -> bytes:
    """The beginning of a PUBLISH packet of so many bytes after its length."""
    return b"\x30" + bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21])


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_packet_that_is_too_large_ends_the_connection_before_it_is_kept(version: str) -> None:
    size = 200_000_000

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(CONNACK[version] + announced(size) + b"\x00\x01a")
        while True:
            writer.write(bytes(65_536))
            await writer.drain()

    async def story() -> None:
        async with listening(talk) as port, running(settings(port, version=version)) as broker:
            tracemalloc.start()
            await until(lambda: broker.counters.connections >= 3)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            most = largest_packet_bytes(16 * 1024 * 1024)
            assert broker.state.last_error == f"the broker sent a packet of {size} bytes: {most} at most"
            assert peak < 8_000_000
            assert broker.counters.received == 0

    play(story())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_the_largest_message_passes_and_a_retained_one_beyond_does_not_come_again_and_again(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.broker.pause.STABLE_S", 0.0)  # any other end would give all attempts back
    largest = 100_000
    pauses: list[int] = []

    def pause(failures: int) -> float:
        pauses.append(failures)
        return 0.01

    async def story(port: int) -> None:
        broker = Broker(settings(port, version=version), pause=pause, largest_message_bytes=largest)
        topic = "t" * 65_000
        heard = Heard(broker, "+")
        task = asyncio.create_task(broker.run())
        async with running(settings(port)) as host:
            await connected(broker)
            await host.publish("flush", b"")
            await heard.next()
            await host.publish(topic, bytes(largest))
            assert (await heard.next()).payload == bytes(largest)
            await host.publish("big", bytes(2 * largest), retain=True)
            if version == "3.1.1":
                await until(lambda: len(pauses) >= 5)
                assert pauses[:5] == [1, 2, 3, 4, 5]
                assert "packet of" in (broker.state.last_error or "")
            else:  # a broker of MQTT 5 knows, and keeps it to itself
                await host.publish("after", b"x")
                assert (await heard.next()).payload == b"x"
                assert broker.counters.connections == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with Mosquitto(tmp_path) as mosquitto:
        play(story(mosquitto.port))


def test_what_is_too_large_for_the_broker_is_refused_and_told_once_for_its_topic(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with running(settings(port)) as broker:
            await connected(broker)
            sizes = [LIMIT + 1_000, LIMIT + 1_000, 10]
            fates = [broker.publish("state", bytes(size), qos=1) for size in sizes]
            fates.append(broker.publish("other", b"small"))
            assert await asyncio.gather(*fates) == [Fate.REFUSED, Fate.REFUSED, Fate.ACCEPTED, Fate.ACCEPTED]
            assert (broker.counters.refused, broker.counters.connections) == (2, 1)

    with Mosquitto(tmp_path, f"max_packet_size {LIMIT}") as mosquitto, capture_logs() as log:
        play(story(mosquitto.port))
    assert [entry["topic"] for entry in log if "topic" in entry] == ["state"]


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize(
    ("correlation_data", "expires_s", "properties"),
    [(None, None, 1), (None, 1_000, 1 + 5), (bytes(100), 1_000, 1 + 5 + 3 + 100), (bytes(200), None, 2 + 3 + 200)],
)
def test_a_message_of_just_the_size_that_the_broker_takes_goes_out_whole(
    tmp_path: Path, qos: int, correlation_data: bytes | None, expires_s: float | None, properties: int
) -> None:
    # Type, two bytes of length, length of the topic, topic, packet identifier, properties and their length.
    fitting = LIMIT - (1 + 2 + 2 + 1 + 2 * qos + properties)
    more: dict[str, Any] = {"qos": qos, "correlation_data": correlation_data, "expires_s": expires_s}

    async def story(port: int) -> None:
        async with running(settings(port)) as broker:
            heard = Heard(broker, "a")
            await connected(broker)
            assert await broker.publish("a", bytes(fitting + 1), **more) is Fate.REFUSED
            assert await broker.publish("a", bytes(fitting), **more) in (Fate.ACCEPTED, Fate.SENT)
            assert await broker.publish("b", b"") is Fate.ACCEPTED
            assert broker.counters.connections == 1
            del heard

    with Mosquitto(tmp_path, f"max_packet_size {LIMIT}") as mosquitto:
        play(story(mosquitto.port))


def test_quality_and_retention_are_lowered_to_what_the_broker_takes_also_the_wills(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with running(settings(port), Will("state", b"lost")) as broker:
            heard = Heard(broker, "a")
            await connected(broker)
            assert await broker.publish("a", b"x", retain=True) is Fate.SENT
            assert await heard.next() == Message("a", b"x")
            assert (broker.counters.sent, broker.counters.refused) == (1, 0)

    with Mosquitto(tmp_path, "max_qos 0", "retain_available false") as mosquitto:
        play(story(mosquitto.port))


@pytest.mark.parametrize("seed", range(5))
def test_a_message_at_which_a_broker_of_3_1_1_leaves_twice_does_not_stand_in_the_way(tmp_path: Path, seed: int) -> None:
    poisons = random.Random(seed).sample(range(40), 2)

    async def story(port: int) -> None:
        async with running(settings(port, version="3.1.1")) as broker:
            await connected(broker)
            fates = [broker.publish(f"n/{n}", bytes(5_000 if n in poisons else 5)) for n in range(40)]
            ends = await asyncio.gather(*fates)
            assert [n for n, fate in enumerate(ends) if fate is Fate.REFUSED] == sorted(poisons)
            assert ends.count(Fate.ACCEPTED) == 38
            counters = broker.counters
            assert (counters.refused, counters.accepted, counters.waiting) == (2, 38, 0)

    with Mosquitto(tmp_path, f"max_packet_size {LIMIT}") as mosquitto:
        play(story(mosquitto.port))


def test_a_suspect_is_alone_with_the_next_connection(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with running(settings(port, version="3.1.1")) as broker:
            await connected(broker)
            others: list[asyncio.Future[Fate]] = []

            def publish_others(state: BrokerState) -> None:
                if not state.connected and not others:
                    others.extend(broker.publish(f"n/{number}", b"x") for number in range(10))

            broker.on_state(publish_others)
            assert await broker.publish("poison", bytes(5_000)) is Fate.REFUSED
            assert set(await asyncio.gather(*others)) == {Fate.ACCEPTED}
            assert broker.counters.connections == 3

    with Mosquitto(tmp_path, f"max_packet_size {LIMIT}") as mosquitto:
        play(story(mosquitto.port))


def test_a_broker_that_said_nothing_takes_all() -> None:
    said = Will("a", b"x")
    assert Limits().lowered(said) == said
