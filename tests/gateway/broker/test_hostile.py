"""Brokers that say what no broker should, or nothing that is wanted."""

import asyncio
import random

import pytest
from structlog.testing import capture_logs

from gateway.broker.client import Broker
from tests.gateway.broker.scene import CONNACK, Heard, listening, play, running, settings, until


class Hostile:
    """Answers each connection with the bytes that a test gives, and then as it likes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await reader.read(1000)
        writer.write(self._answer)
        await writer.drain()


def test_a_topic_that_is_no_text_ends_the_connection_and_not_the_client() -> None:
    async def story() -> None:
        hostile = Hostile(CONNACK["5"] + b"\x30\x05\x00\x01\xff\x00x")
        async with listening(hostile.serve) as port, running(settings(port)) as broker:
            Heard(broker, "#")
            await until(lambda: hostile.connections >= 2)
            assert broker.state.last_error == "the broker sent what is not MQTT (UnicodeDecodeError)"

    play(story())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_message_with_qos_2_ends_the_connection_before_it_is_kept(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.broker.pause.STABLE_S", 0.0)  # any other end would give all attempts back
    publish = b"\x34\x07\x00\x01a\x00\x01\x00x" if version == "5" else b"\x34\x06\x00\x01a\x00\x01x"
    failures: list[int] = []

    def pause(so_many: int) -> float:
        failures.append(so_many)
        return 0.01

    async def story() -> None:
        hostile = Hostile(CONNACK[version] + publish)
        async with listening(hostile.serve) as port:
            broker = Broker(settings(port, version=version), pause=pause)
            heard = Heard(broker, "#")
            task = asyncio.create_task(broker.run())
            await until(lambda: len(failures) >= 3)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert broker.state.last_error == "the broker sent a message with QoS 2: it was asked for 1 at most"
        assert failures[:3] == [1, 2, 3]
        assert heard.nothing_more()

    play(story())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("seed", range(30))
def test_no_bytes_of_a_broker_end_the_client(version: str, seed: int) -> None:
    chance = random.Random(seed)
    connack = CONNACK[version]
    heads = (b"", connack, connack + b"\x30", connack + b"\x90\x05", connack + b"\x40\x04", connack + b"\xe0\x02")
    answer = chance.choice(heads) + chance.randbytes(chance.choice((0, 1, 5, 300)))

    async def story() -> None:
        hostile = Hostile(answer)
        async with listening(hostile.serve) as port, running(settings(port, version=version)) as broker:
            Heard(broker, "#")
            fate = broker.publish("a", b"x")
            await until(lambda: hostile.connections >= 3)
            assert broker.state.last_error is not None
            assert not fate.cancelled()

    play(story())


def test_a_subscription_that_the_broker_refuses_is_told() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(CONNACK["5"])
        subscribe = await reader.read(1000)
        # Its packet identifier; no properties; 0x87: not authorized.
        writer.write(b"\x90\x04" + subscribe[2:4] + b"\x00\x87")
        await reader.read()

    async def story() -> None:
        with capture_logs() as log:
            async with listening(refuse) as port, running(settings(port)) as broker:
                broker.subscribe("forbidden/#", print)
                await until(lambda: len(log) >= 2)
        assert [entry.get("filter") for entry in log] == [None, "forbidden/#"]
        assert log[1]["reason"] == "Not authorized"

    play(story())
