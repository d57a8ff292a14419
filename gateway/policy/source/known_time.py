"""The known time: a lower bound of the true time, by which documents and rights begin and end.

While there is a time to trust (GNSS, a synchronised host) it is that; else the last one that was trusted, kept on
disk once an hour and whenever it was corrected, and what CLOCK_BOOTTIME has counted since. The time between the last
write and a reboot is not known and counts as none, so that the bound can only be late.

**A trusted time that contradicts.** A receiver can say a date that is years off, and a wrong date must neither end
all rights for ever nor bring back what has ended. So a time that is more than a minute from what was counted is
believed only after it has gone on steadily, without a gap: ten minutes for one that is ahead, which every gateway
meets that was off for a while; an hour for one that is behind, which says that a time believed before was wrong.
Until then the counted time goes on. By less than a minute it follows a time that is ahead at once, and never goes
back.
"""

import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from radio.atomic_file import write_atomically
from radio.duty_cycle_store import boottime_us, read_boot_id

FILE = "known_time"
US_PER_S = 1_000_000
TOLERANCE_S = 60
STEADY_AHEAD_S = 600
STEADY_BEHIND_S = 3_600
# A reading that comes later than this after the one before it is no steady time.
LONGEST_GAP_S = 300
WRITE_S = 3_600
# 2026-01-01, before which this program did not exist, and 9999-01-01, which dates still can say.
EARLIEST_UNIX_S = 1_767_225_600
LATEST_UNIX_S = 253_370_764_800

_log = structlog.get_logger()


class Anchor(msgspec.Struct, frozen=True):
    """A time that was believed, and what CLOCK_BOOTTIME showed then."""

    unix_s: int
    boot_s: int

    def at(self, boot_s: int) -> int:
        """What is counted from it; a clock that went back counts nothing."""
        return self.unix_s + max(0, boot_s - self.boot_s)


class Claim(msgspec.Struct, frozen=True):
    """A trusted time that contradicts, since when it does, and when it was last seen to."""

    first: Anchor
    last_boot_s: int


class Bound(msgspec.Struct, frozen=True):
    """What is known of the time."""

    anchor: Anchor | None = None
    claim: Claim | None = None


def advance(bound: Bound, trusted_unix_s: int | None, boot_s: int) -> Bound:
    """What is known after one more look at the trusted time, None where there is none."""
    if trusted_unix_s is None or not EARLIEST_UNIX_S <= trusted_unix_s < LATEST_UNIX_S:
        return Bound(bound.anchor)
    if bound.anchor is None:
        return Bound(Anchor(trusted_unix_s, boot_s))
    counted_unix_s = bound.anchor.at(boot_s)
    if abs(trusted_unix_s - counted_unix_s) <= TOLERANCE_S:
        return Bound(Anchor(max(trusted_unix_s, counted_unix_s), boot_s))
    claim = _continued(bound.claim, trusted_unix_s, boot_s)
    steady_s = STEADY_AHEAD_S if trusted_unix_s > counted_unix_s else STEADY_BEHIND_S
    if boot_s - claim.first.boot_s >= steady_s:
        return Bound(Anchor(trusted_unix_s, boot_s))
    return Bound(bound.anchor, claim)


def _continued(claim: Claim | None, trusted_unix_s: int, boot_s: int) -> Claim:
    """The claim that a reading goes on with, or begins."""
    if claim is not None and 0 <= boot_s - claim.last_boot_s <= LONGEST_GAP_S:
        expected_unix_s = claim.first.at(boot_s)
        if abs(trusted_unix_s - expected_unix_s) <= TOLERANCE_S:
            return Claim(claim.first, boot_s)
    return Claim(Anchor(trusted_unix_s, boot_s), boot_s)


class _Written(msgspec.Struct, frozen=True):
    """What the file holds, and on which boot's clock."""

    boot_id: str
    anchor: Anchor


class KnownTime:
    """The known time, kept in one file. `trusted_unix_s` gives the sure time or None, `boot_s` CLOCK_BOOTTIME."""

    def __init__(
        self, path: Path, boot_id: str, trusted_unix_s: Callable[[], int | None], boot_s: Callable[[], int]
    ) -> None:
        self._path = path
        self._boot_id = boot_id
        self._trusted_unix_s = trusted_unix_s
        self._boot_s = boot_s
        self._bound = Bound(self._read())
        self._written: Anchor | None = None
        self._tried_boot_s: int | None = None

    def look(self) -> int | None:
        """The known time now; None where there never was one to trust. Called at least every few minutes."""
        boot_s = self._boot_s()
        before = self._bound
        self._bound = advance(before, self._trusted_unix_s(), boot_s)
        if before.anchor is not None and self._bound.anchor is not None:
            self._tell(self._bound.anchor.at(boot_s) - before.anchor.at(boot_s))
        return None if self._bound.anchor is None else self._bound.anchor.at(boot_s)

    def is_due(self) -> bool:
        """Whether `save` has something to write: once an hour, and when the time was corrected, either way."""
        anchor, boot_s = self._bound.anchor, self._boot_s()
        if anchor is None:
            return False
        if self._tried_boot_s is None or boot_s - self._tried_boot_s >= WRITE_S:
            return True
        return self._written is not None and abs(anchor.at(boot_s) - self._written.at(boot_s)) > TOLERANCE_S

    def save(self) -> None:
        """Write the known time down. A write blocks for as long as the disk takes."""
        anchor = self._bound.anchor
        if anchor is None:
            return
        boot_s = self._boot_s()
        counted = Anchor(anchor.at(boot_s), boot_s)
        self._tried_boot_s = boot_s
        self._written = counted
        body = msgspec.json.encode(_Written(self._boot_id, counted))
        try:
            write_atomically(self._path, b"%08x\n%s\n" % (zlib.crc32(body), body))
        except OSError as error:
            _log.error("the known time cannot be kept", path=self._path, reason=error.strerror)

    def _tell(self, moved_s: int) -> None:
        if abs(moved_s) > TOLERANCE_S:
            _log.warning("the known time was corrected by a trusted one that went on steadily", by_s=moved_s)

    def _read(self) -> Anchor | None:
        """The anchor on this boot's clock; None at a first start."""
        try:
            written = _decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("the known time cannot be read", path=self._path, reason=error.strerror)
            return None
        if written is None:
            _log.warning("the known time on disk is damaged: none until a clock can be trusted", path=self._path)
            return None
        if written.boot_id != self._boot_id:
            return Anchor(written.anchor.unix_s, 0)
        return written.anchor


def open_known_time(state_dir: Path, trusted_unix_s: Callable[[], int | None]) -> KnownTime:
    """The known time of a gateway.

    Raises:
        OSError: the kernel does not tell which boot this is.
    """
    return KnownTime(state_dir / FILE, read_boot_id(), trusted_unix_s, lambda: boottime_us() // US_PER_S)


def _decode(content: bytes) -> _Written | None:
    """What a file holds, or None where it is not whole."""
    checksum, _, rest = content.partition(b"\n")
    body = rest.removesuffix(b"\n")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        return msgspec.json.decode(body, type=_Written)
    except msgspec.DecodeError:
        return None
