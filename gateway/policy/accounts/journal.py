"""The log of charges as bytes: what a segment of it is made of. Pure.

A segment is a row of frames, each with its length and checksum, so that a reader stops where the bytes are not what was
written. The first frame is a header: the format, and the clock that the segment was begun on. It is followed by frames
of names and frames of charges, one or more a batch. Depositor and group are written once a segment, as a name with a
number; a charge holds the number. A header in the middle begins anew with no names: segments put one behind the other
are a segment.
"""

import enum
import struct
import zlib
from collections.abc import Iterator, Sequence

import msgspec

from gateway.policy.accounts.ledger_clock import ClockMark
from gateway.policy.claim import DeviceKey

FORMAT = 1
MOST_NAMES = 0xFFFF

_MAGIC = 0xCA
_HEAD = struct.Struct("<BBH")  # magic, frame kind, bytes of the body
_CHECKSUM = struct.Struct("<I")  # CRC-32 of head and body
_FRAME_BYTES = _HEAD.size + _CHECKSUM.size
_HEADER = struct.Struct("<Bq")  # format, clock offset in ms; the boot's id follows as text
_NAME = struct.Struct("<HHH")  # number, bytes of the depositor's id, bytes of the group's id; both follow
# Kind and flags, time in ms (high, low), device, number of the name, bytes, airtime in µs, frame id, three levels.
_RECORD = struct.Struct("<BHIQHHIIHHH")
_MOST_RECORDS = 0xFFFF // _RECORD.size

_BY_DEV_ADDR = 0x40
_NO_DEVICE = 0x80
_KIND_BITS = 0x3F
_64_BITS = 0xFFFF_FFFF_FFFF_FFFF
_32_BITS = 0xFFFF_FFFF
_NOBODY = ("", "")
# A bucket's level is written with its highest 11 bits and the number of those left out. It is rounded down: by a
# thousandth at most, and never to what a bucket did not hold.
_LEVEL_BITS = 11
_LEVEL_MASK = (1 << _LEVEL_BITS) - 1
_HIGHEST_SHIFT = 30
_NO_LEVEL = 0xFFFF
_NO_CODES = [_NO_LEVEL] * 3

Levels = tuple[int | None, int | None, int | None]
"""What the buckets of device, group and depositor held after a charge, as in their accounts."""
NO_LEVELS: Levels = (None, None, None)


class Frame(enum.IntEnum):
    """What a frame holds."""

    HEADER = 1
    NAMES = 2
    CHARGES = 3


class Kind(enum.IntEnum):
    """What was charged; ADOPTION and TIME charge nothing."""

    UPLINK = 1
    REPETITION = 2
    JOIN = 3
    DOWNLINK = 4
    RELEASED_DOWNLINK = 5
    ADOPTION = 6
    """The device goes on with the account of the DevAddr in `frame_id`."""
    TIME = 7
    """Ledger time has come this far."""


_KINDS = {kind.value: kind for kind in Kind}


class Charge(msgspec.Struct, frozen=True, gc=False):
    """One line of the log. Depositor and group are those of the moment of the charge, empty where there are none."""

    kind: Kind
    at_ms: int
    device: DeviceKey | None = None
    depositor: str = ""
    group: str = ""
    size_bytes: int = 0
    airtime_us: int = 0
    frame_id: int = 0
    levels: Levels = NO_LEVELS


class _DamagedError(Exception):
    """Bytes are not what was written."""


def encode_header(mark: ClockMark) -> bytes:
    """The frame that a segment begins with."""
    return _frame(Frame.HEADER, _HEADER.pack(FORMAT, mark.offset_ms) + mark.boot_id.encode())


class Encoder:
    """Makes the frames of one segment after its header; knows which names the segment has."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {_NOBODY: 0}

    def has_room_for(self, charges: Sequence[Charge]) -> bool:
        """Whether the names of so many charges can still be numbered, whichever they are."""
        return len(self._numbers) + len(charges) <= MOST_NAMES

    def encode(self, charges: Sequence[Charge]) -> bytes:
        """The frames for a batch; to be written once, in this order."""
        names = self._introduce(charges)
        numbers = self._numbers
        frames = [*names]
        for start in range(0, len(charges), _MOST_RECORDS):
            part = charges[start : start + _MOST_RECORDS]
            body = b"".join([_record(charge, numbers[charge.depositor, charge.group]) for charge in part])
            frames.append(_frame(Frame.CHARGES, body))
        return b"".join(frames)

    def _introduce(self, charges: Sequence[Charge]) -> list[bytes]:
        """One frame for each new name: they are few, and a frame then always has room."""
        frames = []
        for charge in charges:
            name = (charge.depositor, charge.group)
            if name not in self._numbers:
                number = self._numbers[name] = len(self._numbers)
                depositor, group = charge.depositor.encode(), charge.group.encode()
                head = _NAME.pack(number, len(depositor), len(group))
                frames.append(_frame(Frame.NAMES, head + depositor + group))
        return frames


class SegmentReader:
    """Reads one segment. Once its charges are read, the rest is known of it.

    `mark` is the clock of its last header, `count` the number of charges, `end` where the good bytes end, and `damage`
    says what is wrong there, if they are not all good.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._names: dict[int, tuple[str, str]] = {}
        self.mark: ClockMark | None = None
        self.count = 0
        self.end = 0
        self.damage: str | None = None

    def charges(self) -> Iterator[Charge]:
        """Every charge before the first damage, in order."""
        while self.end < len(self._content):
            try:
                charges, end = self._next_charges()
            except (_DamagedError, struct.error, UnicodeDecodeError) as error:
                self.damage = str(error)
                return
            yield from charges
            self.count += len(charges)
            self.end = end

    def _next_charges(self) -> tuple[list[Charge], int]:
        """What the next frame charges, and where it ends."""
        kind, body, end = _next_frame(self._content, self.end)
        if kind == Frame.CHARGES:
            return self._decoded(body), end
        if kind == Frame.NAMES:
            self._learn(body)
        elif kind == Frame.HEADER:
            self._begin(body)
        else:
            raise _DamagedError(f"a frame of unknown kind {kind}")
        return [], end

    def _begin(self, body: bytes) -> None:
        layout, offset_ms = _HEADER.unpack_from(body)
        if layout != FORMAT:
            raise _DamagedError(f"format {layout}, and this program reads format {FORMAT}")
        self.mark = ClockMark(body[_HEADER.size :].decode(), offset_ms)
        self._names = {0: _NOBODY}

    def _learn(self, body: bytes) -> None:
        number, depositor_bytes, group_bytes = _NAME.unpack_from(body)
        group_at = _NAME.size + depositor_bytes
        self._names[number] = body[_NAME.size : group_at].decode(), body[group_at : group_at + group_bytes].decode()

    def _decoded(self, body: bytes) -> list[Charge]:
        names, kinds = self._names, _KINDS
        charges = []
        try:
            for flags, high, low, eui, number, size_bytes, airtime_us, frame_id, *codes in _RECORD.iter_unpack(body):
                depositor, group = names[number]
                kind = kinds[flags & _KIND_BITS]
                device = eui if kind == flags else None if flags & _NO_DEVICE else ~eui
                levels = NO_LEVELS if codes == _NO_CODES else _levels(codes)
                at_ms = high << 32 | low
                charges.append(Charge(kind, at_ms, device, depositor, group, size_bytes, airtime_us, frame_id, levels))
        except KeyError as error:
            raise _DamagedError(f"a charge of unknown kind or name {error}") from None
        return charges


def _record(charge: Charge, number: int) -> bytes:
    flags, device = charge.kind.value, charge.device
    if device is None:
        flags, device = flags | _NO_DEVICE, 0
    elif device < 0:
        flags, device = flags | _BY_DEV_ADDR, ~device
    at_ms = charge.at_ms
    return _RECORD.pack(
        flags,
        at_ms >> 32,
        at_ms & _32_BITS,
        device & _64_BITS,
        number,
        min(charge.size_bytes, 0xFFFF),
        min(charge.airtime_us, _32_BITS),
        charge.frame_id & _32_BITS,
        *map(_level_code, charge.levels),
    )


def _level_code(level: int | None) -> int:
    if level is None:
        return _NO_LEVEL
    shift = max(level.bit_length() - _LEVEL_BITS, 0)
    if shift > _HIGHEST_SHIFT:
        return _HIGHEST_SHIFT << _LEVEL_BITS | _LEVEL_MASK
    return shift << _LEVEL_BITS | level >> shift


def _level(code: int) -> int | None:
    return None if code == _NO_LEVEL else (code & _LEVEL_MASK) << (code >> _LEVEL_BITS)


def _levels(codes: Sequence[int]) -> Levels:
    device, group, depositor = codes
    return _level(device), _level(group), _level(depositor)


def _frame(kind: Frame, body: bytes) -> bytes:
    content = _HEAD.pack(_MAGIC, kind, len(body)) + body
    return content + _CHECKSUM.pack(zlib.crc32(content))


def _next_frame(content: bytes, at: int) -> tuple[int, bytes, int]:
    """Kind and body of the frame at `at`, and where the next one begins."""
    if len(content) - at < _FRAME_BYTES:
        raise _DamagedError("a frame cut short")
    magic, kind, length = _HEAD.unpack_from(content, at)
    if magic != _MAGIC:
        raise _DamagedError("no frame")
    body_end = at + _HEAD.size + length
    if len(content) - body_end < _CHECKSUM.size:
        raise _DamagedError("a frame cut short")
    (checksum,) = _CHECKSUM.unpack_from(content, body_end)
    if checksum != zlib.crc32(content[at:body_end]):
        raise _DamagedError("a frame with a wrong checksum")
    return kind, content[at + _HEAD.size : body_end], body_end + _CHECKSUM.size
