"""What a message's fields are: a `Field` in the annotation of each attribute, from which both encodings follow.

    frequency: Annotated[int, Field(1, Kind.UINT32)] = 0

A field at its default is not on the wire (proto3). A message that is absent is None; enumerations are numbers, so that
a later version's names are kept.
"""

import enum
import functools
import typing
from typing import cast, get_args

import msgspec


class Kind(enum.Enum):
    """A scalar type of proto3, or what a message may hold beside them."""

    UINT32 = enum.auto()
    INT32 = enum.auto()
    INT64 = enum.auto()
    BOOL = enum.auto()
    FLOAT = enum.auto()
    DOUBLE = enum.auto()
    STRING = enum.auto()
    BYTES = enum.auto()
    ENUM = enum.auto()
    MESSAGE = enum.auto()


class Message(msgspec.Struct, frozen=True):
    """What has a schema."""


class Field(msgspec.Struct, frozen=True):
    """One field: `of` is its enumeration or message, `key` the kind of a map's keys.

    Of the fields with the same `oneof` at most one is set: the last on the wire.
    """

    number: int
    kind: Kind
    of: type[Message] | type[enum.IntEnum] | None = None
    repeated: bool = False
    key: Kind | None = None
    oneof: str | None = None

    @property
    def message(self) -> type[Message]:
        """The message that it holds."""
        return cast(type[Message], self.of)

    @property
    def members(self) -> type[enum.IntEnum]:
        """The enumeration that it holds."""
        return cast(type[enum.IntEnum], self.of)


class Attribute(msgspec.Struct, frozen=True):
    """A field, the attribute that holds it, and its name in JSON."""

    name: str
    json_name: str
    field: Field


@functools.cache
def attributes_of(shape: type[Message]) -> tuple[Attribute, ...]:
    """A message's fields in the order of their numbers, in which they are written."""
    hints = typing.get_type_hints(shape, include_extras=True)
    found = [
        Attribute(name, _camel_case(name), part)
        for name, hint in hints.items()
        for part in get_args(hint)
        if isinstance(part, Field)
    ]
    return tuple(sorted(found, key=lambda attribute: attribute.field.number))


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
