"""A table of a source that is read key by key, so that no key is passed over in silence. Pure."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from gateway.config.problems import shortened, shown
from gateway.config.reader import MAY_BE_SECRET
from gateway.importing.draft import Draft
from gateway.importing.merging import Files, Path, file_of, path_text

T = TypeVar("T")
_VARIABLE = re.compile(r"\$[A-Z_][A-Z0-9_]*")
_UNSAFE = re.compile(r"[^\x20-\x7E\u00A0-\uFFFF]|[\u2028\u2029\u200B-\u200F\u202A-\u202E]")


class SourceTable:
    """One object of JSON or table of TOML, by its file and its path in there.

    What is taken by one of the methods is known; `finish` notes the other keys in the draft. A value of the wrong type
    is noted and taken for none.
    """

    def __init__(self, values: Mapping[str, object], files: Files, path: Path, draft: Draft) -> None:
        self.values = values
        self._files = files
        self._path = path
        self._draft = draft
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self.values

    def origin(self, key: str | None = None) -> str:
        """Where a key is, or the table, for a comment or a message: "global_conf.json: gateway_conf.serv_port_up"."""
        path = self._path if key is None else (*self._path, key)
        file = file_of(path, self._files)
        return printable(f"{file}: {shortened(path_text(path))}" if path else file)

    def flag(self, key: str) -> bool | None:
        """True or false; None where it is neither."""
        return self._typed(key, "true or false", lambda value: value if isinstance(value, bool) else None)

    def integer(self, key: str) -> int | None:
        """A whole number, which may be written with a point; None without one."""
        return self._typed(key, "a whole number", _as_integer)

    def number(self, key: str) -> float | int | None:
        """A number; None without one."""
        return self._typed(key, "a number", _as_number)

    def text(self, key: str) -> str | None:
        """A text; None without one, for an empty one, and for an environment's variable, which only the old knows."""
        text = self._typed(key, "text", lambda value: value if isinstance(value, str) else None)
        if text is not None and (variable := _VARIABLE.search(text)) is not None:
            self.note(key, f"it stands for the environment's {variable[0]}: write the value into gateway.toml")
            return None
        return text or None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty without one."""
        found = self._typed(key, "a list of texts", lambda value: _as_list(value, str))
        return tuple(str(item) for item in found or ())

    def integers(self, key: str) -> tuple[int, ...] | None:
        """A list of whole numbers; None without one."""
        found = self._typed(key, "a list of whole numbers", lambda value: _as_list(value, int))
        return None if found is None else tuple(int(str(item)) for item in found)

    def table(self, key: str) -> "SourceTable | None":
        """A table in this one; None without one. The caller finishes it."""
        values = self._typed(key, "a table", lambda value: value if isinstance(value, dict) else None)
        return None if values is None else SourceTable(values, self._files, (*self._path, key), self._draft)

    def tables(self, key: str) -> "Iterator[SourceTable]":
        """The tables of a list. The caller finishes them."""
        found = self._typed(key, "a list of tables", lambda value: _as_list(value, dict))
        for number, values in enumerate(found or ()):
            if isinstance(values, dict):
                yield SourceTable(values, self._files, (*self._path, key, number), self._draft)

    def pass_over(self, *keys: str) -> None:
        """Know keys that mean nothing to a gateway, or nothing with the values that they have."""
        self._known.update(keys)

    def leave_out(self, key: str, why: str, unless: tuple[object, ...] = ()) -> None:
        """Note that a key, if it is written, is not carried over; with a value of `unless` it changes nothing."""
        self._known.add(key)
        if key in self.values and self.values[key] not in unless:
            self.note(key, why)

    def note(self, key: str | None, why: str) -> None:
        """Note that something at a key, or the whole table, is not carried over."""
        self._draft.note(f"{self.origin(key)}: not carried over: {why}")

    def finish(self, why: str = "gateway.toml has nothing that corresponds to it") -> None:
        """Note the keys that nobody asked for."""
        for key in self.values:
            if key not in self._known:
                self.note(key, why)

    def _typed(self, key: str, wanted: str, convert: Callable[[object], T | None]) -> T | None:
        self._known.add(key)
        value = self.values.get(key)
        if value is None:
            return None
        converted = convert(value)
        if converted is None:
            found = "it" if MAY_BE_SECRET.search(key) else printable(shown(value))
            self.note(key, f"{found} is not {wanted}")
        return converted


def printable(text: str) -> str:
    """Text of a stranger's for a terminal and for a comment: on one line, without anything that moves the cursor."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def _as_integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and value.bit_length() <= 64 else None


def _as_number(value: object) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if value.bit_length() <= 64 else None
    return value if math.isfinite(value) else None


def _as_list(value: object, item: type) -> list[object] | None:
    if not isinstance(value, list):
        return None
    return (
        value if all(isinstance(one, item) and not (item is int and isinstance(one, bool)) for one in value) else None
    )
