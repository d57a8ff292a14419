"""What files of evidence prove to somebody who has nothing but the gateway's public key. Pure."""

import enum
from collections.abc import Iterable, Sequence

import msgspec

from gateway.link.evidence.chain import EVERYBODY, Entry, EntryTime, Head, Kind, seal_of, tag_of
from gateway.link.evidence.documents import BrokenError, Line, Opening, read_lines, read_opening, without_end
from gateway.policy.source.signature import HostKey


class Proven(msgspec.Struct, frozen=True):
    """What one file proves: entries `first` to `last` are as they were signed, `shown` of them readable.

    `digests` has the chain's digest behind each entry, and where the file begins: what a head is compared with.
    `begins` and `ends` are the times of the first and the last entry that is shown. `log_entries` are those about the
    log itself.
    """

    first: int
    last: int
    shown: int
    depositor: str | None
    begins: EntryTime | None
    ends: EntryTime | None
    digests: dict[int, bytes]
    log_entries: tuple[Entry, ...]

    @property
    def hidden(self) -> int:
        """How many entries are there as hashes only."""
        return self.last - self.first + 1 - self.shown


class Finding(enum.Enum):
    """What files say to a head that somebody kept."""

    IN_HISTORY = enum.auto()
    REWRITTEN = enum.auto()
    NOT_COVERED = enum.auto()


class ContradictionError(Exception):
    """Two files, each right in itself, tell different histories; `number` is the first entry where they do."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"two histories, both signed, that differ up to entry {number}")


def verify(content: bytes, key: HostKey) -> Proven:
    """Check one file, a segment or an export.

    Raises:
        BrokenError: any byte of it is not as the gateway wrote it.
    """
    body = without_end(content, key)
    opening = read_opening(body[: body.find(b"\n") + 1], key)
    lines = []
    for count, line in enumerate(read_lines(body, opening, key), 2):
        if (objection := _objection(line, opening)) is not None:
            raise BrokenError(count, objection)
        lines.append(line)
    if not lines or lines[-1].head is None:
        raise BrokenError(len(lines) + 1, "the file ends here, and no head signs its last lines")
    return _proven(opening, lines)


def gaps(pieces: Iterable[Proven]) -> list[tuple[int, int]]:
    """The entries that no file covers, from the log's first to the last that one covers.

    Raises:
        ContradictionError: two of the files cannot both be true.
    """
    known: dict[int, bytes] = {}
    missing, last = [], 0
    for piece in sorted(pieces, key=lambda piece: (piece.first, piece.last)):
        for number, digest in piece.digests.items():
            if known.setdefault(number, digest) != digest:
                raise ContradictionError(number)
        if piece.first > last + 1:
            missing.append((last + 1, piece.first - 1))
        last = max(last, piece.last)
    return missing


def look_for(head: Head, pieces: Iterable[Proven]) -> Finding:
    """Whether a kept head, whose signature is right, is in the history that the files tell."""
    digests = {piece.digests.get(head.point.number) for piece in pieces} - {None}
    if not digests:
        return Finding.NOT_COVERED
    return Finding.IN_HISTORY if digests == {head.point.digest} else Finding.REWRITTEN


def _objection(line: Line, opening: Opening) -> str | None:
    """What a file may not hold, although the chain holds it; None where there is nothing to object."""
    number = line.point.number
    if line.entry is not None:
        whose, seal = line.entry.draft.whose, line.entry.seal
        if whose not in (EVERYBODY, opening.depositor or whose):
            return f"an export for {opening.depositor} with an entry of {whose}"
        known = {EVERYBODY: b"", opening.depositor: opening.token}
        if whose in known and seal != seal_of(known[whose], number):
            return f"the seal of entry {number} is not that of an entry of {whose}"
    elif line.leaf is not None:
        if opening.depositor is None:
            return f"entry {number} is hidden, and this is no export"
        if line.leaf.tag == tag_of(seal_of(opening.token, number)):
            return f"entry {number} is hidden, and is one of {opening.depositor}"
        if line.leaf.tag == tag_of(seal_of(b"", number)):
            return f"entry {number} is hidden, and concerns all"
    return None


def _proven(opening: Opening, lines: Sequence[Line]) -> Proven:
    shown = [line.entry for line in lines if line.entry is not None]
    digests = {line.point.number: line.point.digest for line in lines if line.head is None}
    if opening.after is not None:
        digests[opening.after.point.number] = opening.after.point.digest
    return Proven(
        first=opening.point.number + 1,
        last=lines[-1].point.number,
        shown=len(shown),
        depositor=opening.depositor,
        begins=shown[0].draft.at if shown else None,
        ends=shown[-1].draft.at if shown else None,
        digests=digests,
        log_entries=tuple(entry for entry in shown if entry.draft.kind == Kind.LOG),
    )
