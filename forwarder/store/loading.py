"""The store at a start: what still waits, and what a kill, a power cut or a bad disk has left of it. Blocking."""

from collections import Counter
from contextlib import suppress

import msgspec

from forwarder.store.backlog import Backlog
from forwarder.store.fates import Fates
from forwarder.store.frames import scan
from forwarder.store.losses import Reason
from forwarder.store.marks import Settled, read_marks
from forwarder.store.places import MOST_OFFSET, Names, place_of
from forwarder.store.records import Brief, UnreadableRecordError, decode_brief
from forwarder.store.segments import SegmentFiles, SegmentName
from forwarder.store.shelf import Segment


class Problem(msgspec.Struct, frozen=True):
    """Something that was not as it had been left: which file, what is the matter, how many uplinks were lost."""

    file: str
    what: str
    lost: int = 0


class Loaded(msgspec.Struct):
    """The store as it was found: its segments, the highest numbers of segments and uplinks, and what is wrong.

    `newest_ms` is when the last of all was received.
    """

    segments: dict[int, Segment] = {}
    last_segment: int = 0
    last_key: int = 0
    newest_ms: int = 0
    problems: list[Problem] = []


def load(files: SegmentFiles, fates: Fates, backlog: Backlog, names: Names) -> Loaded:
    """Read everything back; put what waits in the backlog. Segments of which nothing waits are removed.

    Raises:
        OSError: the directory or the fates cannot be read.
    """
    segments = files.names()
    content = files.read_marks()
    settled = read_marks(content)
    fates.found(settled.losses, settled.end)
    loading = _Loading(files, settled, fates, backlog, names)
    is_torn = any(content[settled.end :])  # zeros are room that was taken ahead
    if is_torn:
        with suppress(OSError):  # then it is written over
            files.cut_marks(settled.end)
    if settled.damaged or is_torn:
        loading.problem("marks", "damaged: some uplinks may be sent twice")
    for name in segments:
        loading.take(name)
    return loading.loaded


class _Loading:
    def __init__(self, files: SegmentFiles, settled: Settled, fates: Fates, backlog: Backlog, names: Names) -> None:
        self._files = files
        self._settled = settled
        self._fates = fates
        self._backlog = backlog
        self._names = names
        self.loaded = Loaded(last_segment=settled.last_segment)

    def problem(self, file: str, what: str, lost: int = 0) -> None:
        self.loaded.problems.append(Problem(file, what, lost))

    def take(self, name: SegmentName) -> None:
        """Take over one segment, or be rid of it."""
        self.loaded.last_segment = max(self.loaded.last_segment, name.number)
        if name.number in self._settled.wholes:
            self._remove(name)
            return
        try:
            content = self._files.read(name)
        except OSError as error:
            self._set_aside(name, error.strerror or str(error))
            return
        segment = self._indexed(name, content)
        if segment.count == 0 and any(content):
            self._set_aside(name, f"nothing in its {len(content)} bytes is readable")
        elif segment.waiting == 0:
            self._remove(name)
        else:
            self.loaded.segments[name.number] = segment

    def _indexed(self, name: SegmentName, content: bytes) -> Segment:
        found, places = scan(content, name.salt), self._settled.places.get(name.number, set())
        segment, before = Segment(name, found.end), 0
        is_torn = any(content[found.end :])  # zeros are room that was taken ahead
        segment.is_whole = not is_torn and not found.gaps and all(place < found.end for place in places)
        for place, body in found.frames:
            try:
                brief = decode_brief(body)
            except UnreadableRecordError:
                segment.is_whole = False
                continue
            if brief.ordinal > segment.count:
                self._count_missing(name, range(before, place), brief.ordinal - segment.count, places)
            if segment.count == 0:
                segment.begun_ms = brief.at_ms
            segment.count, before = brief.ordinal + 1, place + 1
            self.loaded.last_key = max(self.loaded.last_key, brief.key)
            self.loaded.newest_ms = max(self.loaded.newest_ms, brief.at_ms)
            if place not in places and self._waits(brief, name.number, place):
                segment.newest_ms = max(segment.newest_ms, brief.at_ms)
                segment.waiting += 1
        if segment.count and found.end < len(content):
            if is_torn:
                # A write was cut short there, or the end is damaged: of one uplink at least.
                self._count_missing(name, range(found.end, len(content)), 1, places)
                self.problem(str(name), f"damaged behind its first {found.end} bytes")
            with suppress(OSError):  # then it stays, and if it is torn, it is not written to any more
                self._files.cut(name, found.end)
        return segment

    def _waits(self, brief: Brief, segment: int, place: int) -> bool:
        if place > MOST_OFFSET:
            return False
        place = place_of(segment, self._names.number(brief.depositor), place)
        return self._backlog.add(brief.route, brief.device, brief.key, place)

    def _count_missing(self, name: SegmentName, where: range, missing: int, settled: set[int]) -> None:
        """Count what damage took away, unless it is settled. For each, a place is settled: the next start counts none.

        Whose they are, nobody can say.
        """
        lost = missing - len(settled.intersection(where))
        if lost > 0:
            places = [place for place in where if place not in settled][:lost]
            self._fates.settled(name.number, places, Counter({("", Reason.DAMAGED.value): lost}))
            self.problem(str(name), "damaged", lost)

    def _set_aside(self, name: SegmentName, reason: str) -> None:
        """Take away what cannot be read. What was in it nobody knows; it is counted as one."""
        self._fates.settled(name.number, (), Counter({("", Reason.DAMAGED.value): 1}), whole=True)
        with suppress(OSError):  # the next start does not look at it
            reason = f"{reason}; see {self._files.set_aside(name)}"
        self.problem(str(name), reason, lost=1)

    def _remove(self, name: SegmentName) -> None:
        with suppress(OSError):  # then the next start tries again
            self._files.remove(name)
