"""Where a segment's last surely kept head is, whatever a kill, a power cut or the disk left behind it. Pure.

A batch of entries ends with a head, and the next batch is written when it is on disk. So there are two kinds of damage.
What lies behind the last good head, with at most one other head in it, is a batch that was never finished: nobody was
given its head, and it is cut. Where more heads lie behind the damage, the disk has lost what it had promised: the
segment stays as it is for whoever wants to look, and the log goes on in another one, behind the last head in it.
"""

import msgspec

from gateway.link.evidence.chain import Head, read_head_line
from gateway.link.evidence.documents import BrokenError, Line, Opening, read_lines, read_opening
from gateway.policy.source.signature import HostKey


class Found(msgspec.Struct, frozen=True):
    """How far a segment can be believed.

    `head` is the last good one, which may be the one that the segment begins after; None is the log's beginning. `end`
    is where it ends in the file. Behind it lie `cut` bytes that were never promised. `damaged` says what is wrong in a
    segment that nothing may be added to; `head` is then the last in it.
    """

    head: Head | None
    end: int
    cut: int = 0
    damaged: str | None = None


def search(content: bytes, key: HostKey) -> Found | None:
    """How far a segment can be believed; None where nothing in it can."""
    try:
        opening = read_opening(content[: content.find(b"\n") + 1], key)
    except BrokenError as error:
        heads = _heads_in(content, key)
        return Found(heads[-1], len(content), damaged=str(error)) if len(heads) > 1 else None
    lines, broken = good_lines(content, opening, key)
    head, end = (lines[-1].head, lines[-1].end) if lines else (opening.after, 0)
    later = _heads_in(content[end:], key)
    if broken is not None and len(later) > 1:
        return Found(later[-1], len(content), damaged=str(broken))
    return Found(head, end, cut=len(content) - end)


def good_lines(content: bytes, opening: Opening, key: HostKey) -> tuple[list[Line], BrokenError | None]:
    """The lines after the first, up to the last good head, and what is wrong behind them."""
    lines: list[Line] = []
    count, broken = 0, None
    try:
        for line in read_lines(content, opening, key):
            lines.append(line)
            count = len(lines) if line.head is not None else count
    except BrokenError as error:
        broken = error
    return lines[:count], broken


def _heads_in(content: bytes, key: HostKey) -> list[Head]:
    """The heads of this key, in order, whatever lies between them."""
    heads = [read_head_line(line) for line in content.splitlines(keepends=True)]
    return [head for head in heads if head is not None and head.is_by(key)]
