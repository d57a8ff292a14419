"""A client of a broker shows that it lives, whatever the broker does."""

from pathlib import Path

import pytest

from forwarder import beat
from gateway.broker import client
from gateway.broker.client import Broker
from tests.gateway.broker.scene import connected, play, running, settings, until
from tests.mosquitto import Mosquitto

NOBODY = 9


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats follow at once, and nothing is excused for long."""
    monkeypatch.setattr(beat, "BEAT_S", 0.001)
    monkeypatch.setattr(client, "LONGEST_OPENING_S", -1.0)


async def grows(broker: Broker) -> None:
    before_s = broker.beat_s or 0.0
    await until(lambda: (broker.beat_s or 0.0) > before_s)


def test_before_it_runs_there_is_none() -> None:
    async def story() -> None:
        assert Broker(settings(NOBODY)).beat_s is None

    play(story())


def test_connected_and_with_nothing_to_do(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port, keepalive_s=1)) as broker:
                await connected(broker)
                for _ in range(3):
                    await grows(broker)

    play(story())


def test_where_nobody_answers() -> None:
    async def story() -> None:
        async with running(settings(NOBODY, keepalive_s=1)) as broker:
            for _ in range(3):
                await grows(broker)

    play(story())
