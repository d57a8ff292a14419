"""What becomes of uplinks that are heard before servers are there, and of those that no server confirmed in time."""

import asyncio
from pathlib import Path

import pytest

from forwarder.backend import Uplink
from forwarder.routing import one_route_each
from forwarder.store.keeper import StoreKeeper
from forwarder.store.limits import StoreLimits
from gateway import router as routing
from gateway.router import Router
from tests.gateway.broker.scene import until
from tests.gateway.policy.frames import CITY
from tests.gateway.router_scene import OF_CITY, PASSED, Server, at_work, frames, payloads


def test_what_no_server_confirmed_before_a_stop_is_sent_after_the_next_start(tmp_path: Path) -> None:
    async def story() -> None:
        first, second = Server("main"), Server("main")
        first.confirms = None
        async with at_work(tmp_path, first) as scene:
            scene.hear(*frames(1, 3))
        async with at_work(tmp_path, second) as scene:
            scene.hear(*frames(4, 4))
            await until(lambda: len(second.got) == 4)
            assert second.payloads == payloads(frames(1, 4))
            await scene.empty()

    asyncio.run(story())


def test_what_is_heard_before_a_server_is_there_waits_a_moment_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "START_PATIENCE_S", 60)

    async def story() -> None:
        server = Server("main")
        server.go()
        keeper = StoreKeeper(tmp_path / "outage", StoreLimits(), lambda: 0)
        router = Router(
            one_route_each(["main"]), keeper, keepalives_s={}, now_ms=lambda: 0, unix_ns=lambda: None, replay_per_s=20
        )
        router.add(server)
        tasks = [asyncio.create_task(keeper.run()), asyncio.create_task(router.run())]
        await keeper.opened()
        router.send([Uplink(packet) for packet in frames(1, 2)], [PASSED] * 2)
        await asyncio.sleep(0.1)
        assert server.got == []
        server.come_back()
        await until(lambda: len(server.got) == 2)
        assert [each.late for each in server.got] == [False, False]
        for task in reversed(tasks):
            task.cancel()
            await asyncio.wait([task])
        assert list((tmp_path / "outage").glob("*")) == []

    asyncio.run(story())


def test_what_nobody_ever_took_from_memory_is_kept_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "START_PATIENCE_S", 60)

    async def story() -> None:
        keeper = StoreKeeper(tmp_path, StoreLimits(), lambda: 0)
        router = Router(
            one_route_each(["main"]), keeper, keepalives_s={}, now_ms=lambda: 0, unix_ns=lambda: None, replay_per_s=20
        )
        tasks = [asyncio.create_task(keeper.run()), asyncio.create_task(router.run())]
        await keeper.opened()
        await asyncio.sleep(0.05)
        router.send([Uplink(packet) for packet in frames(1, 2)], [PASSED] * 2)
        for task in reversed(tasks):
            router.keep_all()
            task.cancel()
            await asyncio.wait([task])
        monkeypatch.undo()
        async with at_work(tmp_path, server := Server("main")):
            await until(lambda: len(server.got) == 2)

    asyncio.run(story())


@pytest.mark.parametrize("opened", [True, False])
def test_more_than_fit_into_memory_and_all_that_no_disk_was_there_for_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: bool
) -> None:
    monkeypatch.setattr(routing, "START_PATIENCE_S", 60)
    monkeypatch.setattr(routing, "MOST_EARLY", 2)

    async def story() -> None:
        keeper = StoreKeeper(tmp_path, StoreLimits(), lambda: 0)
        router = Router(
            one_route_each(["main"]), keeper, keepalives_s={}, now_ms=lambda: 0, unix_ns=lambda: None, replay_per_s=20
        )
        tasks = [asyncio.create_task(keeper.run()), asyncio.create_task(router.run())] if opened else []
        if opened:
            await keeper.opened()
            await asyncio.sleep(0.05)
        router.send([Uplink(packet) for packet in frames(1, 3)], [OF_CITY] * 3)
        router.keep_all()
        for task in reversed(tasks):
            task.cancel()
            await asyncio.wait([task])
        keeper.close()
        assert dict(keeper.losses) == {(CITY, "busy"): 1 if opened else 3}

    asyncio.run(story())
