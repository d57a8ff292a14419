"""Messages ↔ bytes on the wire, by their schema."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from forwarder.chirpstack_mqtt.schema import Attribute, Field, Kind, Message, attributes_of
from forwarder.chirpstack_mqtt.wire import (
    MalformedMessageError,
    WireType,
    read_double,
    read_fields,
    read_float,
    read_varint,
    write_delimited,
    write_double,
    write_float,
    write_varint,
)

Shape = TypeVar("Shape", bound=Message)
_MAP_KEY, _MAP_VALUE = 1, 2
_DEFAULTS: Mapping[Kind, object] = {
    Kind.STRING: "",
    Kind.BYTES: b"",
    Kind.BOOL: False,
    Kind.DOUBLE: 0.0,
    Kind.FLOAT: 0.0,
}
_WIRE_TYPES = {
    Kind.FLOAT: WireType.FIXED32,
    Kind.DOUBLE: WireType.FIXED64,
    Kind.STRING: WireType.BYTES,
    Kind.BYTES: WireType.BYTES,
    Kind.MESSAGE: WireType.BYTES,
}


def encode(message: Message) -> bytes:
    """The bytes of a message; maps in the order of their keys."""
    out = bytearray()
    for attribute, tag in _tagged(type(message)):
        value = getattr(message, attribute.name)
        if value or (value is not None and attribute.field.kind is Kind.MESSAGE and not attribute.field.repeated):
            _write(attribute.field, tag, value, out)
    return bytes(out)


def decode(data: bytes, shape: type[Shape]) -> Shape:
    """Read a message. Fields that are not known are skipped.

    Raises:
        MalformedMessageError: it is none of this shape.
    """
    known = _by_number(shape)
    values: dict[str, Any] = {}
    parts: dict[str, list[bytes]] = {}
    for number, wire_type, raw in read_fields(data):
        attribute = known.get(number)
        if attribute is None:
            continue
        field = attribute.field
        if field.repeated or field.key is not None:
            _gather(attribute, wire_type, raw, values)
        elif wire_type is _WIRE_TYPES.get(field.kind, WireType.VARINT):
            if field.oneof is not None:
                _forget_others(attribute, known, parts)
            if field.kind is Kind.MESSAGE:
                # What is there twice is merged, which is what their bytes one behind the other mean.
                parts.setdefault(attribute.name, []).append(raw)
            else:
                values[attribute.name] = _read_scalar(field.kind, raw)
    for name, pieces in parts.items():
        values[name] = decode(b"".join(pieces), _named(shape)[name].field.message)
    return shape(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def _write(field: Field, tag: int, value: Any, out: bytearray) -> None:
    if field.key is not None:
        for key in sorted(value):
            entry = bytearray()
            _write_one(field.key, _MAP_KEY << 3 | _WIRE_TYPES.get(field.key, WireType.VARINT), key, entry)
            _write_one(field.kind, _MAP_VALUE << 3 | _WIRE_TYPES.get(field.kind, WireType.VARINT), value[key], entry)
            write_varint(tag, out)
            write_delimited(entry, out)
    elif not field.repeated:
        _write_one(field.kind, tag, value, out)
    elif field.kind in _WIRE_TYPES:
        for item in value:
            _write_one(field.kind, tag, item, out)
    else:
        packed = bytearray()
        for item in value:
            write_varint(item, packed)
        write_varint(tag, out)
        write_delimited(packed, out)


def _write_one(kind: Kind, tag: int, value: Any, out: bytearray) -> None:
    write_varint(tag, out)
    match kind:
        case Kind.MESSAGE:
            write_delimited(encode(value), out)
        case Kind.BYTES:
            write_delimited(value, out)
        case Kind.STRING:
            write_delimited(value.encode(), out)
        case Kind.FLOAT:
            write_float(value, out)
        case Kind.DOUBLE:
            write_double(value, out)
        case _:
            write_varint(value, out)


def _gather(attribute: Attribute, wire_type: WireType, raw: Any, values: dict[str, Any]) -> None:
    """One more item of a list, or of a map."""
    field, expected = attribute.field, _WIRE_TYPES.get(attribute.field.kind, WireType.VARINT)
    if field.key is not None:
        if wire_type is WireType.BYTES:
            key, value = _entry(raw, field.key, field.kind)
            values.setdefault(attribute.name, {})[key] = value
        return
    items = values.setdefault(attribute.name, [])
    if wire_type is expected:
        items.append(decode(raw, field.message) if field.kind is Kind.MESSAGE else _read_scalar(field.kind, raw))
    elif wire_type is WireType.BYTES and expected is WireType.VARINT:
        data, at = raw, 0
        while at < len(data):
            number, at = read_varint(data, at)
            items.append(_read_scalar(field.kind, number))


def _entry(data: bytes, key_kind: Kind, value_kind: Kind) -> tuple[Any, Any]:
    found = {_MAP_KEY: _DEFAULTS.get(key_kind, 0), _MAP_VALUE: _DEFAULTS.get(value_kind, 0)}
    kinds = {_MAP_KEY: key_kind, _MAP_VALUE: value_kind}
    for number, wire_type, raw in read_fields(data):
        kind = kinds.get(number)
        if kind is not None and wire_type is _WIRE_TYPES.get(kind, WireType.VARINT):
            found[number] = _read_scalar(kind, raw)
    return found[_MAP_KEY], found[_MAP_VALUE]


def _read_scalar(kind: Kind, raw: Any) -> Any:
    reader = _READERS.get(kind)
    try:
        return raw if reader is None else reader(raw)
    except UnicodeDecodeError as error:
        raise MalformedMessageError("a text is not UTF-8") from error


def _signed(bits: int, value: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _forget_others(attribute: Attribute, known: Mapping[int, Attribute], parts: dict[str, list[bytes]]) -> None:
    for other in known.values():
        if other.field.oneof == attribute.field.oneof and other is not attribute:
            parts.pop(other.name, None)


@functools.cache
def _tagged(shape: type[Message]) -> tuple[tuple[Attribute, int], ...]:
    """The fields with their tags: those of lists of numbers are packed, which is a length and what it delimits."""
    return tuple(
        (attribute, attribute.field.number << 3 | _wire_type(attribute.field)) for attribute in attributes_of(shape)
    )


def _wire_type(field: Field) -> WireType:
    if field.repeated or field.key is not None:
        return WireType.BYTES
    return _WIRE_TYPES.get(field.kind, WireType.VARINT)


@functools.cache
def _by_number(shape: type[Message]) -> Mapping[int, Attribute]:
    return {attribute.field.number: attribute for attribute in attributes_of(shape)}


@functools.cache
def _named(shape: type[Message]) -> Mapping[str, Attribute]:
    return {attribute.name: attribute for attribute in attributes_of(shape)}


_READERS: Mapping[Kind, Callable[[Any], object]] = {
    Kind.UINT32: lambda raw: raw & 0xFFFF_FFFF,
    Kind.INT32: functools.partial(_signed, 32),
    Kind.ENUM: functools.partial(_signed, 32),
    Kind.INT64: functools.partial(_signed, 64),
    Kind.BOOL: bool,
    Kind.STRING: bytes.decode,
    Kind.FLOAT: read_float,
    Kind.DOUBLE: read_double,
}
