"""The segments as they are written, read and removed. Blocking."""

import os
from contextlib import suppress

import msgspec

from forwarder.store.frames import OVERHEAD_BYTES, body_at, frame
from forwarder.store.records import MOST_RECORD_BYTES, Stored, UnreadableRecordError, decode_record, encode_record
from forwarder.store.segments import SegmentFiles, SegmentName, append

SEGMENT_MS = 3_600_000
"""So long a segment is written to: an uplink that is too old lies there so much longer at most."""


class Segment(msgspec.Struct):
    """A segment with uplinks that wait. `count` is of all its records, `waiting` of those not settled.

    It may be written on where it `is_whole`: nothing of it is damaged, was cut off, or is missing.
    """

    name: SegmentName
    length: int = 0
    count: int = 0
    waiting: int = 0
    begun_ms: int = 0
    newest_ms: int = 0
    is_whole: bool = True


class Shelf:
    """The segments with uplinks that wait; the last may be written on."""

    def __init__(self, files: SegmentFiles, segments: dict[int, Segment], last: int, segment_bytes: int) -> None:
        self._files = files
        self._segments = segments
        self._last = last
        self._segment_bytes = segment_bytes
        self._descriptor: int | None = None
        self._unsynced: list[int] = []
        self._is_dirty = self._has_new_names = False
        segment = segments.get(last)
        self._current = segment if segment is not None and segment.is_whole else None

    @property
    def last(self) -> int:
        """The highest number that a segment ever had."""
        return self._last

    @property
    def needs_sync(self) -> bool:
        """Whether a power cut would undo anything."""
        return self._is_dirty or bool(self._unsynced) or self._has_new_names

    @property
    def numbers(self) -> list[int]:
        """All segments."""
        return list(self._segments)

    @property
    def bytes_taken(self) -> int:
        """What all segments take."""
        return sum(segment.length for segment in self._segments.values())

    def begins_new(self, now_ms: int) -> bool:
        """Whether the next uplink goes to a new segment."""
        segment = self._current
        return segment is None or segment.length >= self._segment_bytes or now_ms - segment.begun_ms >= SEGMENT_MS

    def put(self, stored: Stored, now_ms: int) -> tuple[int, int]:
        """Append an uplink; its segment and place. When this returns, no kill loses it.

        Raises:
            OSError: it is not there.
        """
        if self.begins_new(now_ms):
            self._rotate()
        segment, descriptor = self._opened(now_ms)
        content = frame(encode_record(stored, segment.count), segment.name.salt)
        try:
            append(descriptor, content, segment.length)
        except OSError:
            if segment.count == 0:
                self.remove(segment.name.number)
            raise
        place = segment.length
        segment.length += len(content)
        segment.count += 1
        segment.waiting += 1
        segment.newest_ms = max(segment.newest_ms, stored.at_ms)
        self._is_dirty = True
        return segment.name.number, place

    def get(self, number: int, place: int) -> Stored | None:
        """An uplink, None where the disk does not give it back."""
        name = self._segments[number].name
        try:
            content = self._files.read_part(name, place, MOST_RECORD_BYTES + OVERHEAD_BYTES)
            body = body_at(content, 0, name.salt)
            return None if body is None else decode_record(body)
        except (OSError, UnreadableRecordError):
            return None

    def settled(self, number: int) -> bool:
        """One uplink less waits in a segment; whether that was the last."""
        segment = self._segments[number]
        segment.waiting -= 1
        return segment.waiting == 0

    def outdated(self, before_ms: int) -> list[int]:
        """Segments of which all is older."""
        return [number for number, segment in self._segments.items() if segment.newest_ms < before_ms]

    def remove(self, number: int) -> None:
        """Remove a segment, whatever is in it. One that cannot be removed now goes at the next start."""
        segment = self._segments.pop(number)
        if segment is self._current:
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._current = self._descriptor = None
        with suppress(OSError):
            self._files.remove(segment.name)

    def sync(self) -> None:
        """Bring on the disk what was put.

        Raises:
            OSError: it is not known what of it is there. What is not is found out when it is to be sent.
        """
        full, self._unsynced = self._unsynced, []
        is_dirty, self._is_dirty = self._is_dirty, False
        try:
            for descriptor in full:
                os.fdatasync(descriptor)
            if is_dirty and self._descriptor is not None:
                os.fdatasync(self._descriptor)
            if self._has_new_names:
                self._files.sync_names()
                self._has_new_names = False
        except OSError:
            self._rotate()
            raise
        finally:
            for descriptor in full:
                os.close(descriptor)

    def close(self) -> None:
        """Let go of the files; what is not synced stays with the kernel."""
        for descriptor in [*self._unsynced, *([] if self._descriptor is None else [self._descriptor])]:
            os.close(descriptor)
        self._unsynced, self._current, self._descriptor = [], None, None
        self._files.close()

    def _rotate(self) -> None:
        if self._descriptor is not None:
            if self._current is not None:
                with suppress(OSError):  # the next start does it
                    os.ftruncate(self._descriptor, self._current.length)
            self._unsynced.append(self._descriptor)
        self._current = self._descriptor = None

    def _opened(self, now_ms: int) -> tuple[Segment, int]:
        """The segment to append to, and its descriptor.

        Raises:
            OSError: there is none.
        """
        if self._current is not None and self._descriptor is None:
            self._descriptor = self._files.reopen(self._current.name, self._segment_bytes)
        if self._current is None or self._descriptor is None:
            name, self._descriptor = self._files.create(self._last + 1, self._segment_bytes)
            self._last, self._has_new_names = name.number, True
            self._current = self._segments[name.number] = Segment(name, begun_ms=now_ms)
        return self._current, self._descriptor
