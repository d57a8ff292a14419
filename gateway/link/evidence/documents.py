"""Files of the evidence log: segments, which the gateway writes, and exports, which a depositor gets. Pure.

Both begin with a line that says what they are and where in the chain they begin; an export says for whom it was made,
and gives the depositor's token. Lines of the log follow, up to a head. An export ends with a signature of all of it.
"""

import hashlib
import re
from collections.abc import Iterator

import msgspec

from gateway.link.evidence.chain import (
    BEGINNING,
    Entry,
    Head,
    Leaf,
    Point,
    after_entry,
    is_token,
    leaf_of,
    read_entry,
    read_head,
    read_head_line,
    read_hidden,
)
from gateway.policy.source.signature import HostKey, SigningKey, read_signature, signature_text

_SEGMENT = b"candelabre evidence 1 segment "
_EXPORT = b"candelabre evidence 1 export for "
_FROM_THE_BEGINNING = b"from the beginning"
_AFTER = b"after "
_EXPORT_LINE = re.compile(rb"([a-z0-9][a-z0-9-]{0,31}) (\S{88}) (.*)")
_END_LINE = re.compile(rb"end ([0-9a-f]{64}) ([0-9a-f]{8}) (\S{88})\n")
_END_TEXT = b"candelabre evidence export 1\n%s\n"


class BrokenError(Exception):
    """A file is not what the gateway wrote: from this line on, counted from 1, nothing is proven."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}")


class Opening(msgspec.Struct, frozen=True):
    """What a first line says: the head that the file begins after, None where it is the log's beginning."""

    after: Head | None
    depositor: str | None = None
    token: bytes = b""

    @property
    def point(self) -> Point:
        """Where the chain begins."""
        return BEGINNING if self.after is None else self.after.after


class Line(msgspec.Struct, frozen=True):
    """One line, found right: an entry, a hidden one, or a head. `end` is its place in the file."""

    raw: bytes
    end: int
    point: Point
    entry: Entry | None = None
    leaf: Leaf | None = None
    head: Head | None = None


def segment_opening(after: Head | None) -> bytes:
    """A segment's first line."""
    return _SEGMENT + _start_text(after)


def export_opening(after: Head | None, depositor: str, token: bytes) -> bytes:
    """An export's first line."""
    return b"%s%s %s %s" % (_EXPORT, depositor.encode(), signature_text(token).strip(), _start_text(after))


def closed_export(content: bytes, key: SigningKey) -> bytes:
    """An export with its last line, which signs all the others."""
    digest = hashlib.sha256(content).hexdigest().encode()
    signature = signature_text(key.sign(_END_TEXT % digest))
    return content + b"end %s %s %s" % (digest, key.public.key_id.encode(), signature)


def without_end(content: bytes, key: HostKey) -> bytes:
    """An export without its last line, once that is found right; a segment as it is.

    Raises:
        BrokenError: it is an export, and not as the gateway made it.
    """
    if not content.startswith(_EXPORT):
        return content
    begin = content.rfind(b"\n", 0, -1) + 1
    count = content.count(b"\n", 0, begin) + 1
    match = _END_LINE.fullmatch(content[begin:])
    signature = None if match is None else read_signature(match[3])
    if match is None or signature is None:
        raise BrokenError(count, "an export ends with a signature of all of it, and this one does not")
    body = content[:begin]
    if match[1] != hashlib.sha256(body).hexdigest().encode():
        raise BrokenError(count, "the export was changed since it was made")
    if match[2] != key.key_id.encode() or not key.verifies(_END_TEXT % match[1], signature):
        raise BrokenError(count, f"not signed by key {key.key_id}")
    return body


def read_opening(line: bytes, key: HostKey) -> Opening:
    """A file's first line.

    Raises:
        BrokenError: it is none, or not by this key.
    """
    if line.startswith(_SEGMENT):
        return Opening(_read_start(line.removeprefix(_SEGMENT), key))
    match = _EXPORT_LINE.fullmatch(line.removeprefix(_EXPORT).removesuffix(b"\n")) if line.startswith(_EXPORT) else None
    token = None if match is None else read_signature(match[2])
    if match is None or token is None:
        raise BrokenError(1, "not the first line of a file of evidence")
    depositor = match[1].decode()
    if not is_token(token, depositor, key):
        raise BrokenError(1, f"key {key.key_id} made no export for {depositor}")
    return Opening(_read_start(match[3] + b"\n", key), depositor, token)


def read_lines(content: bytes, opening: Opening, key: HostKey) -> Iterator[Line]:
    """The lines after the first, each once it is found right.

    Raises:
        BrokenError: at the first that is not.
    """
    point, begin, count = opening.point, content.find(b"\n") + 1, 2
    while begin < len(content):
        end = content.find(b"\n", begin) + 1 or len(content)
        try:
            line = _read_line(content[begin:end], end, point, key)
        except ValueError as error:
            raise BrokenError(count, str(error)) from error
        yield line
        point, begin, count = line.point, end, count + 1


def _read_line(raw: bytes, end: int, point: Point, key: HostKey) -> Line:
    """A line that stands at a point of the chain. Raises ValueError with the reason where it is not right."""
    if (head := read_head_line(raw)) is not None:
        if head.point != point:
            raise ValueError("the lines before this head are not those that it signs")
        if not head.is_by(key):
            raise ValueError(f"a head that is not signed by key {key.key_id}")
        return Line(raw, end, head.after, head=head)
    if (entry := read_entry(raw)) is not None:
        number, leaf = entry.number, leaf_of(raw, entry.seal)
    elif (hidden := read_hidden(raw)) is not None:
        number, leaf = hidden
    else:
        raise ValueError("not a line of evidence")
    if number != point.number + 1:
        raise ValueError(f"entry {number} where entry {point.number + 1} is expected")
    return Line(raw, end, after_entry(point, leaf), entry=entry, leaf=leaf)


def _start_text(after: Head | None) -> bytes:
    return (_FROM_THE_BEGINNING if after is None else _AFTER + after.text.encode()) + b"\n"


def _read_start(text: bytes, key: HostKey) -> Head | None:
    if text == _FROM_THE_BEGINNING + b"\n":
        return None
    head = read_head(text.removeprefix(_AFTER).removesuffix(b"\n"))
    if head is None or not text.startswith(_AFTER) or not text.endswith(b"\n"):
        raise BrokenError(1, "the first line does not say where in the log the file begins")
    if not head.is_by(key):
        raise BrokenError(1, f"begins after a head that is not signed by key {key.key_id}")
    return head
