"""Configurations as people and accidents write them: documents with values of any type at any key, as TOML."""

import json
import random
import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

KeyPath = tuple[str | int, ...]
Document = dict[str, Any]

ANNOTATED = Path(__file__).parents[2] / "config" / "gateway.toml"
# A setting that the file explains but leaves off: "#" and no blank.
SETTING_NOT_IN_FORCE = re.compile(r"^#(?=[^ \n#])|^#(?=  \{)", re.MULTILINE)
LEAST: Document = {"radio": {"region_plan": "EU868"}, "server": [{"name": "main", "host": "localhost"}]}


class Literal(msgspec.Struct, frozen=True):
    """A value by its TOML text, where Python has none for it."""

    text: str


ODD_VALUES = (
    *(True, False, 0, 1, -1, 8, 13, 54, 255, 70_000, 869_525_000, 2**31, -(2**63), 2**64),
    *(
        0.0,
        -0.5,
        2.5,
        1e308,
        "",
        " ",
        "off",
        "SX1255",
        "é\u2028\x07",
        "../..",
        "0" * 16,
        "x" * 300,
        "A5C0",
        "/dev/null",
    ),
    *([], [[]], [1, "two"], [{}], [{}] * 9, {}, {"a": {}}, {"freq_hz": 868_100_000}),
    *map(Literal, ("inf", "-inf", "nan", "2026-01-01", "2026-01-01T00:00:00Z", "23:59:59.5", "0x10", "9" * 400)),
    *map(Literal, ("[" * 50 + "]" * 50, '"""\na\nb"""', "'C:\\'", "1_0", "1e5")),
)
STRANGE_KEYS = ("lbt", "sx1261", "usb", "lr_fhss", "freq_khz", "freq hz", "", "é", "a.b", 'a"b\n', "x" * 200)


def every_setting() -> Document:
    """The annotated file with all that it explains in force."""
    return tomllib.loads(SETTING_NOT_IN_FORCE.sub("", ANNOTATED.read_text()))


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The way to each value of a document, tables and lists included; of a list of tables, to the first one's."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from paths(value[0], (*path, 0))


def value_at(document: Document, path: KeyPath) -> object:
    """What is at a path."""
    value: Any = document
    for step in path:
        value = value[step]
    return value


def with_value(document: Document, path: KeyPath, value: object) -> Document:
    """A copy with one value put at a path; whatever is missing or in the way becomes a table or a list."""
    copy = deepcopy(document)
    place: Any = copy
    for step, following in pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        place = _entered(place, step, empty)
    _put(place, path[-1], value)
    return copy


def _entered(place: Any, step: str | int, empty: Any) -> Any:
    found = place.get(step) if isinstance(place, dict) else next(iter(place), None)
    if type(found) is type(empty):
        return found
    _put(place, step, empty)
    return empty


def _put(place: Any, step: str | int, value: object) -> None:
    if isinstance(place, dict):
        place[step] = value
    else:
        place[:1] = [value]


def any_document(chance: random.Random, known: Document, places: list[KeyPath]) -> Document:
    """The least configuration with up to six settings: valid ones, wrong ones, unknown ones, missing ones."""
    document = LEAST
    for _ in range(chance.randint(1, 6)):
        path = chance.choice(places)
        match chance.randrange(8):
            case 0 | 1 | 2:
                document = with_value(document, path, value_at(known, path))
            case 3 | 4 | 5:
                document = with_value(document, path, chance.choice(ODD_VALUES))
            case 6:
                document = with_value(document, (*path[:-1], chance.choice(STRANGE_KEYS)), chance.choice(ODD_VALUES))
            case _:
                document = {key: value for key, value in document.items() if key != path[0]}
    return document


def as_toml(document: Document) -> str:
    """A document as text: a line for each top-level key, all else inline."""
    return "".join(f"{_key(key)} = {_inline(value)}\n" for key, value in document.items())


def _inline(value: object) -> str:
    match value:
        case Literal():
            return value.text
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{_key(key)} = {_inline(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case _:
            # Strings are written alike in JSON and TOML, once nothing beyond ASCII is escaped.
            return json.dumps(value, ensure_ascii=False)


def _key(key: object) -> str:
    return json.dumps(key, ensure_ascii=False)


def damaged_text(chance: random.Random, text: bytes) -> bytes:
    """The text with some bytes or lines replaced, doubled, moved or lost."""
    data = bytearray(text)
    for _ in range(chance.choice((1, 1, 2, 5))):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 1, 4, 30)))
        data[start:end] = chance.choice((b"", data[start:end] * 2, chance.randbytes(2), *_TOKENS))
    lines = bytes(data).splitlines(keepends=True)
    if chance.random() < 0.2:
        chance.shuffle(lines)
    return b"".join(lines)


_TOKENS = (
    *(b"=", b'"', b"'''", b"[", b"]]", b"{", b"}", b"\n", b"\r", b"#", b",", b".", b"-", b"9", b"\x00", b"\xff"),
    *(
        b"[[radio.channel]]\n",
        b"[radio.fsk]\n",
        b"[[server]]\n",
        b"true",
        b"0x",
        b"1e9",
        b"\\u0000",
        b"inf",
        b"[" * 2000,
    ),
)
