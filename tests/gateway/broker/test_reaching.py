"""Brokers that are hard to reach, do not answer, or speak another version."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.broker.outbox import Fate
from gateway.broker.settings import BrokerSettings
from tests.gateway.broker.scene import CONNACK, PATIENCE_S, Heard, connected, listening, play, running, settings, until
from tests.mosquitto import Mosquitto, Way, port_of_nobody


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.mark.parametrize("refusal", ["answer", "close"])
def test_a_broker_that_knows_3_1_1_only_is_spoken_to_in_that(mosquitto: Mosquitto, refusal: str) -> None:
    async def story() -> None:
        async with Way(mosquitto.port, refusal).served() as way, running(settings(way.port)) as broker:
            heard = Heard(broker, "a")
            await connected(broker)
            assert broker.state.version == "3.1.1"
            assert way.versions == [5, 4]
            assert await broker.publish("a", b"x") is Fate.ACCEPTED
            assert (await heard.next()).payload == b"x"

    play(story())


def test_where_mqtt_5_is_asked_for_nothing_else_is_tried(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with Way(mosquitto.port, "answer").served() as way, running(settings(way.port, version="5")) as broker:
            await until(lambda: len(way.versions) >= 3)
            assert set(way.versions) == {5}
            assert not broker.state.connected
            assert "Unsupported protocol version" in (broker.state.last_error or "")

    play(story())


def test_nobody_there_is_told_once(tmp_path: Path) -> None:
    async def story() -> None:
        with capture_logs() as log, port_of_nobody() as port:
            async with running(settings(port)) as broker:
                await until(lambda: broker.state.last_error is not None)
                await asyncio.sleep(0.3)
                assert not broker.state.connected
        assert [entry["reason"] for entry in log] == ["Connection refused"]

    play(story())


def test_a_name_that_cannot_be_looked_up_is_told() -> None:
    async def story() -> None:
        async with running(BrokerSettings(host="no-such-host.invalid", port=1883)) as broker:
            await until(lambda: broker.state.last_error is not None)

    play(story())


def test_a_resolver_that_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, released = threading.Event(), threading.Event()
    waited_in_vain: list[bool] = []

    def hang(*_arguments: object, **_options: object) -> None:
        asked.set()
        waited_in_vain.append(not released.wait(PATIENCE_S))
        raise OSError("released")

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def story() -> None:
        async with running(settings(1)):
            await until(asked.is_set)
        assert waited_in_vain == []

    try:
        play(story())
    finally:
        released.set()


def test_a_connection_that_another_client_takes_over_is_told(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        wanted = settings(mosquitto.port, client_id="twin")
        async with running(wanted) as first, running(wanted) as second:
            await until(lambda: "Session taken over" in (first.state.last_error or second.state.last_error or ""))

    play(story())


def test_a_broker_that_falls_silent_is_left() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CONNACK["5"])
        while await reader.read(1000):
            pass

    async def story() -> None:
        async with listening(talk) as port, running(settings(port, keepalive_s=1)) as broker:
            await until(lambda: broker.counters.connections >= 2)
            assert "Keep alive timeout" in (broker.state.last_error or "")

    play(story())
