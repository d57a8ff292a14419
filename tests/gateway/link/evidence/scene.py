"""A gateway's key, a clock, and a log with entries of two depositors."""

import hashlib
from pathlib import Path

import msgspec

from gateway.link.evidence.chain import EVERYBODY, HOST, Draft, EntryTime, Kind
from gateway.link.evidence.segment_files import SegmentFiles
from gateway.link.evidence.store import EvidenceStore
from gateway.policy.source.signature import SigningKey

KEY = SigningKey.generate()
PUBLIC = KEY.public
OTHER_KEY = SigningKey.generate()
NOON_MS = 1_793_534_400_000  # 2026-11-01 12:00:00 UTC
HOUR_MS = 3_600_000
SECRET = "70B3D57ED0001234"


def at(hour: float, *, sure: bool = True) -> EntryTime:
    """So many hours after noon of 1 November."""
    return EntryTime(int(hour * HOUR_MS), NOON_MS + int(hour * HOUR_MS), sure)


def draft(whose: str, hour: float = 0, kind: Kind = Kind.INCIDENT, *, sure: bool = True, **body: object) -> Draft:
    """An entry to be."""
    return Draft(kind, whose, msgspec.json.encode(body), at(hour, sure=sure))


def written(directory: Path, *batches: list[Draft], most_bytes: int = 1 << 25, segment_bytes: int = 1 << 20) -> None:
    """Batches that a gateway writes between a start and a stop."""
    store = EvidenceStore(directory, KEY, most_bytes, segment_bytes)
    store.get_ready()
    for batch in batches:
        store.write(batch)


def sample(directory: Path) -> list[bytes]:
    """The segments of a log with entries of the city, of the syndicate, of all, and of the host."""
    written(
        directory,
        [draft(EVERYBODY, kind=Kind.GATEWAY, event="started")],
        [draft("city", 1, event="opened", id="a1"), draft("syndicate", 1, event="opened", device=SECRET)],
        [draft("syndicate", 2, Kind.REFUSALS, count=12, device=SECRET)],
        [draft("city", 3, event="closed", id="a1"), draft(HOST, 3, Kind.NOTICE, to="operator")],
    )
    return contents(directory)


def contents(directory: Path) -> list[bytes]:
    """All segments, in order."""
    files = SegmentFiles(directory)
    return [files.path_of(first).read_bytes() for first in files.sizes()]


def only(directory: Path) -> Path:
    """The file of the only segment."""
    files = SegmentFiles(directory)
    (first,) = files.sizes()
    return files.path_of(first)


def sha256(content: bytes) -> bytes:
    """Calculated here, not by what is tested."""
    return hashlib.sha256(content).digest()
