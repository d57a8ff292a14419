"""The log of charges on disk: a kill loses nothing of it, a power cut at most what was not synced yet.

**Writing.** A batch of charges goes to the kernel in one write, without waiting for the disk: from then on the process
may be killed. A sync brings all that was written to the disk, on a thread of its own.

**Segments.** One is begun with the first charge after a start, and every hour. It is appended to by the process that
began it and by no other, so that whatever a crash left at its end stays the end, and damage costs one segment's rest.
Segments older than any account looks back are removed; so is the oldest one where they take too much room. After many
starts, small ones are merged.

**Failures.** What could not be written stays with the caller. When a sync fails, nobody knows what of the unsynced
charges lies on the disk. They are handed back and go into a new segment; once they are there, the old one is cut where
it was synced last. A kill in between makes them count twice, and never not at all.
"""

import os
from collections import deque
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from gateway.policy.accounts import journal_loading
from gateway.policy.accounts.journal import Charge, Encoder, encode_header
from gateway.policy.accounts.journal_files import JournalFiles, SegmentName
from gateway.policy.accounts.journal_loading import MOST_SEGMENT_BYTES, SEGMENT_MS, Loaded, Past, Recorder
from gateway.policy.accounts.ledger_clock import ClockMark

_log = structlog.get_logger()

MOST_BYTES = 128 << 20
MOST_SEGMENTS = 64
MOST_KEPT = 50_000
"""Unsynced charges that can be written again when a sync fails: more than any minute has."""


class _Open(msgspec.Struct):
    """A segment of this process; only the first `synced` bytes are surely on the disk."""

    name: SegmentName
    descriptor: int
    begun_ms: int
    last_ms: int
    header_bytes: int
    length: int
    encoder: Encoder
    synced: int = 0

    def past(self) -> Past:
        return Past(self.name, self.length, self.last_ms)


class Sync(msgspec.Struct):
    """One sync: made by the store, run on any thread, then given back to the store."""

    files: JournalFiles
    lengths: dict[SegmentName, int]
    descriptors: list[int]
    appended: int
    removals: list[SegmentName]
    new_names: bool
    next_number: int
    error: OSError | None = None

    def run(self) -> None:
        """Wait until the disk has it all. Blocks."""
        try:
            for descriptor in self.descriptors:
                os.fdatasync(descriptor)
            if self.new_names:
                self.files.sync_names()
        except OSError as error:
            self.error = error
        finally:
            for descriptor in self.descriptors:
                os.close(descriptor)
        # What cannot be removed now, the next start removes.
        journal_loading.removed(self.files, self.removals)


class JournalStore:
    """One log in one directory. One thread uses it; only `Sync.run` may be on another.

    Raises:
        OSError: there is no such directory, and it cannot be made.
    """

    def __init__(self, directory: Path, most_bytes: int = MOST_BYTES, most_segments: int = MOST_SEGMENTS) -> None:
        self._files = JournalFiles(directory)
        self._most_bytes = most_bytes
        self._most_segments = most_segments
        self._mark = ClockMark("", 0)
        self._next_number = 1
        self._past: list[Past] = []
        self._full: list[_Open] = []
        self._open: _Open | None = None
        self._doubtful: list[_Open] = []
        self._unsynced: deque[Charge] = deque(maxlen=MOST_KEPT)
        self._appended = 0
        self._synced = 0
        self._removals: list[SegmentName] = []
        self._names_synced_to = 1
        self.given_up = 0
        """Segments removed for want of room, although their charges still counted."""

    @property
    def unsynced(self) -> int:
        """Charges that were written and that a power cut may still undo."""
        return self._appended - self._synced

    def load(self, record: Recorder) -> Loaded:
        """Read everything back, the oldest first; comes before anything else.

        Raises:
            OSError: the directory cannot be read.
        """
        loaded = journal_loading.load(self._files, record, self._most_bytes)
        loaded.problems += journal_loading.settle(self._files, loaded)
        self._past = loaded.past
        self._next_number = max((past.name.last for past in self._past), default=0) + 1
        self._names_synced_to = self._next_number
        return loaded

    def begin(self, mark: ClockMark, now_ms: int) -> list[str]:
        """Get ready to append, under this clock: old segments go, many small ones are merged. Returns the problems."""
        self._mark = mark
        problems = journal_loading.removed(self._files, self._take_outdated(now_ms))
        if len(self._past) > self._most_segments:
            self._past, more = journal_loading.merge(self._files, self._past, self._most_bytes)
            problems += more
        for past in self._past:
            # When the last charge of one that cannot be read was made is not known.
            past.last_ms = now_ms if past.last_ms is None else past.last_ms
        return problems

    def append(self, charges: list[Charge], now_ms: int) -> None:
        """Write a batch; when this returns, no kill of the process loses it.

        Raises:
            OSError: nothing of the batch counts as written.
        """
        segment = self._segment_for(charges, now_ms)
        frames = segment.encoder.encode(charges)
        try:
            _write(segment.descriptor, frames)
        except OSError:
            self._end_badly(segment)
            raise
        segment.length += len(frames)
        segment.last_ms = max(segment.last_ms, now_ms)
        self._unsynced += charges
        self._appended += len(charges)
        self._cut_doubtful()

    def start_sync(self, now_ms: int) -> Sync:
        """What has to be brought on the disk now, and removed from it.

        Raises:
            OSError: the process has no descriptors left.
        """
        segments = self._own_segments()
        descriptors: list[int] = []
        try:
            descriptors += (os.dup(segment.descriptor) for segment in segments)
        except OSError:
            for descriptor in descriptors:
                os.close(descriptor)
            raise
        lengths = {segment.name: segment.length for segment in segments}
        removals = [*self._removals, *self._take_outdated(now_ms)]
        self._removals = []
        new_names = self._names_synced_to < self._next_number
        return Sync(self._files, lengths, descriptors, self._appended, removals, new_names, self._next_number)

    def finish_sync(self, sync: Sync) -> list[Charge]:
        """Take note of a sync that was run. Returns charges that have to be appended again; `sync.error` says why."""
        if sync.error is not None:
            return self._doubt()
        self._synced, self._names_synced_to = sync.appended, sync.next_number
        while len(self._unsynced) > self.unsynced:
            self._unsynced.popleft()
        for segment in self._own_segments():
            segment.synced = sync.lengths.get(segment.name, segment.synced)
        for segment in [segment for segment in self._full if segment.synced == segment.length]:
            self._full.remove(segment)
            self._past.append(segment.past())
            os.close(segment.descriptor)
        return []

    def close(self) -> None:
        """Let go of the files; what is not synced stays with the kernel."""
        for segment in [*self._own_segments(), *self._doubtful]:
            os.close(segment.descriptor)
        self._open, self._full, self._doubtful = None, [], []
        self._files.close()

    def _own_segments(self) -> list[_Open]:
        return [*self._full, *([] if self._open is None else [self._open])]

    def _segment_for(self, charges: list[Charge], now_ms: int) -> _Open:
        segment = self._open
        if segment is not None and (
            now_ms - segment.begun_ms >= SEGMENT_MS
            or segment.length >= MOST_SEGMENT_BYTES
            or not segment.encoder.has_room_for(charges)
        ):
            self._full.append(segment)
            segment = self._open = None
        if segment is None:
            segment = self._open = self._begin_segment(now_ms)
        return segment

    def _begin_segment(self, now_ms: int) -> _Open:
        self._make_room()
        name = SegmentName(self._next_number, self._next_number)
        self._next_number += 1
        descriptor = self._files.create(name)
        header = encode_header(self._mark)
        try:
            _write(descriptor, header)
        except OSError:
            os.close(descriptor)
            self._files.remove(name)
            raise
        return _Open(name, descriptor, now_ms, now_ms, len(header), len(header), Encoder())

    def _end_badly(self, segment: _Open) -> None:
        """After a write that failed: nothing more goes behind what may stay of it."""
        self._open = None
        if segment.length == segment.header_bytes:
            os.close(segment.descriptor)
            journal_loading.removed(self._files, [segment.name])
            return
        with suppress(OSError):  # then half a frame ends the segment, as after a power cut
            os.ftruncate(segment.descriptor, segment.length)
        self._full.append(segment)

    def _doubt(self) -> list[Charge]:
        """After a sync that failed: whatever is not synced goes into another segment."""
        doubtful = self._own_segments()
        self._doubtful += doubtful
        self._past += (segment.past() for segment in doubtful)
        self._open, self._full = None, []
        self._synced = self._appended
        again = list(self._unsynced)
        self._unsynced.clear()
        return again

    def _cut_doubtful(self) -> None:
        for segment in self._doubtful:
            with suppress(OSError):  # then its charges may count twice
                os.ftruncate(segment.descriptor, segment.synced)
            os.close(segment.descriptor)
        self._doubtful = []

    def _take_outdated(self, now_ms: int) -> list[SegmentName]:
        outdated = [past for past in self._past if journal_loading.outdated(past, now_ms)]
        self._past = [past for past in self._past if past not in outdated]
        return [past.name for past in outdated]

    def _make_room(self) -> None:
        """Give the oldest segments up, so that another one fits."""
        taken = sum(past.length for past in self._past) + sum(segment.length for segment in self._full)
        while self._past and taken + MOST_SEGMENT_BYTES > self._most_bytes:
            past = self._past.pop(0)
            taken -= past.length
            self._removals.append(past.name)
            self.given_up += 1
            _log.warning("more is charged than the log holds: a restart will not know of the oldest", file=past.name)


def _write(descriptor: int, content: bytes) -> None:
    """Write all of it: a disk that takes a part only says at the next try why."""
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, content[written:])
