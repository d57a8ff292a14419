"""Mistakes in a configuration, told to whoever wrote it."""

import datetime
from collections.abc import Iterable

import msgspec

LONGEST_VALUE_SHOWN = 60
LONGEST_REASON_SHOWN = 160


class Problem(msgspec.Struct, frozen=True):
    """One mistake: the key's path, the value as written (None where there is none), and what to do.

    `allowed` is a clause that follows the value: "must be …", "unknown key; …".
    """

    path: str
    found: str | None
    allowed: str

    def __str__(self) -> str:
        key = self.path if self.found is None else f"{self.path} = {self.found}"
        return f"{key}: {self.allowed}" if key else self.allowed


class ConfigError(Exception):
    """The configuration cannot be used; `problems` holds every mistake, or with `and_more` the first of them."""

    def __init__(self, source: str, problems: Iterable[Problem], *, and_more: bool = False) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = f"{len(self.problems)} mistake{'s' if len(self.problems) > 1 else ''}"
        if and_more:
            count = f"more than {count}; these are the first"
        super().__init__("\n".join([f"{source}: {count}", *(f"  {problem}" for problem in self.problems)]))


def shown(value: object) -> str:
    """A value read from TOML, as its author would recognise it, on one short line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() if value.bit_length() > 64:
            return f"a number of {value.bit_length()} bits"
        case int() | float():
            return str(value)
        case str():
            return _quoted(value)
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "a table"
        case datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return type(value).__name__


def shortened(text: str) -> str:
    """A key or a value's text: as it is, or its beginning."""
    return text if len(text) <= LONGEST_VALUE_SHOWN else f"{text[:LONGEST_VALUE_SHOWN]}…"


def shortened_reason(text: str) -> str:
    """A reason that may quote the file; its end, which tells the place, is kept."""
    half = LONGEST_REASON_SHOWN // 2
    return text if len(text) <= LONGEST_REASON_SHOWN else f"{text[:half]}…{text[-half:]}"


def _quoted(text: str) -> str:
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return f'"{shortened(printable)}"'
