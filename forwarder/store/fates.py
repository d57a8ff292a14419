"""What became of uplinks: counted at once, and written down in one row a segment."""

from array import array
from collections import Counter
from collections.abc import Iterable

import msgspec

from forwarder.store.losses import Loss
from forwarder.store.marks import Mark, condensed, encode_marks
from forwarder.store.places import MEMORY
from forwarder.store.segments import SegmentFiles

# So long the file grows before it is looked at for what is no longer needed; then twice what was left of it.
_CONDENSE_BYTES = 64 << 10


class _Unwritten(msgspec.Struct):
    places: "array[int]" = msgspec.field(default_factory=lambda: array("I"))
    losses: Counter[Loss] = msgspec.field(default_factory=Counter)
    whole: bool = False


class Fates:
    """The file of fates. `losses` are all there ever were; `length` is that of what is written.

    `has_unsynced_losses` until whoever brings the file on the disk takes it back.
    """

    def __init__(self) -> None:
        self.losses: Counter[Loss] = Counter()
        self.length = 0
        self.has_unsynced_losses = False
        self._condense_at = _CONDENSE_BYTES
        self._unwritten: dict[int, _Unwritten] = {}

    @property
    def is_written(self) -> bool:
        """Whether a kill would undo nothing."""
        return not self._unwritten

    def found(self, losses: Counter[Loss], length: int) -> None:
        """What is in the file at a start, good up to this length."""
        self.losses.update(losses)
        self.length = length

    def settled(self, segment: int, places: Iterable[int], losses: Counter[Loss], *, whole: bool = False) -> None:
        """These uplinks of a segment wait no more, and so much is lost by it; `whole` is all of the segment."""
        if segment == MEMORY and not losses:
            return
        row = self._unwritten.setdefault(segment, _Unwritten())
        row.places.extend(places)
        row.losses.update(losses)
        row.whole = row.whole or whole
        self.losses.update(losses)
        self.has_unsynced_losses |= bool(losses)

    def lost(self, loss: Loss, count: int = 1) -> None:
        """So many are lost that are in no segment; less than 0 where it turns out that they are not."""
        self.settled(MEMORY, (), Counter({loss: count}))

    def write(self, files: SegmentFiles) -> bool:
        """Write down what is not written yet, so that no kill loses it; False where there is nothing.

        Raises:
            OSError: it is kept, and written the next time.
        """
        marks = [
            Mark(segment, tuple(row.places), tuple((*loss, count) for loss, count in row.losses.items()), row.whole)
            for segment, row in self._unwritten.items()
            if row.places or row.whole or any(row.losses.values())
        ]
        if marks:
            content = encode_marks(marks)
            files.append_marks(content, self.length)
            self.length += len(content)
        self._unwritten = {}
        return bool(marks)

    def segment_removed(self, segment: int) -> None:
        """What was to be written of a segment that is no more is not needed; what was lost by it is."""
        row = self._unwritten.pop(segment, None)
        if row is not None and row.losses:
            self._unwritten.setdefault(MEMORY, _Unwritten()).losses.update(row.losses)

    def condense(self, files: SegmentFiles, last_segment: int) -> None:
        """Write the file anew where it has grown large.

        Raises:
            OSError: it stays as large as it is.
        """
        if self.length < self._condense_at:
            return
        content = condensed(files.read_marks()[: self.length], [name.number for name in files.names()], last_segment)
        files.replace_marks(content)
        self.length = len(content)
        self._condense_at = max(_CONDENSE_BYTES, 2 * self.length)
