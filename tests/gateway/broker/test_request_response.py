"""A question and its answer through a real broker."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.broker.client import Broker
from gateway.broker.outbox import Fate
from gateway.broker.settings import Message
from tests.gateway.broker.scene import CONNACK, Heard, connected, play, running, settings
from tests.mosquitto import Mosquitto

RESPONSE_TOPIC, CORRELATION_DATA = b"\x08", b"\x09"  # MQTT 5, 2.2.2.2
CONNECT = b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03ask"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


def variable(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])


def with_length(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data


async def ask(port: int, topic: str, properties: bytes) -> None:
    """Publish with properties of any kind."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = with_length(topic.encode()) + variable(len(properties)) + properties + b"x"
    writer.write(CONNECT + b"\x30" + variable(len(body)) + body + b"\xe0\x00")
    assert (await reader.read()).startswith(CONNACK["5"][:1])
    writer.close()
    await writer.wait_closed()


async def listens(broker: Broker) -> None:
    """The broker answers in order: it has taken the subscriptions now."""
    await connected(broker)
    assert await broker.publish("flush", b"") is Fate.ACCEPTED


ASKED = RESPONSE_TOPIC + with_length(b"answers/1") + CORRELATION_DATA + with_length(b"id")


def test_a_question_says_where_its_answer_goes(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port, version="5")) as broker:
            heard = Heard(broker, "command")
            await listens(broker)
            await ask(mosquitto.port, "command", ASKED)
            assert await heard.next() == Message("command", b"x", False, "answers/1", b"id")

    play(story())


def test_with_3_1_1_nobody_is_told(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port, version="3.1.1")) as broker:
            heard = Heard(broker, "command")
            await listens(broker)
            await ask(mosquitto.port, "command", ASKED)
            assert await heard.next() == Message("command", b"x")

    play(story())


def test_what_is_too_long_is_not_taken_over_and_the_question_is_heard(mosquitto: Mosquitto) -> None:
    long = RESPONSE_TOPIC + with_length(b"a" * 1_025) + CORRELATION_DATA + with_length(bytes(257))

    async def story() -> None:
        async with running(settings(mosquitto.port, version="5")) as broker:
            heard = Heard(broker, "command")
            await listens(broker)
            await ask(mosquitto.port, "command", long)
            assert await heard.next() == Message("command", b"x")

    play(story())


@pytest.mark.parametrize(("version", "carried"), [("5", b"id"), ("3.1.1", None)])
@pytest.mark.parametrize("qos", [0, 1])
def test_an_answer_carries_what_the_question_had(
    mosquitto: Mosquitto, version: str, carried: bytes | None, qos: int
) -> None:
    async def story() -> None:
        async with (
            running(settings(mosquitto.port, version="5")) as asker,
            running(settings(mosquitto.port, version=version)) as broker,
        ):
            heard = Heard(asker, "answers/1")
            await listens(asker)
            broker.publish("answers/1", b"done", qos=qos, correlation_data=b"id")
            assert await heard.next() == Message("answers/1", b"done", correlation_data=carried)

    play(story())


def test_correlation_data_that_nobody_would_take_are_the_callers_mistake() -> None:
    async def story() -> None:
        broker = Broker(settings(1))
        with pytest.raises(ValueError, match="256 at most"):
            broker.publish("a", b"", correlation_data=bytes(257))
        assert broker.counters.published == 0

    play(story())
