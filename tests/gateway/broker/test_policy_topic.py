"""A policy from a retained topic of a real broker: to a gateway that is there, and to one that comes later."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.policy.source.envelope import seal
from gateway.policy.source.keeper import Offer
from gateway.policy.source.known_time import KnownTime
from gateway.policy.source.policy_desk import PolicyDesk
from gateway.policy.source.policy_store import PolicyStore
from tests.gateway.broker.scene import running, settings, until
from tests.gateway.policy.signed_documents import KEYS, OTHER, VALID_UNIX_S, document, signed
from tests.mosquitto import Mosquitto

TOPIC = "city/policy"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@contextlib.asynccontextmanager
async def gateway(state_dir: Path, port: int) -> AsyncIterator[PolicyDesk]:
    """A desk that hears the topic."""
    known_time = KnownTime(state_dir / "known_time", "boot", lambda: VALID_UNIX_S, lambda: 0)
    desk = PolicyDesk(KEYS, PolicyStore(state_dir / "policy"), known_time, lambda _held: None)
    async with running(settings(port)) as broker:
        broker.subscribe(TOPIC, lambda message: desk.take_message(message.topic, message.payload))
        task = asyncio.create_task(desk.run())
        yield desk
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def serial_of(desk: PolicyDesk) -> int | None:
    return None if desk.in_force is None else desk.in_force.policy.serial


def message(offer: Offer) -> bytes:
    return seal(offer.document, offer.signature or b"")


def test_a_policy_is_followed_when_it_is_published_and_by_those_who_come_later(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async def story() -> None:
        async with gateway(tmp_path / "one", mosquitto.port) as one, running(settings(mosquitto.port)) as host:
            await host.publish(TOPIC, message(signed(document(3))), retain=True)
            await until(lambda: serial_of(one) == 3)
            async with gateway(tmp_path / "two", mosquitto.port) as two:
                await until(lambda: serial_of(two) == 3)

    asyncio.run(story())


def test_whoever_else_publishes_there_is_refused_by_name(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async def story() -> None:
        async with gateway(tmp_path / "one", mosquitto.port) as desk, running(settings(mosquitto.port)) as host:
            await host.publish(TOPIC, message(signed(document(3))), retain=True)
            await until(lambda: serial_of(desk) == 3)
            await host.publish(TOPIC, message(signed(document(4), OTHER)), retain=True)
            await until(lambda: desk.kept.last_refusal is not None)
            assert serial_of(desk) == 3
            assert desk.kept.last_refusal is not None
            assert desk.kept.last_refusal.source == f"topic {TOPIC}"

    asyncio.run(story())
