"""Which server gets an uplink, and what becomes of what no server confirms; with a real store."""

import asyncio
from pathlib import Path

import pytest

from forwarder.backend import Uplink
from forwarder.filters import Prefix
from forwarder.in_flight import DOUBT_MS
from forwarder.routing import Match, Route, one_route_each
from forwarder.store.keeper import StoreKeeper
from forwarder.store.limits import StoreLimits
from gateway import router as routing
from gateway.router import Router
from radio.packets import CrcStatus
from tests.gateway.broker.scene import until
from tests.gateway.policy.frames import CITY, CITY_ADDR, CITY_EUI, METROPOLIS_ADDR, join, uplink
from tests.gateway.router_scene import OF_CITY, PASSED, REPLAYED_A_BEAT, UNIX_NS, Server, at_work, frames, payloads


def test_a_batch_goes_to_the_server_in_one_call_and_nothing_is_written(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main")
        async with at_work(tmp_path / "outage", server) as scene:
            scene.hear(*frames(1, 3))
            assert server.payloads == payloads(frames(1, 3))
            assert [each.late for each in server.got] == [False] * 3
            assert len({each.key for each in server.got}) == 3
        assert list((tmp_path / "outage").glob("*")) == []

    asyncio.run(story())


def test_each_server_gets_what_its_routes_match(tmp_path: Path) -> None:
    async def story() -> None:
        city, rest, archive = Server("city"), Server("rest"), Server("archive")
        routes = [
            Route("city", ("city",), Match(dev_addrs=(Prefix(0x26011A00, 24, 32),), depositors=(CITY,))),
            Route("archive", ("archive",), mirror=True),
            Route("rest", ("rest",), Match(dev_addrs=(Prefix(0x26000000, 8, 32),))),
        ]
        async with at_work(tmp_path, city, rest, archive, routes=routes) as scene:
            mine, others, nobodys, joins = (
                uplink(CITY_ADDR),
                uplink(METROPOLIS_ADDR),
                uplink(0x01020304),
                join(CITY_EUI),
            )
            scene.hear(mine, others, nobodys)
            scene.hear(joins, verdict=OF_CITY)
            assert city.payloads == payloads([mine, joins])
            assert rest.payloads == payloads([others])
            assert archive.payloads == payloads([mine, others, nobodys, joins])
            assert scene.router.unrouted == 0

    asyncio.run(story())


def test_what_no_route_matches_goes_nowhere_and_is_counted(tmp_path: Path) -> None:
    async def story() -> None:
        routes = [Route("city", ("main",), Match(depositors=(CITY,)))]
        async with at_work(tmp_path, server := Server("main"), routes=routes) as scene:
            scene.hear(uplink(CITY_ADDR))
            assert (server.got, scene.router.unrouted) == ([], 1)

    asyncio.run(story())


def test_what_waited_goes_out_late_in_order_and_before_what_is_new_of_its_device(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main")
        server.go()
        async with at_work(tmp_path, server) as scene:
            for number in range(1, 4):
                scene.hear(*frames(number, number))
                scene.ms += 60_000
            await scene.kept(3)
            server.come_back()
            scene.hear(*frames(4, 4))
            await scene.empty()
            scene.hear(*frames(5, 5))
            assert server.payloads == payloads(frames(1, 5))
            assert [each.late for each in server.got] == [True] * 4 + [False]
            assert [each.utc_ns for each in server.got] == [UNIX_NS] * 4 + [None]

    asyncio.run(story())


def test_what_failed_is_dated_by_when_it_was_heard_and_not_by_when_it_failed(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main")
        async with at_work(tmp_path, server) as scene:
            server.confirms = None
            scene.hear(*frames(1, 1))
            scene.ms += 2_000
            server.settle(server.got[0].key, delivered=False)
            server.confirms = True
            await until(lambda: len(server.got) == 2)
            assert server.got[1].utc_ns == UNIX_NS - 2 * 10**9
            assert server.got[1].late

    asyncio.run(story())


@pytest.mark.parametrize("keeps_order", [True, False])
def test_other_devices_do_not_wait_for_one_that_has_something_stored(tmp_path: Path, keeps_order: bool) -> None:
    async def story() -> None:
        server = Server("main", keeps_order=keeps_order)
        async with at_work(tmp_path, server) as scene:
            server.confirms = None
            scene.hear(*frames(1, 1))
            scene.ms += DOUBT_MS
            scene.hear(*frames(2, 2), *frames(1, 1, METROPOLIS_ADDR))
            now = payloads(frames(2, 2)) if keeps_order else []
            assert server.payloads == payloads(frames(1, 1)) + now + payloads(frames(1, 1, METROPOLIS_ADDR))
            server.settle(*[each.key for each in server.got], delivered=True)
            server.confirms = True
            assert set(server.payloads) == set(payloads([*frames(1, 2), *frames(1, 1, METROPOLIS_ADDR)]))

    asyncio.run(story())


def test_what_waits_behind_one_that_failed_is_stored_behind_it(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main", keeps_order=False)
        async with at_work(tmp_path, server) as scene:
            server.confirms = None
            scene.hear(*frames(1, 1))
            scene.ms += DOUBT_MS
            scene.hear(*frames(2, 3))
            first = server.got.pop()
            server.confirms = True
            server.settle(first.key, delivered=False)
            await until(lambda: len(server.got) == 3)
            assert server.payloads == payloads(frames(1, 3))

    asyncio.run(story())


def test_one_that_a_newer_one_has_overtaken_is_given_up(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main", keeps_order=False)
        async with at_work(tmp_path, server) as scene:
            server.confirms = None
            scene.hear(*frames(1, 2), verdict=OF_CITY)
            first, second = server.got
            server.settle(second.key)
            server.settle(first.key, delivered=False)
            await scene.lost((CITY, "overtaken"))
            assert len(server.got) == 2

    asyncio.run(story())


def test_a_join_is_given_to_a_server_that_is_there_or_to_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main")
        async with at_work(tmp_path, server) as scene:
            server.confirms = None
            scene.hear(join(CITY_EUI), verdict=OF_CITY)
            server.settle(server.got[0].key, delivered=False)
            await scene.lost((CITY, "join"))
            server.go()
            scene.router.look()
            scene.hear(join(CITY_EUI), verdict=OF_CITY)
            await until(lambda: scene.router.keeper.losses[CITY, "join"] == 2)
            assert len(server.got) == 1
            assert scene.router.keeper.count == 0

    asyncio.run(story())


def test_a_route_that_stores_nothing_gives_up_and_counts(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main")
        server.go()
        routes = [Route("main", ("main",), store=False)]
        async with at_work(tmp_path / "outage", server, routes=routes) as scene:
            scene.hear(uplink(CITY_ADDR), verdict=OF_CITY)
            await scene.lost((CITY, "not_stored"))

    asyncio.run(story())


def test_what_arrived_damaged_is_forwarded_but_never_stored(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main")
        damaged = uplink(CITY_ADDR, crc_status=CrcStatus.BAD)
        async with at_work(tmp_path / "outage", server) as scene:
            scene.hear(damaged)
            assert server.payloads == [damaged.payload]
            server.go()
            scene.router.look()
            scene.hear(damaged)
        assert list((tmp_path / "outage").glob("*")) == []

    asyncio.run(story())


def test_the_backup_gets_what_the_first_server_did_not_confirm(tmp_path: Path) -> None:
    async def story() -> None:
        primary, backup = Server("primary"), Server("backup")
        routes = [Route("main", ("primary", "backup"))]
        async with at_work(tmp_path, primary, backup, routes=routes) as scene:
            assert scene.router.active_of("main") == "primary"
            primary.confirms = None
            scene.hear(*frames(1, 2))
            primary.counters.connected = False
            scene.router.look()
            assert scene.router.active_of("main") == "backup"
            scene.hear(*frames(3, 3))
            assert backup.got == []
            primary.settle(*[each.key for each in primary.got], delivered=False)
            await until(lambda: len(backup.got) == 3)
            assert backup.payloads == payloads(frames(1, 3))

    asyncio.run(story())


def test_what_was_heard_before_that_has_the_time_at_which_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "START_PATIENCE_S", 60)

    async def story() -> None:
        server, ms = Server("main"), [0]
        server.go()
        keeper = StoreKeeper(tmp_path, StoreLimits(), lambda: ms[0])
        router = Router(
            one_route_each(["main"]),
            keeper,
            keepalives_s={},
            now_ms=lambda: ms[0],
            unix_ns=lambda: UNIX_NS,
            replay_per_s=20,
        )
        router.add(server)
        tasks = [asyncio.create_task(keeper.run()), asyncio.create_task(router.run())]
        await keeper.opened()
        router.send([Uplink(uplink(CITY_ADDR))], [PASSED])
        ms[0] = 3_000
        monkeypatch.setattr(routing, "START_PATIENCE_S", 0)
        server.confirms = False
        server.counters.connected = True
        await until(lambda: keeper.count == 1)
        server.confirms = True
        await until(lambda: bool(server.got) and server.got[-1].late)
        assert server.got[-1].utc_ns == UNIX_NS - 3 * 10**9
        for task in reversed(tasks):
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(story())


@pytest.mark.parametrize("delivered", [True, False])
def test_what_a_server_that_hangs_was_given_is_kept_and_nothing_overtakes_it(tmp_path: Path, delivered: bool) -> None:
    async def story() -> None:
        server = Server("main")
        async with at_work(tmp_path, server) as scene:
            server.confirms = None
            scene.hear(*frames(1, 1))
            scene.hear(join(CITY_EUI), uplink(CITY_ADDR, crc_status=CrcStatus.BAD))
            scene.ms += routing.KEEP_AFTER_MS + 1
            await scene.kept(1)
            scene.hear(*frames(2, 2), *frames(1, 1, METROPOLIS_ADDR))
            await scene.kept(2)
            await asyncio.sleep(0.05)
            # The other device's went out at once, and nothing is sent to the server a second time.
            assert server.payloads[3:] == payloads(frames(1, 1, METROPOLIS_ADDR))
            given = server.got.copy()
            server.confirms = True
            server.settle(*[each.key for each in given], delivered=delivered)
            await scene.empty()
            late = frames(2, 2) if delivered else [*frames(1, 2), *frames(1, 1, METROPOLIS_ADDR)]
            assert sorted(server.payloads[4:]) == sorted(payloads(late))
            of_city = [payload for payload in server.payloads[4:] if payload in payloads(frames(1, 2))]
            assert of_city == sorted(of_city)

    asyncio.run(story())


def test_what_hangs_at_the_end_is_kept_once(tmp_path: Path) -> None:
    async def story() -> None:
        hanging, server = Server("main"), Server("main")
        hanging.confirms = None
        async with at_work(tmp_path, hanging) as scene:
            scene.hear(*frames(1, 1))
            scene.ms += routing.KEEP_AFTER_MS + 1
            await scene.kept(1)
        async with at_work(tmp_path, server) as scene:
            await scene.empty()
            assert server.payloads == payloads(frames(1, 1))

    asyncio.run(story())


def test_what_is_heard_just_after_a_server_came_back_goes_to_it_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main")
        async with at_work(tmp_path, server) as scene:
            server.go()
            scene.router.look()
            server.come_back()
            scene.hear(*frames(1, 1))
            assert [each.late for each in server.got] == [False]

    asyncio.run(story())


def test_a_server_that_confirms_nothing_is_sent_so_many_of_what_waited_and_then_no_more(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        server, most = Server("main"), routing.MOST_BEATS_OUT * REPLAYED_A_BEAT
        server.go()
        async with at_work(tmp_path, server) as scene:
            scene.hear(*[uplink(CITY_ADDR + number) for number in range(2 * most + 1)])
            await scene.kept(2 * most + 1)
            server.come_back()
            server.confirms = None
            await until(lambda: len(server.got) == most)
            await asyncio.sleep(0.1)
            assert len(server.got) == most
            server.settle(*[each.key for each in server.got])
            await until(lambda: len(server.got) == 2 * most)
            server.confirms = True
            server.settle(*[each.key for each in server.got[most:]])
            await scene.empty()
            assert len(set(server.payloads)) == len(server.got) == 2 * most + 1

    asyncio.run(story())


@pytest.mark.parametrize("keeps_order", [True, False])
def test_of_one_device_one_is_sent_at_a_time_where_datagrams_may_overtake_each_other(
    tmp_path: Path, keeps_order: bool
) -> None:
    async def story() -> None:
        server = Server("main", keeps_order=keeps_order)
        server.go()
        async with at_work(tmp_path, server) as scene:
            scene.hear(*frames(1, 3))
            await scene.kept(3)
            server.come_back()
            server.confirms = None
            sent = 3 if keeps_order else 1
            await until(lambda: len(server.got) == sent)
            await asyncio.sleep(0.05)
            assert server.payloads == payloads(frames(1, sent))

    asyncio.run(story())


def test_a_route_that_stores_nothing_keeps_nothing_of_a_server_that_hangs_either(tmp_path: Path) -> None:
    async def story() -> None:
        server = Server("main")
        server.confirms = None
        async with at_work(tmp_path, server, routes=[Route("main", ("main",), store=False)]) as scene:
            scene.hear(uplink(CITY_ADDR), verdict=OF_CITY)
            scene.ms += routing.KEEP_AFTER_MS + 1
            await asyncio.sleep(0.05)
            assert scene.router.keeper.count == 0
            server.settle(server.got[0].key, delivered=False)
            await scene.lost((CITY, "not_stored"))

    asyncio.run(story())
