"""Reading a server's JSON: values of the right kind, or a complaint that names the key. Pure."""

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

import msgspec

Message = Mapping[str, Any]


class MalformedMessageError(Exception):
    """A message does not follow the protocol; the text names key and value, and never a payload."""


def decode_message(data: str | bytes) -> Message:
    """One JSON object.

    Raises:
        MalformedMessageError: it is none.
    """
    try:
        message = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedMessageError(f"no JSON: {str(error)[:80]}") from error
    if not isinstance(message, dict):
        raise MalformedMessageError("no JSON object")
    return message


def refusal(key: str, value: object, allowed: str) -> MalformedMessageError:
    """The complaint about one value."""
    if value is None:
        return MalformedMessageError(f"{key} is missing: it must be {allowed}")
    return MalformedMessageError(f"{key} = {str(value)[:40]!r}: must be {allowed}")


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a JSON value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def whole(message: Message, key: str, low: int, high: int) -> int:
    """A whole number that must be there.

    Raises:
        MalformedMessageError: it is missing or wrong.
    """
    value = message.get(key)
    if not is_whole(value) or not low <= value <= high:
        raise refusal(key, value, f"a whole number from {low} to {high}")
    return value


def optional_whole(message: Message, key: str, low: int, high: int) -> int | None:
    """A whole number that may be missing or null. Raises as `whole` does."""
    return None if message.get(key) is None else whole(message, key, low, high)


def number(value: object) -> float | None:
    """A finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return None
    return converted if math.isfinite(converted) else None
