"""One server asks for all of the air, without an end; the other has its receive windows all the same."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.flows.two_servers import ENDS, OK, Request, ServerEnd
from tests.flows.two_servers_contest import COUNTER_MASK
from tests.flows.two_servers_scene import CITY, METROPOLIS, Scene, down, gateway, up
from tests.forwarder.chirpstack_mqtt.city import City
from tests.gateway.broker.scene import play, until

NOTICE_US = 1_000_000
WINDOWS = 10
BETWEEN_S, MOST_ASKED = 0.1, 200
FIRST_OF_THE_FLOOD = 1000
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """The broker of a ChirpStack server."""
    with City(tmp_path).at_work() as at_work:
        yield at_work


@contextlib.asynccontextmanager
async def flooding(end: ServerEnd) -> AsyncIterator[None]:
    """It asks for something to be sent at once, twice as often as there is time for it."""

    async def flood() -> None:
        for number in itertools.count(FIRST_OF_THE_FLOOD):
            await end.ask(Request(number, down(end.name, number)))
            await asyncio.sleep(0.035)

    task = asyncio.create_task(flood())
    # Until there is no more room for it.
    await until(lambda: ["QUEUE_FULL"] in end.answers.values())
    yield
    task.cancel()


@pytest.mark.parametrize("kind", ["udp", "chirpstack"])
def test_who_asks_moderately_has_windows_while_another_floods(city: City, kind: str) -> None:
    async def story() -> None:
        flooder, modest = ENDS["udp"](CITY, city), ENDS[kind](METROPOLIS, city)
        async with flooder.serving(), modest.serving(), gateway((flooder, modest)) as scene:
            scene.on_air(up(METROPOLIS, 1))
            await until(lambda: bool(modest.heard))
            async with flooding(flooder):
                await windows(scene, modest)
            assert any(number >= FIRST_OF_THE_FLOOD for number in scene.emitted)

    play(story())


async def windows(scene: Scene, end: ServerEnd) -> None:
    """Have it ask for one receive window after the other, until it was given enough of them."""
    for number in range(1, MOST_ASKED):
        await end.ask(Request(number, down(end.name, number), (scene.now_us + NOTICE_US) & COUNTER_MASK))
        await until(lambda: number in end.answers)  # noqa: B023 - at once
        if sum(answers == [OK] for answers in end.answers.values()) >= WINDOWS:
            return
        await asyncio.sleep(BETWEEN_S)
    pytest.fail(f"fewer than {WINDOWS} windows of {MOST_ASKED}")
