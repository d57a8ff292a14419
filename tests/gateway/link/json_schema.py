"""As much of JSON Schema (draft 2020-12) as the messages' schemas use; anything else in one fails the test."""

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
SAID_TO_PEOPLE = {"title", "description", "default", "examples", "$schema", "$defs"}
KEYWORDS = SAID_TO_PEOPLE | {
    "$ref",
    "type",
    "enum",
    "anyOf",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
    "items",
    "pattern",
    "format",
    "minimum",
    "maximum",
}


def resolved(document: Mapping[str, Any], reference: str) -> Any:
    """What a reference within a document leads to. Raises KeyError where that is nothing."""
    assert reference.startswith("#/")
    node: Any = document
    for name in reference[2:].split("/"):
        node = node[name]
    return node


def misfits(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """Where a value does not fit a schema; `document` is what references are looked up in."""
    assert set(schema) <= KEYWORDS, set(schema) - KEYWORDS
    if "$ref" in schema:
        yield from misfits(value, resolved(document, schema["$ref"]), document, path)
    if "anyOf" in schema and all(any(misfits(value, each, document)) for each in schema["anyOf"]):
        yield path
    if not fits_by_itself(value, schema):
        yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(item, schema.get("items", {}), document, f"{path}[{index}]")
    elif isinstance(value, dict):
        yield from _misfits_in_object(value, schema, document, path)


def fits_by_itself(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value is of the kind and in the range of a schema, whatever it holds."""
    kind = schema.get("type")
    if kind is not None and (not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return False
    if value not in schema.get("enum", [value]):
        return False
    if isinstance(value, str):
        return bool(re.search(schema.get("pattern", ""), value)) and fits_format(value, schema.get("format"))
    if isinstance(value, int | float):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return True


def fits_format(value: str, name: str | None) -> bool:
    """The one format that is used is RFC 3339's."""
    assert name in {None, "date-time"}
    if name is None:
        return True
    try:
        return datetime.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _misfits_in_object(
    value: Mapping[str, Any], schema: Mapping[str, Any], document: Mapping[str, Any], path: str
) -> Iterator[str]:
    yield from (f"{path}.{key}" for key in schema.get("required", ()) if key not in value)
    others = schema.get("additionalProperties", True)
    for key, item in value.items():
        yield from misfits(key, schema.get("propertyNames", {}), document, f"{path}.{key}")
        if key in schema.get("properties", {}):
            yield from misfits(item, schema["properties"][key], document, f"{path}.{key}")
        elif others is False:
            yield f"{path}.{key}"
        elif others is not True:
            yield from misfits(item, others, document, f"{path}.{key}")
