"""docs/policy.schema.json and config/policy.example.toml, against the types that they are about."""

import datetime
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.policy.allowance import UNLIMITED
from gateway.policy.text.reading import read_policy
from gateway.policy.text.schema import policy_schema, schema_text

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "config" / "policy.example.toml"
SETTING_NOT_IN_FORCE = re.compile(r"^#(?=[^ \n#])", re.MULTILINE)
KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": (str, datetime.date),
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def example() -> str:
    return EXAMPLE.read_text()


def all_in_force() -> str:
    """The example with every setting that it explains in force."""
    return SETTING_NOT_IN_FORCE.sub("", example())


KEYWORDS = {
    "$ref",
    "$schema",
    "$defs",
    "title",
    "description",
    "default",
    "type",
    "properties",
    "required",
    "items",
    "enum",
    "additionalProperties",
    "minimum",
    "maximum",
    "pattern",
    "anyOf",
    "format",
}
DEFINITIONS: Any = policy_schema()["$defs"]


def fits_by_itself(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value is of the kind and in the range of a schema, whatever it holds."""
    kind = schema.get("type")
    if kind is not None and (not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return False
    if isinstance(value, str):
        # A date is no string in TOML.
        return "anyOf" not in schema and bool(re.search(schema.get("pattern", ""), value)) and in_enum(value, schema)
    if isinstance(value, int | float):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value) and in_enum(value, schema)
    return True


def in_enum(value: Any, schema: Mapping[str, Any]) -> bool:
    return value in schema.get("enum", [value])


def misfits(value: Any, schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Where a value does not fit a schema, of which this knows as much as ours uses."""
    assert set(schema) <= KEYWORDS
    if "$ref" in schema:
        yield from misfits(value, DEFINITIONS[schema["$ref"].rpartition("/")[2]], path)
    if not fits_by_itself(value, schema):
        yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(item, schema["items"], f"{path}[{index}]")
    elif isinstance(value, dict):
        yield from misfits_in_table(value, schema, path)


def misfits_in_table(value: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    """The same for a table: keys that are missing, unknown, or have a wrong value."""
    if "properties" not in schema:
        return  # the rest of it is where $ref leads to
    assert schema["additionalProperties"] is False
    yield from (f"{path}.{key}" for key in schema.get("required", ()) if key not in value)
    for key, item in value.items():
        if key in schema["properties"]:
            yield from misfits(item, schema["properties"][key], f"{path}.{key}")
        else:
            yield f"{path}.{key}"


def known_keys() -> set[str]:
    """Each key that the schema has, with its table's name before it."""
    return {f"{name}.{key}" for name, table in DEFINITIONS.items() for key in table["properties"]}


def used_keys(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    """Those that a document has."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if isinstance(value, list):
        for item in value:
            yield from used_keys(item, schema["items"])
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{name}.{key}"
            yield from used_keys(item, DEFINITIONS[name]["properties"][key])


def test_the_schema_in_the_documentation_is_that_of_the_types() -> None:
    assert (ROOT / "docs" / "policy.schema.json").read_text() == schema_text()


def test_the_schema_has_no_null_which_toml_does_not_have() -> None:
    assert "null" not in schema_text()


def test_patterns_are_such_as_every_reader_of_schemas_knows() -> None:
    patterns = set(re.findall(r'"pattern": (".*")', schema_text()))
    assert patterns
    for pattern in map(json.loads, patterns):
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        assert r"\Z" not in pattern


@pytest.mark.parametrize("text", [example(), all_in_force()], ids=["as it stands", "all in force"])
def test_the_example_fits_the_schema_and_the_reader(text: str) -> None:
    assert list(misfits(tomllib.loads(text), policy_schema())) == []
    assert [depositor.id for depositor in read_policy(text.encode()).depositors] == ["metropole", "syndicat-eaux"]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("serial = 12", 'serial = "12"', ".serial"),
        ("serial = 12", "serial = 0", ".serial"),
        ("serial = 12", "", ".serial"),
        ("share = 0.8", "share = 2", ".warning.share"),
        ("share = 0.8", "part = 0.8", ".warning.part"),
        ('mode = "enforce"', 'mode = "enforced"', ".depositor[0].mode"),
        ('"00005EEF10000002"', '"00005EEF1000002"', ".depositor[0].group[0].dev_euis[1]"),
        ("valid_from = 2026-01-01", 'valid_from = "2026-01-01"', ".valid_from"),
        ("min_interval_s = 60", "min_interval_s = true", ".depositor[0].group[0].device_allowance.min_interval_s"),
    ],
)
def test_what_does_not_fit_the_schema_is_refused_by_the_reader_too(old: str, new: str, path: str) -> None:
    text = example().replace(old, new, 1)
    assert text != example()
    assert list(misfits(tomllib.loads(text), policy_schema())) == [path]
    with pytest.raises(Exception, match=re.escape(path[1:])):
        read_policy(text.encode())


def test_every_key_is_explained_in_the_example() -> None:
    assert known_keys() - set(used_keys(tomllib.loads(all_in_force()), policy_schema())) == set()


def test_the_example_shows_both_modes_and_languages() -> None:
    depositors = read_policy(example().encode()).depositors
    assert [(each.mode, each.language) for each in depositors] == [("enforce", "fr"), ("observe", "en")]
    assert all(group.device_allowance != UNLIMITED for each in depositors for group in each.groups)
