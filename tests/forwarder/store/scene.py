"""Uplinks of a few devices, and stores that keep them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from forwarder.backend import Uplink
from forwarder.store.frames import scan
from forwarder.store.limits import StoreLimits
from forwarder.store.marks import read_marks
from forwarder.store.records import Stored
from forwarder.store.store import OutageStore
from tests.packets import packet

ROUTE = "city"
OTHER_ROUTE = "syndicate"
NOW_MS = 1_000_000
LIMITS = StoreLimits()


def stored(key: int, device: int = 1, *, route: str = ROUTE, whose: str = "water", at_ms: int = NOW_MS) -> Stored:
    """An uplink; its payload tells its key."""
    uplink = Uplink(packet(payload=b"uplink %d" % key), utc_ns=key % 10**6 * 10**9, key=key)
    return Stored(route, whose, device, uplink, at_ms)


def opened(directory: Path, limits: StoreLimits = LIMITS, now_ms: int = NOW_MS) -> OutageStore:
    """A store, as after a start."""
    return OutageStore(directory, limits, now_ms)


def killed(store: OutageStore) -> None:
    """What a kill does: nothing is written any more, and the kernel closes the files."""
    store._disk.close()


def keep(store: OutageStore, uplinks: Iterable[Stored], now_ms: int = NOW_MS) -> None:
    """Append all of them."""
    for uplink in uplinks:
        store.append(uplink, now_ms)


def late(uplink: Stored) -> Stored:
    """An uplink as it is handed out."""
    return msgspec.structs.replace(uplink, uplink=msgspec.structs.replace(uplink.uplink, late=True))


def keys(uplinks: Sequence[Stored]) -> list[int]:
    """Which these are."""
    return [uplink.key for uplink in uplinks]


def replay_all(store: OutageStore, route: str = ROUTE, now_ms: int = NOW_MS) -> list[int]:
    """Deliver everything, one of a device at a time; the keys in the order in which they went out."""
    sent: list[int] = []
    while found := store.next(route, now_ms, 100):
        sent += keys(found)
        store.delivered(keys(found), now_ms)
    return sent


def fates(directory: Path) -> bytes:
    """What is written of fates, without the room behind it."""
    content = (directory / "marks").read_bytes()
    return content[: read_marks(content).end]


def uplinks_in(segment: Path) -> bytes:
    """What is written in a segment, without the room behind it."""
    content = segment.read_bytes()
    return content[: scan(content, int(segment.stem.partition("-")[2], 16)).end]


def segments(directory: Path) -> list[Path]:
    """The files of uplinks, the oldest first."""
    return sorted(directory.glob("*.uplinks"))
