"""The disk as the store sees it: it takes what it can, and says why where it does not. Blocking."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

from forwarder.store.fates import Fates
from forwarder.store.limits import StoreLimits
from forwarder.store.loading import Loaded
from forwarder.store.losses import Loss
from forwarder.store.records import Stored
from forwarder.store.segments import SegmentFiles
from forwarder.store.shelf import Shelf

RETRY_MS = 10_000

_log = structlog.get_logger()


class Disk:
    """Segments and fates in one directory, opened at the first try that succeeds. Never raises.

    `error` is why it takes nothing at present, None while it does.
    """

    def __init__(self, path: Path, limits: StoreLimits, load: Callable[[SegmentFiles, Fates], Loaded]) -> None:
        self._path = path
        self._limits = limits
        self._load = load
        self._files: SegmentFiles | None = None
        self._shelf: Shelf | None = None
        self._emptied: list[int] = []
        self._fates_unsynced = False
        self._failed_ms: int | None = None
        self.fates = Fates()
        self.error: str | None = None

    @property
    def bytes_taken(self) -> int:
        """What the files take."""
        segments = 0 if self._shelf is None else self._shelf.bytes_taken
        return segments + self.fates.length + (self._limits.spare_bytes if segments else 0)

    @property
    def needs_sync(self) -> bool:
        """Whether a power cut would undo anything."""
        is_written = self.fates.is_written and not self._fates_unsynced
        return not is_written or (self._shelf is not None and self._shelf.needs_sync)

    def is_due(self, now_ms: int) -> bool:
        """Whether to try again what failed."""
        return self.error is not None and (self._failed_ms is None or now_ms - self._failed_ms >= RETRY_MS)

    def get_ready(self, now_ms: int) -> bool:
        """Try to open what is not open, and to write what could not be written; whether that went well."""
        try:
            if self._shelf is None:
                self._open()
            if self._files is not None:
                self._fates_unsynced |= self.fates.write(self._files)
        except OSError as error:
            self._failed(error, now_ms)
            return False
        return True

    def recovered(self) -> None:
        """Everything that had to wait for it is there."""
        if self.error is not None:
            self.error = None
            _log.info("the outage store is written again", path=self._path)

    def crowded(self, now_ms: int) -> int | None:
        """The oldest segment, where its room is needed for the next uplink."""
        shelf = self._shelf
        if shelf is None or not shelf.begins_new(now_ms):
            return None
        is_full = self.bytes_taken + self._limits.segment_bytes > self._limits.most_bytes
        return min(shelf.numbers, default=None) if is_full else None

    def put(self, stored: Stored, now_ms: int) -> tuple[int, int] | None:
        """Append an uplink; its segment and place, None where the disk does not take it."""
        if self._shelf is None or self._files is None:
            return None
        if self._shelf.begins_new(now_ms):
            self._files.reserve_marks(self.fates.length + self._limits.spare_bytes)
        try:
            return self._shelf.put(stored, now_ms)
        except OSError as error:
            self._failed(error, now_ms)
            return None

    def get(self, number: int, place: int) -> Stored | None:
        """An uplink, None where the disk does not give it back."""
        return None if self._shelf is None else self._shelf.get(number, place)

    def settled(self, number: int, place: int, losses: Counter[Loss]) -> None:
        """An uplink of a segment waits no more; written down with `write_fates`."""
        self.fates.settled(number, (place,), losses)
        if self._shelf is not None and self._shelf.settled(number):
            self._emptied.append(number)

    def segment_settled(self, number: int, losses: Counter[Loss]) -> None:
        """The same for a whole segment."""
        self.fates.settled(number, (), losses, whole=True)
        self._emptied.append(number)

    def outdated(self, before_ms: int) -> list[int]:
        """Segments of which all is older."""
        return [] if self._shelf is None else self._shelf.outdated(before_ms)

    def write_fates(self, now_ms: int) -> None:
        """Write down what became of uplinks, so that no kill undoes it; then remove segments that nothing waits in.

        A disk that is full takes it too, as long as there is room that was taken ahead.
        """
        if self.error is None:
            self.get_ready(now_ms)
        elif self._files is not None:
            with suppress(OSError):
                self._fates_unsynced |= self.fates.write(self._files)
        if self._emptied and self.fates.has_unsynced_losses:
            # Else a power cut takes the uplinks, and what is written of their loss.
            self._sync_fates(now_ms)
        for number in self._emptied:
            if self._shelf is not None:
                self._shelf.remove(number)
            self.fates.segment_removed(number)
        self._emptied = []

    def condense(self, now_ms: int) -> None:
        """Make the file of fates smaller where it has grown large."""
        if self.error is not None or self._files is None or self._shelf is None:
            return
        try:
            self.fates.condense(self._files, self._shelf.last)
        except OSError as error:
            self._failed(error, now_ms)

    def sync(self, now_ms: int) -> None:
        """Wait until all that was written is on the disk."""
        if self._files is None or self._shelf is None:
            return
        try:
            self._shelf.sync()
        except OSError as error:
            self._failed(error, now_ms)
        self._sync_fates(now_ms)

    def close(self) -> None:
        """Let go of the files."""
        if self._shelf is not None:
            self._shelf.close()
        self._files = self._shelf = None

    def _sync_fates(self, now_ms: int) -> None:
        if self._files is None or not self._fates_unsynced:
            return
        try:
            self._files.sync_marks()
            self._fates_unsynced = self.fates.has_unsynced_losses = False
        except OSError as error:
            self._failed(error, now_ms)

    def _open(self) -> None:
        files = SegmentFiles(self._path)
        try:
            loaded = self._load(files, self.fates)
        except OSError:
            files.close()
            raise
        for problem in loaded.problems:
            what, lost = problem.what, problem.lost
            _log.warning("the outage store is not as it was left", file=problem.file, what=what, uplinks_lost=lost)
        self._files = files
        self._shelf = Shelf(files, loaded.segments, loaded.last_segment, self._limits.segment_bytes)

    def _failed(self, error: OSError, now_ms: int) -> None:
        reason = error.strerror or str(error)
        if reason != self.error:
            _log.error("the outage store cannot be written; it goes on in memory", path=self._path, reason=reason)
        self.error, self._failed_ms = reason, now_ms
