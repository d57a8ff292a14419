"""The wire format of Protocol Buffers: tags, varints and what they delimit. It knows no messages.

Rules: protobuf.dev, "Encoding". What is read is bounded by the data; groups, which nobody writes any more, are skipped.
"""

import enum
import math
import struct
from collections.abc import Iterator
from typing import Any

VARINT_LIMIT_BYTES = 10
_MASK_64 = (1 << 64) - 1
_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")


class WireType(enum.IntEnum):
    """The lower three bits of a tag."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    GROUP_START = 3
    GROUP_END = 4
    FIXED32 = 5


class MalformedMessageError(ValueError):
    """Data that are not the message that they should be, with the reason."""


def write_varint(value: int, out: bytearray) -> None:
    """Append a number; a negative one takes ten bytes, as a 64-bit one in two's complement."""
    value &= _MASK_64
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def write_delimited(data: bytes | bytearray, out: bytearray) -> None:
    """Append data with their length before them."""
    write_varint(len(data), out)
    out += data


def write_float(value: float, out: bytearray) -> None:
    """Append 32 bits."""
    out += _FLOAT.pack(value)


def write_double(value: float, out: bytearray) -> None:
    """Append 64 bits."""
    out += _DOUBLE.pack(value)


def read_float(data: bytes) -> float:
    """The shortest decimal number that these 32 bits stand for, as JSON shows it."""
    (exact,) = _FLOAT.unpack(data)
    if not math.isfinite(exact):
        return float(exact)
    return next(value for digits in range(6, 10) if _as_float(value := float(f"{exact:.{digits}g}")) == exact)


def read_double(data: bytes) -> float:
    """64 bits."""
    (value,) = _DOUBLE.unpack(data)
    return float(value)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of 64 bits without sign, and where it ends.

    Raises:
        MalformedMessageError: it does not end.
    """
    value = shift = 0
    for index in range(at, min(len(data), at + VARINT_LIMIT_BYTES)):
        byte = data[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _MASK_64, index + 1
        shift += 7
    raise MalformedMessageError(f"the number at byte {at} does not end")


def read_fields(data: bytes) -> Iterator[tuple[int, WireType, Any]]:
    """The fields of a message in their order: number, wire type, and the value: an int for a varint, else bytes.

    Raises:
        MalformedMessageError: these are no fields.
    """
    at, groups = 0, list[int]()
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire_type = tag >> 3, _WIRE_TYPES.get(tag & 7)
        if not 1 <= number < 1 << 29 or wire_type is None:
            raise MalformedMessageError(f"no field begins before byte {at}")
        if wire_type is WireType.GROUP_START:
            groups.append(number)
        elif wire_type is WireType.GROUP_END:
            if not groups or groups.pop() != number:
                raise MalformedMessageError("a group ends that never began")
        else:
            value, at = _read_value(data, at, wire_type)
            if not groups:
                yield number, wire_type, value
    if groups:
        raise MalformedMessageError("a group does not end")


def _read_value(data: bytes, at: int, wire_type: WireType) -> tuple[int | bytes, int]:
    if wire_type is WireType.VARINT:
        return read_varint(data, at)
    length = _FIXED_BYTES.get(wire_type)
    if length is None:
        length, at = read_varint(data, at)
    if length > len(data) - at:
        raise MalformedMessageError(f"the field at byte {at} is cut short")
    return data[at : at + length], at + length


def _as_float(value: float) -> float:
    try:
        return float(_FLOAT.unpack(_FLOAT.pack(value))[0])
    except OverflowError:
        return float("inf")


_WIRE_TYPES = {int(wire_type): wire_type for wire_type in WireType}
_FIXED_BYTES = {WireType.FIXED32: 4, WireType.FIXED64: 8}
