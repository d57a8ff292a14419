"""The outage store in the daemon: orders come from the event loop, and one thread at a time carries them out."""

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from forwarder.store.limits import Kept, StoreLimits
from forwarder.store.losses import Loss, Reason
from forwarder.store.records import Stored
from forwarder.store.store import OutageStore

TEND_S = 2.0
SYNC_S = 15.0
"""A power cut loses no more than this, and what the disk takes to write it."""
MOST_WAITING = 1_000
"""Appends that the thread has not come to. At ten a second it is more than a minute in which the disk does nothing."""
MOST_AT_ONCE = 100


class _Order(msgspec.Struct, gc=False):
    run: Callable[[OutageStore, int], Any]
    result: "asyncio.Future[Any] | None" = None
    appended: Stored | None = None
    takes: bool = False


class StoreKeeper:
    """Keeps uplinks in `directory`. Its methods are the event loop's: they wait for no disk and never fail.

    `error` is why the disk takes nothing at present, `count` how many uplinks wait or are out, `in_memory` how many of
    them a kill would lose, `bytes_taken` what the files take, `losses` all that were ever given up. They are as of the
    last time that the thread was done.

    `now_ms` is a clock that nobody sets and that goes on between a process and the next, as CLOCK_BOOTTIME does. Where
    it began anew, all of its time came after what is kept.
    """

    def __init__(self, directory: Path, limits: StoreLimits, now_ms: Callable[[], int]) -> None:
        self._directory = directory
        self._limits = limits
        self._now_ms = now_ms
        self._store: OutageStore | None = None
        self._working = threading.Lock()
        self._orders: deque[_Order] = deque()
        self._done: deque[tuple[_Order, Any]] = deque()
        self._appending: Counter[tuple[str, int]] = Counter()
        self._append_count = 0
        self._something = asyncio.Event()
        self._opened = asyncio.Event()
        self._first_key = self._behind_ms = 0
        self._tended_s = self._synced_s = time.monotonic()
        self._is_idle = False
        self.error: str | None = None
        self.count = self.in_memory = self.bytes_taken = 0
        self.losses: Mapping[Loss, int] = {}

    @property
    def most_bytes(self) -> int:
        """What the files may take."""
        return self._limits.most_bytes

    async def opened(self) -> int:
        """Wait until what was kept is known; the number to count uplinks' keys from."""
        await self._opened.wait()
        return self._first_key

    def has_backlog(self, route: str, device: int | None = None) -> bool:
        """Whether an uplink of a device, or of any, waits or is out; it may, as long as the store is not open."""
        store = self._store
        if store is None or store.has_backlog(route, device):
            return True
        if device is None:
            return any(appending == route for appending, _ in self._appending)
        return (route, device) in self._appending

    def append(self, stored: Stored) -> "asyncio.Future[Kept]":
        """Have an uplink kept. The future, which nobody has to wait for, says where it is then."""
        kept: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        if self._append_count >= MOST_WAITING:
            kept.set_result(Kept.GIVEN_UP)
            self.lost(stored.depositor, Reason.BUSY)
            return kept
        # From here on `has_backlog` is true: what comes next from this device comes behind it.
        self._append_count += 1
        self._appending[stored.route, stored.device] += 1
        self._order(_Order(lambda store, now_ms: store.append(self._dated(stored), now_ms), kept, stored))
        return kept

    async def next(self, route: str, most: int, together: int = 1) -> list[Stored]:
        """What is to be sent now on a route: see `OutageStore.next`."""
        found: asyncio.Future[list[Stored]] = asyncio.get_running_loop().create_future()
        self._order(_Order(lambda store, now_ms: store.next(route, now_ms, most, together), found, takes=True))
        return await found

    def delivered(self, keys: Iterable[int]) -> None:
        """A network server has these."""
        taken = tuple(keys)
        self._order(_Order(lambda store, now_ms: store.delivered(taken, now_ms)))

    def failed(self, keys: Iterable[int]) -> None:
        """No network server got these: they wait again."""
        taken = tuple(keys)
        self._order(_Order(lambda store, _: store.failed(taken)))

    def given_up(self, keys: Iterable[int], reason: Reason) -> None:
        """These are not to be sent any more."""
        taken = tuple(keys)
        self._order(_Order(lambda store, now_ms: store.given_up(taken, reason, now_ms)))

    def lost(self, depositor: str, reason: Reason, count: int = 1) -> None:
        """Count uplinks that are not kept."""
        self._order(_Order(lambda store, _: store.lost(depositor, reason, count)))

    async def run(self) -> NoReturn:
        """Carry out orders until cancelled; then those that are left."""
        try:
            while True:
                self._something.clear()
                await asyncio.to_thread(self._work, MOST_AT_ONCE)
                self._answer()
                if not self._orders:
                    await self._something_to_do()
        finally:
            self.close()

    def close(self) -> None:
        """Carry out what is left, and let go of the files. Blocks for as long as the disk takes."""
        while self._orders:
            self._work(MOST_AT_ONCE)
            self._answer()
        with self._working:
            if self._store is not None:
                self._store.close(self._store_ms(self._store))
                self._look(self._store)
                self._store = None
        self._answer()

    async def _something_to_do(self) -> None:
        """Wait for an order; where anything is kept, no longer than until it has to be looked after."""
        try:
            async with asyncio.timeout(None if self._is_idle else TEND_S):
                await self._something.wait()
        except TimeoutError:
            pass

    def _order(self, order: _Order) -> None:
        self._orders.append(order)
        self._something.set()

    def _work(self, most: int) -> None:
        """Carry out orders, then look after the store. On any thread."""
        with self._working:
            store = self._store
            if store is None:
                store = OutageStore(self._directory, self._limits, self._now_ms())
                self._first_key = store.first_key(self._store_ms(store))
                self._store = store
            now_ms = self._store_ms(store)
            for _ in range(min(most, len(self._orders))):
                order = self._orders.popleft()
                self._done.append((order, order.run(store, now_ms)))
            store.write_down(now_ms)
            self._look_after(store, now_ms, time.monotonic())
            self._look(store)

    def _look_after(self, store: OutageStore, now_ms: int, now_s: float) -> None:
        if now_s - self._tended_s >= TEND_S:
            self._tended_s = now_s
            store.tend(now_ms)
        if store.needs_sync and now_s - self._synced_s >= SYNC_S:
            self._synced_s = now_s
            store.sync(now_ms)

    def _store_ms(self, store: OutageStore) -> int:
        """The time, never before anything that is kept: a clock that began anew goes on from there."""
        now_ms = self._now_ms()
        self._behind_ms = max(self._behind_ms, store.newest_ms - now_ms)
        return now_ms + self._behind_ms

    def _dated(self, stored: Stored) -> Stored:
        return msgspec.structs.replace(stored, at_ms=stored.at_ms + self._behind_ms) if self._behind_ms else stored

    def _look(self, store: OutageStore) -> None:
        self.error, self.count, self.losses = store.error, store.count, store.losses
        self.in_memory, self.bytes_taken = store.in_memory, store.bytes_taken
        self._is_idle = not (store.count or store.needs_sync or store.error)

    def _answer(self) -> None:
        """Tell those who wait what came of their orders. On the event loop's thread."""
        self._opened.set()
        while self._done:
            order, result = self._done.popleft()
            if order.appended is not None:
                device = (order.appended.route, order.appended.device)
                self._appending[device] -= 1
                if not self._appending[device]:
                    del self._appending[device]
                self._append_count -= 1
            if order.result is None:
                continue
            if not order.result.done():
                order.result.set_result(result)
            elif order.takes:
                # Whoever wanted these waits no more: they are not out.
                self.failed([stored.key for stored in result])
