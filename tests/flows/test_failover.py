"""A route with two servers, one of which leaves and comes back: nothing is lost, nothing out of order."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from forwarder.backend import BackendCounters
from forwarder.store.losses import Reason
from gateway.router import Router
from tests.flows.two_servers import ENDS, Heard, ServerEnd
from tests.flows.two_servers_scene import CITY, METROPOLIS, Scene, gateway, join, route, up
from tests.forwarder.chirpstack_mqtt.city import City
from tests.gateway.broker.scene import play, until

PAIRS = [("udp", "station"), ("station", "chirpstack"), ("chirpstack", "udp")]
PRIMARY, BACKUP, ROUTE = "primary", "backup", "all"
RETURN_AFTER_S = 1.5
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """The broker of a ChirpStack server."""
    with City(tmp_path).at_work() as at_work:
        yield at_work


class Failover:
    """A gateway with a primary server and its backup."""

    def __init__(self, scene: Scene, primary: ServerEnd, backup: ServerEnd) -> None:
        assert scene.pipeline.router is not None
        self.scene, self.primary, self.backup = scene, primary, backup
        self.router: Router = scene.pipeline.router
        self._fcnt = 0

    async def uses(self, server: str | None) -> None:
        """Wait until the route uses this server."""
        await until(lambda: self.router.active_of(ROUTE) == server)

    def counters(self, server: str) -> BackendCounters:
        """Its backend's own."""
        return next(each.counters for each in self.scene.pipeline.backends if each.name == server)

    async def confirmed(self, server: str, count: int) -> None:
        """Wait until this server has confirmed so many uplinks."""
        await until(lambda: self.counters(server).uplinks_acknowledged >= count)

    async def hears(self, count: int) -> list[Heard]:
        """Two devices of two depositors send so many frames each, one after the other."""
        sent = []
        for _ in range(count):
            self._fcnt += 1
            received = self.scene.pipeline.totals.packets_received
            sent += self.scene.on_air(up(CITY, self._fcnt), up(METROPOLIS, self._fcnt))
            await until(lambda: self.scene.pipeline.totals.packets_received == received + 2)  # noqa: B023 - at once
        return sent


@contextlib.asynccontextmanager
async def at_work(
    city: City, kinds: tuple[str, str], return_after_s: float = RETURN_AFTER_S
) -> AsyncIterator[Failover]:
    """Both servers are there, and the primary is in use."""
    primary, backup = (ENDS[kind](name, city) for kind, name in zip(kinds, (PRIMARY, BACKUP), strict=True))
    routes = route(ROUTE, (PRIMARY, BACKUP), f"return_after_s = {return_after_s}")
    async with primary.serving(), backup.serving(), gateway((primary, backup), routes) as scene:
        running = Failover(scene, primary, backup)
        await running.uses(PRIMARY)
        yield running


def in_order(heard: Sequence[Heard]) -> bool:
    """Whether each device's frame counters only grow."""
    numbers: dict[int, int] = {}
    for each in heard:
        if each.number <= numbers.get(each.device, 0):
            return False
        numbers[each.device] = each.number
    return True


@pytest.mark.parametrize("kinds", PAIRS, ids="+".join)
def test_the_backup_gets_what_was_not_confirmed_in_order_until_the_primary_has_been_back_for_a_while(
    city: City, kinds: tuple[str, str]
) -> None:
    async def story() -> None:
        async with at_work(city, kinds) as running:
            first = await running.hears(3)
            await running.confirmed(PRIMARY, len(first))
            await running.primary.leave()
            # Some of these are given to the primary before anybody knows.
            second = await running.hears(5)
            await running.uses(BACKUP)
            second += await running.hears(2)
            await running.confirmed(BACKUP, len(second))
            assert sorted(running.backup.heard) == sorted(second)

            away_s = time.monotonic()
            await running.primary.come_back()
            while not running.counters(PRIMARY).connected:
                away_s = time.monotonic()
                await asyncio.sleep(0.005)
            # They go to the backup, but where this machine takes longer than the stable time to get here.
            third = await running.hears(1)
            await running.uses(PRIMARY)
            assert time.monotonic() - away_s >= RETURN_AFTER_S
            fourth = await running.hears(3)
            await running.confirmed(PRIMARY, len(first + fourth))
        primary, backup = running.primary.heard, running.backup.heard
        assert sorted([*primary, *backup]) == sorted(first + second + third + fourth)
        assert set(first + fourth) <= set(primary)
        assert set(second) <= set(backup)
        assert in_order(primary)
        assert in_order(backup)

    play(story())


@pytest.mark.parametrize("kinds", PAIRS, ids="+".join)
def test_while_both_are_away_uplinks_wait_and_the_first_that_is_back_gets_them_before_what_is_new(
    city: City, kinds: tuple[str, str]
) -> None:
    async def story() -> None:
        async with at_work(city, kinds) as running:
            first = await running.hears(2)
            await running.confirmed(PRIMARY, len(first))
            await running.primary.leave()
            await running.backup.leave()
            second = await running.hears(3)
            await running.uses(None)
            second += await running.hears(3)
            # Of no use to anybody later.
            running.scene.on_air(join(CITY, 1))
            await until(lambda: running.router.keeper.losses == {(CITY, Reason.JOIN): 1})
            await running.backup.come_back()
            await running.uses(BACKUP)
            third = await running.hears(2)
            await running.confirmed(BACKUP, len(second + third))
        assert sorted(running.primary.heard) == sorted(first)
        assert sorted(running.backup.heard) == sorted(second + third)
        assert in_order(running.backup.heard)

    play(story())


def test_a_primary_that_is_not_back_for_long_is_used_all_the_same_when_the_backup_leaves(city: City) -> None:
    async def story() -> None:
        async with at_work(city, ("station", "udp"), return_after_s=3600.0) as running:
            first = await running.hears(1)
            await running.confirmed(PRIMARY, len(first))
            await running.primary.leave()
            await running.uses(BACKUP)
            await running.primary.come_back()
            await until(lambda: running.counters(PRIMARY).connected)
            second = await running.hears(2)
            await running.confirmed(BACKUP, len(second))
            await running.backup.leave()
            await running.uses(PRIMARY)
            third = await running.hears(2)
            await running.confirmed(PRIMARY, len(first + third))
        assert running.backup.heard == second
        assert running.primary.heard == first + third

    play(story())
