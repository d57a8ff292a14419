"""TOML tables → frozen structs, going on after a mistake so as to find the others."""

import difflib
import math
import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import inspect, structs

from gateway.config.problems import Problem, shortened, shown

Section = TypeVar("Section", bound=msgspec.Struct)

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
POSITION = re.compile(r"\[\d+\]")

OUT_OF_SCOPE = {
    "lbt": "listen-before-talk is not supported yet",
    "sx1261": "the SX1261 radio is not supported yet",
    "spectral_scan": "spectral scan needs the SX1261 radio, which is not supported yet",
    "lr_fhss": "LR-FHSS is not supported yet",
    "usb": "USB concentrators are not supported yet",
}


class Reader:
    """Reads tables, keeps the list of what is wrong in them, and which keys are `written` there, right or wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.written: set[str] = set()

    def refuse(self, path: str, value: object, allowed: str) -> None:
        """Note a value that is not allowed; `allowed` is a clause such as "must be …"."""
        self.problems.append(Problem(path, shown(value), allowed))

    def require(self, path: str, allowed: str) -> None:
        """Note a key that is missing."""
        self.problems.append(Problem(path, None, f"missing; give {allowed}"))

    def failed_at(self, *paths: str) -> bool:
        """Whether a mistake was found at exactly one of these paths."""
        return any(problem.path in paths for problem in self.problems)

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
        fields = {field.name: field for field in structs.fields(shape)}
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
        if any(field.required and name not in known for name, field in fields.items()):
            return None
        return shape(**known)

    def tables(self, value: object, shape: type[Section], path: str) -> tuple[Section | None, ...]:
        """Read an array of tables; an unreadable one is None, so that positions keep their meaning."""
        if not isinstance(value, list):
            self.refuse(path, value, f"must be one or more tables: {_header(path, repeated=True)}")
            return ()
        return tuple(self.table(item, shape, f"{path}[{index}]") for index, item in enumerate(value))

    def _field(self, value: object, kind: object, path: str, known: dict[str, object], name: str) -> None:
        shape, is_array = _struct_in(inspect.type_info(kind))
        if shape is not None:
            section = self.tables(value, shape, path) if is_array else self.table(value, shape, path)
            if section is not None:
                known[name] = section
            return
        try:
            converted = msgspec.convert(value, kind)
        except msgspec.ValidationError:
            self.refuse(path, value, f"must be {allowed_text(kind)}")
            return
        if isinstance(converted, float) and not math.isfinite(converted):
            self.refuse(path, value, f"must be {allowed_text(kind)}")
            return
        known[name] = converted

    def _unknown_keys(self, table: Mapping[str, object], known: Mapping[str, object], path: str) -> None:
        for key in table:
            if key in known:
                continue
            if key in OUT_OF_SCOPE:
                self.refuse(_join(path, key), table[key], OUT_OF_SCOPE[key])
                continue
            nearest = difflib.get_close_matches(key, known, n=1)
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


def _struct_in(kind: inspect.Type) -> tuple[type[msgspec.Struct] | None, bool]:
    """The struct that a type holds, and whether it holds an array of them."""
    match kind:
        case inspect.StructType():
            return kind.cls, False
        case inspect.VarTupleType():
            return _struct_in(kind.item_type)[0], True
        case inspect.UnionType():
            return next((found for item in kind.types if (found := _struct_in(item))[0]), (None, False))
        case _:
            return None, False


def _join(path: str, key: str) -> str:
    written = shortened(key) if BARE_KEY.fullmatch(key) else shown(key)
    return f"{path}.{written}" if path else written


def _header(path: str, *, repeated: bool) -> str:
    """How the table at a path begins in the file, where positions are not written."""
    name = POSITION.sub("", path)
    return f"[[{name}]]" if repeated else f"[{name}]"
