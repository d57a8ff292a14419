"""A depositor's part of the evidence log, verified while it is read, one segment at a time. Pure.

Entries of other depositors, and the host's own, are verified like all others, and go no further.
"""

from collections.abc import Iterable, Iterator

import msgspec

from gateway.link.evidence.chain import BEGINNING, EVERYBODY, Entry, Head, Point
from gateway.link.evidence.documents import BrokenError, Opening, read_opening
from gateway.link.evidence.recovery import good_lines
from gateway.policy.source.signature import HostKey

_HEAD = b"\nhead "


class Missing(msgspec.Struct, frozen=True):
    """Entries that are not proven: from one number to another; None where the log ends with them."""

    first: int
    last: int | None


Found = Entry | Missing | Head
"""What is in the log, in order. A head is given at the end of each segment."""


def read_evidence(segments: Iterable[bytes | None], key: HostKey, depositor: str) -> Iterator[Found]:
    """What the log's segments, given in order, prove; None stands for one that cannot be read.

    What the last one holds behind its last head is still being written, and left out.
    """
    end, damaged = BEGINNING, False
    for content in segments:
        opening = None if content is None else _opening(content, key)
        damaged = content is None or opening is None
        if content is None or opening is None:
            continue
        if (missing := _missing(end, opening.point)) is not None:
            yield missing
        lines, _ = good_lines(content, opening, key)
        entries = (line.entry for line in lines if line.entry is not None)
        yield from (entry for entry in entries if entry.draft.whose in (EVERYBODY, depositor))
        end = lines[-1].point if lines else opening.point
        if lines and lines[-1].head is not None:
            yield lines[-1].head
        # More than one head behind the damage: the disk has lost what it had promised.
        damaged = content.count(_HEAD, (lines[-1].end if lines else len(_HEAD)) - 1) > 1
    if damaged:
        yield Missing(end.number + 1, None)


def _opening(content: bytes, key: HostKey) -> Opening | None:
    try:
        return read_opening(content[: content.find(b"\n") + 1], key)
    except BrokenError:
        return None


def _missing(end: Point, begin: Point) -> Missing | None:
    """What is not proven between two segments: where they contradict each other, at least where they meet."""
    if end == begin:
        return None
    if begin.number > end.number:
        return Missing(end.number + 1, begin.number)
    return Missing(max(1, begin.number), end.number)
