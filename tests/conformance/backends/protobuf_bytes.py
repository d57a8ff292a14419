"""Protocol Buffers by hand: a message is field numbers and values. No schema, and none of the product's code."""

import struct
from collections.abc import Sequence

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

Value = int | bytes
Fields = dict[int, list[Value]]


def fields(data: bytes) -> Fields:
    """The values of each field, as they come: whole numbers unsigned, all others as bytes."""
    found: Fields = {}
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        value: Value
        if tag & 7 == VARINT:
            value, position = _varint(data, position)
        else:
            if tag & 7 == BYTES:
                size, position = _varint(data, position)
            else:
                size = {FIXED64: 8, FIXED32: 4}[tag & 7]
            value, position = data[position : position + size], position + size
            assert position <= len(data)
        found.setdefault(tag >> 3, []).append(value)
    return found


def number(found: Fields, field: int) -> int:
    """A whole number, signed; 0 where it is not there."""
    (value,) = found.get(field, [0])
    assert isinstance(value, int)
    return value - (1 << 64) if value >> 63 else value


def content(found: Fields, field: int) -> bytes:
    """Bytes, a text or a message; empty where it is not there."""
    (value,) = found.get(field, [b""])
    assert isinstance(value, bytes)
    return value


def contents(found: Fields, field: int) -> list[bytes]:
    """Those of a repeated field."""
    values = found.get(field, [])
    return [value for value in values if isinstance(value, bytes)]


def single(found: Fields, field: int) -> float:
    """A float; 0 where it is not there."""
    data = content(found, field)
    return float(struct.unpack("<f", data)[0]) if data else 0.0


def message(*pairs: tuple[int, int | bytes | str]) -> bytes:
    """A message of these fields."""
    return b"".join(_encoded(field, value) for field, value in pairs)


def _encoded(field: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _as_varint(field << 3 | VARINT) + _as_varint(value & (1 << 64) - 1)
    data = value.encode() if isinstance(value, str) else value
    return _as_varint(field << 3 | BYTES) + _as_varint(len(data)) + data


def _varint(data: Sequence[int], position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def _as_varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
