"""TOML tables → frozen structs, going on after a mistake so as to find the others."""

import datetime
import difflib
import functools
import math
import re
import typing
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import inspect, structs

from gateway.config.problems import Problem, shortened, shown

Section = TypeVar("Section", bound=msgspec.Struct)

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
POSITION = re.compile(r"\[\d+\]")
# Messages go to a terminal and to the journal. A password may stand where its file's path should.
MAY_BE_SECRET = re.compile(r"password|passphrase|secret|token|session_key", re.IGNORECASE)
HIDDEN = "(not shown)"
MOST_HINTS = 100
"""To find what somebody meant takes long; a file with more unknown keys than this is none of ours."""

OUT_OF_SCOPE = {
    "lbt": "listen-before-talk is not supported yet",
    "sx1261": "the SX1261 radio is not supported yet",
    "spectral_scan": "spectral scan needs the SX1261 radio, which is not supported yet",
    "lr_fhss": "LR-FHSS is not supported yet",
    "usb": "USB concentrators are not supported yet",
}


class TooManyProblemsError(Exception):
    """A reader has found as many mistakes as it was to look for; nobody would read more."""


class Reader:
    """Reads tables, keeps the list of what is wrong in them, and which keys are `written` there, right or wrong."""

    def __init__(self, *, fills_gaps: bool = False, most_problems: float = math.inf) -> None:
        """With `fills_gaps`, a table that lacks something required gets a stand-in for it, and is read all the same.

        The mistake after `most_problems` ends the reading in TooManyProblemsError.
        """
        self.problems: list[Problem] = []
        self.written: set[str] = set()
        self._fills_gaps = fills_gaps
        self._most_problems = most_problems
        self._failed: set[str] = set()

    def note(self, problem: Problem) -> None:
        """Note a mistake."""
        if len(self.problems) >= self._most_problems:
            raise TooManyProblemsError
        self.problems.append(problem)
        self._failed.add(problem.path)

    def refuse(self, path: str, value: object, allowed: str) -> None:
        """Note a value that is not allowed; `allowed` is a clause such as "must be …". A secret is not shown."""
        key = path.rpartition(".")[2]
        self.note(Problem(path, HIDDEN if MAY_BE_SECRET.search(key) else shown(value), allowed))

    def require(self, path: str, allowed: str) -> None:
        """Note a key that is missing."""
        self.note(Problem(path, None, f"missing; give {allowed}"))

    def failed_at(self, *paths: str) -> bool:
        """Whether a mistake was found at exactly one of these paths."""
        return not self._failed.isdisjoint(paths)

    def failed_under(self, path: str) -> bool:
        """Whether a mistake was found at `path` or below it."""
        below = (f"{path}.", f"{path}[")
        return any(problem.path == path or problem.path.startswith(below) for problem in self.problems)

    def table(self, value: object, shape: type[Section], path: str) -> Section | None:
        """Read one table.

        A wrong value is reported and replaced by its default, so that checks that span several keys still
        run. None where a required key is missing or wrong.
        """
        if not isinstance(value, Mapping):
            self.refuse(path, value, f"must be a table: {_header(path, repeated=path.endswith(']'))}")
            return None
        fields = _fields(shape)
        self._unknown_keys(value, fields, path)
        known: dict[str, object] = {}
        for name, field in fields.items():
            key = _join(path, name)
            if name not in value:
                if field.required:
                    self.require(key, allowed_text(field.type))
                continue
            self.written.add(key)
            self._field(value[name], field.type, key, known, name)
        missing = [name for name, field in fields.items() if field.required and name not in known]
        if missing and not self._fills_gaps:
            return None
        gaps = {name: self._stand_in(inspect.type_info(fields[name].type), _join(path, name)) for name in missing}
        return shape(**known, **gaps)

    def tables(self, value: object, shape: type[Section], path: str) -> tuple[Section | None, ...]:
        """Read an array of tables; an unreadable one is None, so that positions keep their meaning."""
        if not isinstance(value, list):
            self.refuse(path, value, f"must be one or more tables: {_header(path, repeated=True)}")
            return ()
        return tuple(self.table(item, shape, f"{path}[{index}]") for index, item in enumerate(value))

    def _field(self, value: object, kind: object, path: str, known: dict[str, object], name: str) -> None:
        shape, is_array = _struct_in(kind)
        if shape is not None:
            section = self.tables(value, shape, path) if is_array else self.table(value, shape, path)
            if section is not None:
                known[name] = section
            return
        try:
            known[name] = _converted(value, kind)
        except msgspec.ValidationError:
            item = _item_of(kind)
            items = None if item is None or not isinstance(value, list) else self._items(value, item, path)
            if items is None:
                self.refuse(path, value, f"must be {allowed_text(kind)}")
            elif _admits_none(item):
                known[name] = items

    def _items(self, values: list[object], kind: object, path: str) -> tuple[object, ...] | None:
        """The items of a list in which some are wrong, with None for these; None if it is not the items."""
        items: list[object] = []
        for index, value in enumerate(values):
            try:
                items.append(_converted(value, kind))
            except msgspec.ValidationError:
                self.refuse(f"{path}[{index}]", value, f"must be {allowed_text(kind)}")
                items.append(None)
        return tuple(items) if None in items else None

    def _stand_in(self, kind: inspect.Type, path: str) -> object:
        """Something of that type, allowed or not, for what is missing or wrong; what it holds is missing too."""
        self._failed.add(path)
        match kind:
            case inspect.Metadata():
                return self._stand_in(kind.type, path)
            case inspect.LiteralType():
                return kind.values[0]
            case inspect.StructType():
                required = [field for field in kind.fields if field.required]
                return kind.cls(
                    **{field.name: self._stand_in(field.type, _join(path, field.name)) for field in required}
                )
            case inspect.BoolType():
                return False
            case inspect.IntType() | inspect.FloatType():
                return 0
            case inspect.DateType():
                return datetime.date.min
            case _:
                return ""

    def _unknown_keys(self, table: Mapping[str, object], known: Mapping[str, object], path: str) -> None:
        for key in table:
            if key in known:
                continue
            if key in OUT_OF_SCOPE:
                self.refuse(_join(path, key), table[key], OUT_OF_SCOPE[key])
                continue
            nearest = difflib.get_close_matches(key, known, n=1) if len(self.problems) < MOST_HINTS else []
            hint = f"did you mean {nearest[0]}?" if nearest else f"the keys here are {', '.join(sorted(known))}"
            self.refuse(_join(path, key), table[key], f"unknown key; {hint}")


def allowed_text(kind: object) -> str:
    """What values a type admits, in words; a type's own description comes first."""
    return _describe(inspect.type_info(kind))


def _describe(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            described = (kind.extra_json_schema or {}).get("description")
            return str(described) if described else _describe(kind.type)
        case inspect.UnionType():
            return " or ".join(_describe(item) for item in kind.types if not isinstance(item, inspect.NoneType))
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return f"a whole number{_range(kind)}"
        case inspect.FloatType():
            return f"a number{_range(kind)}"
        case inspect.DateType():
            return "a date"
        case inspect.LiteralType():
            return " or ".join(shown(value) for value in kind.values)
        case inspect.VarTupleType():
            return f"a list, each {_describe(kind.item_type)}"
        case inspect.StructType():
            return "a table"
        case _:
            return "text"


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f" from {kind.ge} to {kind.le}"
    bounds = (("above", kind.gt), ("at least", kind.ge), ("below", kind.lt), ("at most", kind.le))
    limits = [f"{word} {bound}" for word, bound in bounds if bound is not None]
    return f" {' and '.join(limits)}" if limits else ""


@functools.cache
def _fields(shape: type[msgspec.Struct]) -> Mapping[str, structs.FieldInfo]:
    return {field.name: field for field in structs.fields(shape)}


@functools.cache
def _struct_in(kind: object) -> tuple[type[msgspec.Struct] | None, bool]:
    """The struct that a type holds, and whether it holds an array of them."""
    return _struct_in_info(inspect.type_info(kind))


def _struct_in_info(kind: inspect.Type) -> tuple[type[msgspec.Struct] | None, bool]:
    match kind:
        case inspect.Metadata():
            return _struct_in_info(kind.type)
        case inspect.StructType():
            return kind.cls, False
        case inspect.VarTupleType():
            return _struct_in_info(kind.item_type)[0], True
        case inspect.UnionType():
            return next((found for item in kind.types if (found := _struct_in_info(item))[0]), (None, False))
        case _:
            return None, False


@functools.cache
def _item_of(kind: object) -> object:
    """The type of an array's items, None for what is no array."""
    if typing.get_origin(kind) is Annotated:
        return _item_of(typing.get_args(kind)[0])
    return typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else None


def _admits_none(kind: object) -> bool:
    return type(None) in typing.get_args(kind)


def _converted(value: object, kind: object) -> object:
    """The value as its type has it. Raises ValidationError."""
    if _is_date(kind):
        # A date with a time is a date too, as in Python; text that looks like one is not.
        if isinstance(value, datetime.date):
            return value
        raise msgspec.ValidationError("not a date")
    converted = msgspec.convert(value, kind)
    if isinstance(converted, float) and not math.isfinite(converted):
        raise msgspec.ValidationError("not a number")
    return converted


@functools.cache
def _is_date(kind: object) -> bool:
    return _date_in(inspect.type_info(kind))


def _date_in(kind: inspect.Type) -> bool:
    match kind:
        case inspect.Metadata():
            return _date_in(kind.type)
        case inspect.UnionType():
            return any(_date_in(item) for item in kind.types)
        case _:
            return isinstance(kind, inspect.DateType)


def _join(path: str, key: str) -> str:
    written = shortened(key) if BARE_KEY.fullmatch(key) else shown(key)
    return f"{path}.{written}" if path else written


def _header(path: str, *, repeated: bool) -> str:
    """How the table at a path begins in the file, where positions are not written."""
    name = POSITION.sub("", path)
    return f"[[{name}]]" if repeated else f"[{name}]"
