"""Messages ↔ JSON by the proto3 mapping (protobuf.dev, "ProtoJSON format"), by their schema.

Written: lowerCamelCase names, bytes in base64, enumerations by name, times as text, nothing at its default. Read: what
that mapping asks every reader to take, and names that are not known are skipped.
"""

import datetime
import functools
import re
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from forwarder.chirpstack_mqtt.messages import Duration, Timestamp
from forwarder.chirpstack_mqtt.schema import Attribute, Field, Kind, Message, attributes_of
from forwarder.chirpstack_mqtt.wire import MalformedMessageError

Shape = TypeVar("Shape", bound=Message)
NS_PER_S = 1_000_000_000
_DURATION = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s")
_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_RANGES = {Kind.UINT32: (0, 2**32 - 1), Kind.INT32: (-(2**31), 2**31 - 1), Kind.ENUM: (-(2**31), 2**31 - 1)}


def encode_json(message: Message) -> bytes:
    """The JSON text of a message; maps in the order of their keys."""
    return msgspec.json.encode(_object(message))


def decode_json(data: bytes, shape: type[Shape]) -> Shape:
    """Read a message.

    Raises:
        MalformedMessageError: it is none of this shape.
    """
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessageError(f"unreadable JSON: {error}") from error
    return _message(value, shape)


def duration_text(duration: Duration) -> str:
    """Seconds, with as many decimals as are needed of 0, 3, 6 and 9."""
    sign = "-" if duration.total_ns < 0 else ""
    seconds, ns = divmod(abs(duration.total_ns), NS_PER_S)
    return f"{sign}{seconds}{_fraction(ns)}s"


def timestamp_text(timestamp: Timestamp) -> str:
    """RFC 3339 in UTC, with decimals as for a duration."""
    moment = _EPOCH + datetime.timedelta(seconds=timestamp.seconds)
    return f"{moment.replace(tzinfo=None).isoformat()}{_fraction(timestamp.nanos)}Z"


def _object(message: Message) -> dict[str, object]:
    written: dict[str, object] = {}
    for attribute in attributes_of(type(message)):
        value, field = getattr(message, attribute.name), attribute.field
        if field.key is not None or field.repeated or field.kind is not Kind.MESSAGE:
            if value:
                written[attribute.json_name] = _shown(field, value)
        elif value is not None:
            written[attribute.json_name] = _one_shown(field, value)
    return written


def _shown(field: Field, value: Any) -> object:
    if field.key is not None:
        return {str(key): value[key] for key in sorted(value)}
    return [_one_shown(field, item) for item in value] if field.repeated else _one_shown(field, value)


def _one_shown(field: Field, value: Any) -> object:
    match field.kind:
        case Kind.BYTES:
            return b64encode(value).decode()
        case Kind.ENUM:
            return next((each.name for each in field.members if each == value), value)
        case Kind.INT64:
            return str(value)
        case Kind.MESSAGE:
            return _WELL_KNOWN_TEXTS.get(type(value), _object)(value)
        case _:
            return value


def _message(value: object, shape: type[Shape]) -> Shape:
    if not isinstance(value, dict):
        raise MalformedMessageError(f"{shape.__name__}: must be an object")
    names, read = _by_json_name(shape), {}
    for key, item in value.items():
        attribute = names.get(key)
        if attribute is None or item is None:
            continue
        try:
            read[attribute.name] = _read(attribute.field, item)
        except (ValueError, TypeError, OverflowError) as error:
            # Only the reason: what stands there may be a payload.
            raise MalformedMessageError(f"{shape.__name__}.{key}: {type(error).__name__}: {_reason(error)}") from error
    return shape(**read)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, MalformedMessageError) else "not of its type"


def _read(field: Field, value: Any) -> Any:
    if field.key is not None:
        if not isinstance(value, dict):
            raise MalformedMessageError("must be an object")
        key_field = Field(0, field.key)
        return {_read_one(key_field, key): _read_one(field, item) for key, item in value.items()}
    if field.repeated:
        if not isinstance(value, list):
            raise MalformedMessageError("must be a list")
        return tuple(_read_one(field, item) for item in value)
    return _read_one(field, value)


def _read_one(field: Field, value: Any) -> Any:
    match field.kind:
        case Kind.STRING:
            return _of_type(str, value)
        case Kind.BOOL:
            return _of_type(bool, value)
        case Kind.BYTES:
            return _bytes(_of_type(str, value))
        case Kind.ENUM if isinstance(value, str):
            return _number_of(field, value)
        case Kind.FLOAT | Kind.DOUBLE:
            return float(_of_type((int, float, str), value))
        case Kind.MESSAGE:
            reader = _WELL_KNOWN_READERS.get(field.message)
            return _message(value, field.message) if reader is None else reader(_of_type(str, value))
        case _:
            return _integer(field.kind, _of_type((int, float, str), value))


def _of_type(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise MalformedMessageError(f"cannot be of JSON's type {type(value).__name__}")
    return value


def _integer(kind: Kind, value: Any) -> int:
    number = int(value)
    low, high = _RANGES.get(kind, (-(2**63), 2**63 - 1))
    if (isinstance(value, float) and number != value) or not low <= number <= high:
        raise MalformedMessageError(f"must be a whole number from {low} to {high}")
    return number


def _bytes(text: str) -> bytes:
    """Base64 of either alphabet, with or without padding."""
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", plain):
        raise MalformedMessageError("must be base64")
    return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


def _number_of(field: Field, name: str) -> int:
    for each in field.members:
        if each.name == name:
            return int(each)
    raise MalformedMessageError("must be one of the enumeration's names")


def _fraction(ns: int) -> str:
    if not ns:
        return ""
    digits = next(digits for digits in (3, 6, 9) if ns % 10 ** (9 - digits) == 0)
    return f".{ns:09d}"[: 1 + digits]


def _duration(text: str) -> Duration:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise MalformedMessageError('must be seconds, such as "1.5s"')
    sign = -1 if found[1] else 1
    return Duration(sign * int(found[2]), sign * int((found[3] or "").ljust(9, "0")))


def _timestamp(text: str) -> Timestamp:
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise MalformedMessageError("must be a time of RFC 3339")
    moment = datetime.datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    return Timestamp((moment - _EPOCH) // datetime.timedelta(seconds=1), int((found[2] or "").ljust(9, "0")))


@functools.cache
def _by_json_name(shape: type[Message]) -> Mapping[str, Attribute]:
    """Both the name of the mapping and that of the schema."""
    attributes = attributes_of(shape)
    return {each.name: each for each in attributes} | {each.json_name: each for each in attributes}


_WELL_KNOWN_TEXTS: Mapping[type[Message], Callable[[Any], object]] = {
    Duration: duration_text,
    Timestamp: timestamp_text,
}
_WELL_KNOWN_READERS: Mapping[type[Message], Callable[[str], Message]] = {Duration: _duration, Timestamp: _timestamp}
