"""The evidence log on disk. Blocking; one thread uses it at a time.

**Batches.** Entries are written in batches, each with a head at its end, and a batch is on the disk before its head is
shown to anybody and before the next is written. Nothing that somebody holds a head of can be undone by a kill or a
power cut. A batch that cannot be written stays as it is and is tried again, byte for byte at the same place: the log
has one history, whatever a disk does in between.

**Segments.** One is begun when the last is full. Its first line is the head that the last one ends with. Where all
would take too much room, the oldest are removed, once an entry that says so is on the disk.

**At a start** the last segment is read: see `recovery`. What a crash left at its end is overwritten by the first batch,
which says so. A segment that the disk has damaged is never written to again.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from gateway.link.evidence.chain import (
    BEGINNING,
    EVERYBODY,
    Draft,
    Head,
    Kind,
    Point,
    after_entry,
    entry_line,
    sign_head,
    token_of,
)
from gateway.link.evidence.documents import segment_opening
from gateway.link.evidence.recovery import Found, search
from gateway.link.evidence.segment_files import SegmentFiles
from gateway.policy.source.signature import SigningKey

# A start reads one, and checks all its heads.
SEGMENT_BYTES = 256 << 10
MOST_BYTES = 32 << 20


class _Batch(msgspec.Struct, frozen=True):
    """What is to be written, and what holds once it is."""

    first: int
    begin: int
    content: bytes
    head: Head
    removals: tuple[int, ...]


class EvidenceStore:
    """The log in one directory. `head` is the last one that is on the disk, None before the first."""

    def __init__(
        self, directory: Path, key: SigningKey, most_bytes: int = MOST_BYTES, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._files = SegmentFiles(directory)
        self._key = key
        self._public = key.public
        self._most_bytes = most_bytes
        self._segment_bytes = segment_bytes
        self._tokens: dict[str, bytes] = {}
        self._sizes: dict[int, int] | None = None
        self._current: int | None = None
        self._unwritten: _Batch | None = None
        self._news: list[dict[str, object]] = []
        self.head: Head | None = None

    def get_ready(self) -> None:
        """Find the log's end at the first call, and write what could not be written before.

        Raises:
            OSError: the log cannot be read or written now.
        """
        if self._sizes is None:
            self._find_end()
        if self._unwritten is not None:
            self._put(self._unwritten)

    def write(self, drafts: Sequence[Draft]) -> None:
        """Add a batch that is not empty; comes after `get_ready`. On the disk when this returns.

        Raises:
            OSError: it is not; the store keeps it, and `get_ready` tries again.
        """
        self._unwritten = self._batch(drafts)
        self._put(self._unwritten)

    def _find_end(self) -> None:
        sizes = self._files.sizes()
        current, found = None, Found(None, 0)
        for first in reversed(sizes):
            in_segment = search(self._files.read_synced(first), self._public)
            if in_segment is not None:
                current, found = first, in_segment
                break
            name = self._files.set_aside(first)
            self._news.append({"event": "set_aside", "file": name, "bytes": sizes[first]})
        sizes = {first: size for first, size in sizes.items() if current is not None and first <= current}
        if current is not None:
            if found.damaged is not None:
                name = self._files.path_of(current).name
                self._news.append({"event": "damaged", "file": name, "reason": found.damaged})
            if found.cut:
                self._news.append({"event": "cut", "file": self._files.path_of(current).name, "bytes": found.cut})
            sizes[current] = found.end
        self.head, self._sizes = found.head, sizes
        self._current = None if found.damaged is not None else current

    def _batch(self, drafts: Sequence[Draft]) -> _Batch:
        sizes = self._sizes or {}
        current = self._current
        point = BEGINNING if self.head is None else self.head.after
        news: list[dict[str, object]] = self._news
        removals: tuple[int, ...] = ()
        if current is None or sizes[current] >= self._segment_bytes:
            current = point.number + 1
            removals = self._removals(sizes)
            if sizes:
                news = [*news, {"event": "rotated", "first": current}]
            if removals:
                last = min(first for first in (*sizes, current) if first not in removals) - 1
                news = [*news, {"event": "removed", "first": removals[0], "last": last}]
        begin = sizes.get(current, 0)
        about_log = [Draft(Kind.LOG, EVERYBODY, msgspec.json.encode(body), drafts[0].at) for body in news]
        opening = segment_opening(self.head) if begin == 0 else b""
        lines, point = self._chained([*about_log, *drafts], point)
        head = sign_head(point, self._key)
        self._news = []
        return _Batch(current, begin, b"".join([opening, *lines, head.line]), head, removals)

    def _chained(self, drafts: Sequence[Draft], point: Point) -> tuple[list[bytes], Point]:
        lines = []
        for draft in drafts:
            line, leaf = entry_line(point.number + 1, draft, self._token(draft.whose))
            lines.append(line)
            point = after_entry(point, leaf)
        return lines, point

    def _token(self, whose: str) -> bytes:
        if whose not in self._tokens:
            self._tokens[whose] = token_of(whose, self._key)
        return self._tokens[whose]

    def _removals(self, sizes: dict[int, int]) -> tuple[int, ...]:
        """The oldest segments, as many as another one needs the room of."""
        taken, removals = sum(sizes.values()), list[int]()
        for first, size in sizes.items():
            if taken + self._segment_bytes <= self._most_bytes:
                break
            removals.append(first)
            taken -= size
        return tuple(removals)

    def _put(self, batch: _Batch) -> None:
        self._files.write(batch.first, batch.begin, batch.content)
        sizes = self._sizes or {}
        sizes[batch.first] = batch.begin + len(batch.content)
        self._sizes, self._current, self.head, self._unwritten = sizes, batch.first, batch.head, None
        for first in batch.removals:
            # What cannot be removed now goes with the next segment.
            with suppress(OSError):
                self._files.remove(first)
                del sizes[first]
