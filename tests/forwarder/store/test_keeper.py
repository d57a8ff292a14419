"""The store in the daemon: the event loop orders, a thread works, and nothing waits for the disk."""

import asyncio
import functools
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, ParamSpec

import pytest

from forwarder.store import keeper
from forwarder.store.keeper import MOST_WAITING, StoreKeeper
from forwarder.store.limits import Kept, StoreLimits
from forwarder.store.losses import Reason
from forwarder.store.records import Stored
from forwarder.store.store import OutageStore
from tests.forwarder.store.scene import LIMITS, NOW_MS, OTHER_ROUTE, ROUTE, keys, late, opened, segments, stored

P = ParamSpec("P")
MOST_S = 10.0
DAY_MS = 86_400_000


def on_a_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that runs on an event loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@asynccontextmanager
async def at_work(directory: Path, now_ms: Callable[[], int] = lambda: NOW_MS) -> AsyncIterator[StoreKeeper]:
    """A keeper that runs, and has carried out everything at the end."""
    kept = StoreKeeper(directory, LIMITS, now_ms)
    running = asyncio.create_task(kept.run())
    async with asyncio.timeout(MOST_S):
        try:
            yield kept
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for it; whoever calls has a time-out."""
    while not is_so():  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.005)


@on_a_loop
async def test_uplinks_are_kept_and_handed_out_as_late(tmp_path: Path) -> None:
    async with at_work(tmp_path) as kept:
        assert await kept.append(stored(1)) is Kept.ON_DISK
        assert await kept.append(stored(2)) is Kept.ON_DISK
        assert await kept.next(ROUTE, 10) == [late(stored(1))]
        assert await kept.next(ROUTE, 10) == []
        kept.failed([1])
        assert keys(await kept.next(ROUTE, 10, together=2)) == [1, 2]
        kept.delivered([1, 2])
        assert await kept.next(ROUTE, 10) == []
        assert (kept.count, kept.in_memory, kept.losses) == (0, 0, {})


@on_a_loop
async def test_what_is_ordered_is_carried_out_before_the_end(tmp_path: Path) -> None:
    async with at_work(tmp_path) as kept:
        await kept.opened()
        for key in range(1, 500):
            kept.append(stored(key, device=key % 7))
        kept.given_up([3], Reason.REFUSED)
        kept.lost("waste", Reason.JOIN, 2)
    assert kept.losses == {("water", "refused"): 1, ("waste", "join"): 2}
    assert opened(tmp_path).count == 498


@on_a_loop
async def test_what_is_counted_is_written_down_at_once_so_that_no_kill_undoes_it(tmp_path: Path) -> None:
    async with at_work(tmp_path / "live") as kept:
        await kept.opened()
        kept.lost("waste", Reason.JOIN, 2)
        await until(lambda: bool(kept.losses))
        shutil.copytree(tmp_path / "live", tmp_path / "killed")
    assert opened(tmp_path / "killed").losses == {("waste", "join"): 2}


@on_a_loop
async def test_numbers_go_on_after_those_that_are_kept(tmp_path: Path) -> None:
    async with at_work(tmp_path) as kept:
        first = await kept.opened()
        await kept.append(stored(first + 5_000_000))
    async with at_work(tmp_path) as kept:
        assert await kept.opened() == first + 5_000_001


@on_a_loop
async def test_a_device_is_held_back_from_the_moment_that_one_of_it_is_to_be_kept(tmp_path: Path) -> None:
    kept = StoreKeeper(tmp_path, LIMITS, lambda: NOW_MS)
    assert kept.has_backlog(ROUTE, 1), "nobody knows yet"
    async with at_work(tmp_path) as kept:
        await kept.opened()
        assert not kept.has_backlog(ROUTE, 1)
        assert not kept.has_backlog(ROUTE)
        future = kept.append(stored(1, device=1))
        for _ in range(2):
            assert kept.has_backlog(ROUTE, 1)
            assert kept.has_backlog(ROUTE)
            assert not kept.has_backlog(ROUTE, 2)
            assert not kept.has_backlog(OTHER_ROUTE)
            await future
        await kept.next(ROUTE, 1)
        assert kept.has_backlog(ROUTE, 1), "it is out"
        kept.delivered([1])
        await until(lambda: not kept.has_backlog(ROUTE, 1))
        assert not kept.has_backlog(ROUTE)


@on_a_loop
async def test_what_nobody_waits_for_any_more_is_not_out(tmp_path: Path) -> None:
    async with at_work(tmp_path) as kept:
        await kept.append(stored(1))
        asked = asyncio.create_task(kept.next(ROUTE, 1))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        found: list[Stored] = []
        while not found:
            found = await kept.next(ROUTE, 1)
        assert keys(found) == [1]


@on_a_loop
async def test_a_disk_that_takes_its_time_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    append = OutageStore.append

    def slow(store: OutageStore, uplink: Stored, now_ms: int) -> Kept:
        goes_on.wait(MOST_S)
        return append(store, uplink, now_ms)

    monkeypatch.setattr(OutageStore, "append", slow)
    async with at_work(tmp_path) as kept:
        await kept.opened()
        futures = [kept.append(stored(key)) for key in range(1, MOST_WAITING + 11)]
        await asyncio.sleep(0.01)
        assert [future.done() for future in futures] == [False] * MOST_WAITING + [True] * 10
        assert kept.has_backlog(ROUTE, 1)
        goes_on.set()
        results = await asyncio.gather(*futures)
    assert results == [Kept.ON_DISK] * MOST_WAITING + [Kept.GIVEN_UP] * 10
    assert kept.losses == {("water", "busy"): 10}


@on_a_loop
async def test_an_idle_store_writes_nothing_and_keeps_nobody_awake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "TEND_S", 0.001)
    work, count = StoreKeeper._work, 0

    def counted(kept: StoreKeeper, most: int) -> None:
        nonlocal count
        count += 1
        work(kept, most)

    monkeypatch.setattr(StoreKeeper, "_work", counted)
    async with at_work(tmp_path / "store") as kept:
        await kept.opened()
        assert await kept.next(ROUTE, 10) == []
        await asyncio.sleep(0.05)
    assert count <= 3
    assert list((tmp_path / "store").iterdir()) == []


@on_a_loop
async def test_everything_comes_on_the_disk_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "TEND_S", 0.001)
    monkeypatch.setattr(keeper, "SYNC_S", 0.002)
    synced = threading.Event()
    sync = OutageStore.sync

    def noted(store: OutageStore, now_ms: int) -> None:
        sync(store, now_ms)
        synced.set()

    monkeypatch.setattr(OutageStore, "sync", noted)
    async with at_work(tmp_path) as kept:
        await kept.append(stored(1))
        await until(synced.is_set)


@on_a_loop
async def test_it_is_told_what_the_disk_says_and_what_a_kill_would_lose(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    async with at_work(tmp_path / "store") as kept:
        assert await kept.append(stored(1)) is Kept.IN_MEMORY
        assert kept.error is not None
        assert (kept.count, kept.in_memory) == (1, 1)
        assert keys(await kept.next(ROUTE, 1)) == [1]


@on_a_loop
async def test_a_clock_that_began_anew_goes_on_after_what_is_kept(tmp_path: Path) -> None:
    async with at_work(tmp_path, lambda: 5 * DAY_MS) as kept:
        await kept.append(stored(1, device=1, at_ms=5 * DAY_MS))
    now_ms = 1000
    async with at_work(tmp_path, lambda: now_ms) as kept:
        await kept.opened()
        await kept.append(stored(2, device=2, at_ms=now_ms))
        now_ms += DAY_MS // 2
        await kept.append(stored(3, device=3, at_ms=now_ms))
        now_ms += DAY_MS // 2 + 1
        assert keys(await kept.next(ROUTE, 10)) == [3]
        assert kept.losses == {("water", "too_old"): 2}


@on_a_loop
async def test_what_is_kept_for_too_long_goes_though_nobody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "TEND_S", 0.001)
    now_ms = NOW_MS
    async with at_work(tmp_path, lambda: now_ms) as kept:
        await kept.append(stored(1))
        now_ms += StoreLimits().max_age_ms + 1
        await until(lambda: kept.count == 0)
        assert kept.losses == {("water", "too_old"): 1}
        assert segments(tmp_path) == []
