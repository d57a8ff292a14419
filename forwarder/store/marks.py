"""What became of the stored uplinks, as it is written down: one row after another, all in one file. Pure.

A row says of a segment which of its uplinks are settled, and what was lost by it. To settle and to count is thus one
write: no kill comes in between. Losses of uplinks that never were in a segment are rows of segment 0.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from forwarder.store.frames import frame, scan
from forwarder.store.losses import Loss

SALT = 0x6D61_726B
"""Everything in this file is the gateway's own: nothing has to be guarded against."""
_MOST_PLACES = 4096
_MOST_LOSSES = 128


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A row: these places of a segment are settled, and so much is lost; `whole` settles all of it."""

    segment: int
    places: tuple[int, ...] = ()
    losses: tuple[tuple[str, str, int], ...] = ()
    whole: bool = False


class Settled(msgspec.Struct):
    """All rows together. `end` is where the good ones end, `last_segment` the highest number ever told."""

    places: dict[int, set[int]] = {}
    wholes: set[int] = set()
    losses: Counter[Loss] = msgspec.field(default_factory=Counter)
    last_segment: int = 0
    end: int = 0
    damaged: int = 0


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Mark)


def encode_marks(marks: Iterable[Mark]) -> bytes:
    """Rows to append in one write."""
    return b"".join(frame(_encoder.encode(part), SALT) for mark in marks for part in _parts(mark))


def read_marks(content: bytes) -> Settled:
    """Everything that the rows of a file say. A row that cannot be read is counted as damaged."""
    found = scan(content, SALT)
    settled = Settled(end=found.end, damaged=len(found.gaps))
    for _, body in found.frames:
        try:
            mark = _decoder.decode(body)
        except msgspec.MsgspecError:
            settled.damaged += 1
            continue
        settled.last_segment = max(settled.last_segment, mark.segment)
        for depositor, reason, count in mark.losses:
            settled.losses[depositor, reason] += count
        if mark.whole:
            settled.wholes.add(mark.segment)
        if mark.places:
            settled.places.setdefault(mark.segment, set()).update(mark.places)
    return settled


def condensed(content: bytes, segments: Iterable[int], last_segment: int) -> bytes:
    """The same file without what is no longer needed: only these segments still exist. No loss is forgotten."""
    settled, kept = read_marks(content), set(segments)
    losses = tuple((depositor, reason, count) for (depositor, reason), count in settled.losses.items())
    marks = [
        Mark(last_segment),
        Mark(0, losses=losses),
        *(Mark(segment, tuple(sorted(places))) for segment, places in settled.places.items() if segment in kept),
        *(Mark(segment, whole=True) for segment in settled.wholes & kept),
    ]
    return encode_marks(marks)


def _parts(mark: Mark) -> Iterator[Mark]:
    """Rows that each fit a frame."""
    places, losses = mark.places, mark.losses
    yield Mark(mark.segment, places[:_MOST_PLACES], losses[:_MOST_LOSSES], mark.whole)
    for begin in range(_MOST_PLACES, len(places), _MOST_PLACES):
        yield Mark(mark.segment, places[begin : begin + _MOST_PLACES])
    for begin in range(_MOST_LOSSES, len(losses), _MOST_LOSSES):
        yield Mark(0, losses=losses[begin : begin + _MOST_LOSSES])
