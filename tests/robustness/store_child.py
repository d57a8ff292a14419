"""`python -m tests.robustness.store_child DIRECTORY SEED ROOM [--finish]`: the outage store under a restless gateway.

Uplinks are heard without end, on two routes whose servers come and go. Everything is told on standard output, line by
line: what was heard, what is kept, what a server got. With ROOM "disk" the disk is full now and then, with "little" the
store is small and uplinks soon too old. With `--finish` servers are up and the disk has room; once nothing is kept any
more it tells what is lost, and ends.
"""

import asyncio
import os
import random
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from forwarder.backend import Uplink
from forwarder.store import disk, keeper
from forwarder.store.keeper import StoreKeeper
from forwarder.store.limits import Kept, StoreLimits
from forwarder.store.records import Stored
from tests.packets import packet

# Each with how many of a device may be out together.
ROUTES = {"city": 1, "archive": 4}
DEPOSITORS = 3
DEVICES = 12
MOST_OUT = 10
ROOMS = {
    "disk": StoreLimits(most_bytes=4 << 20),
    "little": StoreLimits(most_bytes=150_000, max_age_ms=1_500),
}
# A file's largest size on a full disk: less than a segment, more than fates ever take here..
FULL_BYTES = 400_000


class Told(msgspec.Struct, frozen=True, array_like=True):
    """A line: "first", "heard", "kept" or "got", the uplink's key, and whose it is where it is heard."""

    what: str
    key: int
    route: str = ""
    device: int = 0
    depositor: str = ""


def tell(*lines: Told) -> None:
    """Out, before anything else happens: what was written to a pipe outlives a kill."""
    os.write(1, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


class Gateway:
    """What a router does, in small: a server that is up has what it is given, or, by chance, has not."""

    def __init__(self, store: StoreKeeper, chance: random.Random, *, finish: bool) -> None:
        self._store = store
        self._chance = chance
        self._finish = finish
        self._up = dict.fromkeys(ROUTES, True)
        self._key = 0

    async def live(self) -> None:
        """Until it is killed; or until nothing is kept any more."""
        self._key = await self._store.opened()
        tell(Told("first", self._key))
        while not self._finish or any(map(self._store.has_backlog, ROUTES)):
            if not self._finish:
                self._weather()
                self._hear()
            for route in ROUTES:
                if self._up[route]:
                    await self._replay(route)
            await asyncio.sleep(self._chance.random() / 200)

    def _weather(self) -> None:
        for route in ROUTES:
            if self._chance.random() < 0.03:
                self._up[route] = not self._up[route]

    def _hear(self) -> None:
        for _ in range(self._chance.randint(1, 20)):
            for route in ROUTES:
                self._heard(route, self._chance.randrange(DEVICES))

    def _heard(self, route: str, device: int) -> None:
        key, self._key = self._key, self._key + 1
        depositor = f"depositor {device % DEPOSITORS}"
        uplink = Uplink(packet(payload=self._chance.randbytes(24)), key=key)
        tell(Told("heard", key, route, device, depositor))
        if self._up[route] and not self._store.has_backlog(route, device) and self._chance.random() < 0.9:
            tell(Told("got", key))
            return
        kept = self._store.append(Stored(route, depositor, device, uplink, now_ms()))
        kept.add_done_callback(lambda kept: None if kept.result() is Kept.GIVEN_UP else tell(Told("kept", key)))

    async def _replay(self, route: str) -> None:
        found = await self._store.next(route, MOST_OUT, ROUTES[route])
        assert all(each.uplink.late for each in found)
        # A connection that breaks: what comes behind is not sent.
        sent = len(found) if self._chance.random() < 0.8 else self._chance.randint(0, len(found))
        tell(*(Told("got", each.key) for each in found[:sent]))
        self._store.delivered(_keys(found[:sent]))
        self._store.failed(_keys(found[sent:]))


async def fill(chance: random.Random) -> None:
    """The disk is full, and is not, in turn."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    while True:
        await asyncio.sleep(chance.random() / 5)
        full = chance.random() < 0.6
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES if full else hard, hard))


def now_ms() -> int:
    """The clock that the daemon gives it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def _keys(found: Sequence[Stored]) -> list[int]:
    return [each.key for each in found]


async def main(directory: Path, seed: int, room: str, *, finish: bool) -> None:
    """The daemon's part that is under test, under load."""
    chance = random.Random(seed)
    store = StoreKeeper(directory, ROOMS[room], now_ms)
    tasks: list[asyncio.Task[None]] = [asyncio.create_task(store.run())]
    if room == "disk" and not finish:
        tasks.append(asyncio.create_task(fill(chance)))
    await Gateway(store, chance, finish=finish).live()
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    os.write(1, msgspec.json.encode([(*loss, count) for loss, count in store.losses.items()]) + b"\n")


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    # As the daemon's, but for its patience.
    disk.RETRY_MS, keeper.TEND_S, keeper.SYNC_S = 60, 0.05, 0.1
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], finish="--finish" in sys.argv))
