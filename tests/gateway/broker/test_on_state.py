"""Whoever is told that the connection has come speaks before anything that waits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.broker.client import Broker, BrokerState
from gateway.broker.outbox import Fate
from tests.gateway.broker.scene import Heard, connected, play, running, settings, until
from tests.mosquitto import Mosquitto, Way

STATE = "gateway/state"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


def says(broker: Broker, payload: bytes) -> None:
    """Have the newest state published with each connection."""

    def listener(state: BrokerState) -> None:
        if state.connected:
            broker.publish(STATE, payload, retain=True)

    broker.on_state(listener)


def test_what_it_retains_supersedes_an_older_state_that_waited_for_the_connection(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as reader:
            heard = Heard(reader, STATE)
            await connected(reader)
            await reader.publish("flush", b"")
            async with running(settings(mosquitto.port)) as broker:
                says(broker, b"new")
                old = broker.publish(STATE, b"old", retain=True)
                assert not broker.state.connected
                assert await old is Fate.SUPERSEDED
                assert (await heard.next()).payload == b"new"
                assert broker.counters.superseded == 1

    play(story())


def test_what_it_retains_supersedes_an_older_state_that_was_lost_with_its_connection(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as reader, Way(mosquitto.port).served() as way:
            heard = Heard(reader, STATE)
            await connected(reader)
            await reader.publish("flush", b"")
            async with running(settings(way.port)) as broker:
                await connected(broker)
                way.open.clear()
                old = broker.publish(STATE, b"old", retain=True)
                says(broker, b"new")
                way.cut()
                way.open.set()
                await until(lambda: broker.counters.connections >= 2)
                assert await old is Fate.SUPERSEDED
                assert (await heard.next()).payload == b"new"

    play(story())


def test_nothing_that_waits_has_gone_out_when_it_is_told(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            told: list[tuple[bool, int]] = []
            waiting = broker.publish("event", b"")
            broker.on_state(lambda state: told.append((state.connected, broker.counters.waiting)))
            assert await waiting is Fate.ACCEPTED
            assert told == [(True, 1)]

    play(story())
