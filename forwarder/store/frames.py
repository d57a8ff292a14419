"""How the store's files are laid out: a row of frames, each with its length and checksum. Pure.

The checksum begins with a file's salt, a number that nobody on the air can know: a PHYPayload that looks like a frame
is never taken for one, nor is what another file left in the same place of the disk.
"""

import struct
import zlib

import msgspec

_MAGIC = 0xC5
_HEAD = struct.Struct("<BH")  # magic, bytes of the body
_CHECKSUM = struct.Struct("<I")  # CRC-32 of head and body, begun with the salt
OVERHEAD_BYTES = _HEAD.size + _CHECKSUM.size
MOST_BODY_BYTES = 0xFFFF


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Damaged bytes with good frames behind them. `before` is how many good frames lie before."""

    begin: int
    end: int
    before: int


class Scan(msgspec.Struct, frozen=True):
    """What a file holds: each good frame's place and body. Behind `end` there is nothing good."""

    frames: list[tuple[int, bytes]]
    gaps: list[Gap]
    end: int


def frame(body: bytes, salt: int) -> bytes:
    """A body as it is written."""
    head = _HEAD.pack(_MAGIC, len(body))
    return head + body + _CHECKSUM.pack(zlib.crc32(body, zlib.crc32(head, salt)))


def body_at(content: bytes, place: int, salt: int) -> bytes | None:
    """The body of the frame that begins at a place, None where there is none that is good."""
    if len(content) - place < OVERHEAD_BYTES or content[place] != _MAGIC:
        return None
    _, length = _HEAD.unpack_from(content, place)
    end = place + _HEAD.size + length
    if len(content) - end < _CHECKSUM.size:
        return None
    (checksum,) = _CHECKSUM.unpack_from(content, end)
    if checksum != zlib.crc32(content[place:end], salt):
        return None
    return content[place + _HEAD.size : end]


def scan(content: bytes, salt: int) -> Scan:
    """Everything good in a file: what lies behind damage is found again."""
    frames: list[tuple[int, bytes]] = []
    gaps: list[Gap] = []
    place = end = 0
    while 0 <= place < len(content):
        body = body_at(content, place, salt)
        if body is None:
            place = content.find(_MAGIC, place + 1)
            continue
        if place > end:
            gaps.append(Gap(end, place, len(frames)))
        frames.append((place, body))
        place = end = place + len(body) + OVERHEAD_BYTES
    return Scan(frames, gaps, end)
