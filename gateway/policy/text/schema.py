"""docs/policy.schema.json, made from the document's types: `python -m gateway.policy.text.schema`."""

import inspect
import json
import sys
from pathlib import Path

import msgspec

from gateway.policy.document import PolicyDocument

SCHEMA = Path("docs/policy.schema.json")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> dict[str, object]:
    """The schema of a document, for editors and other programs."""
    (reference,), definitions = msgspec.json.schema_components([PolicyDocument], ref_template="#/$defs/{name}")
    return {"$schema": DIALECT, **reference, "$defs": {name: _in_toml(each) for name, each in definitions.items()}}


def schema_text() -> str:
    """As it is written to the file."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"


def _in_toml(node: object) -> object:
    """The same, where there is no null, no other key, and a date may have a time; in JSON Schema's own patterns."""
    if isinstance(node, list):
        return [_in_toml(item) for item in node]
    if not isinstance(node, dict):
        return node
    told = {key: _in_toml(value) for key, value in node.items() if not _is_no_default(key, value)}
    if isinstance(description := told.get("description"), str):
        # A docstring, which Python 3.13 hands over without its indentation.
        told["description"] = inspect.cleandoc(description)
    if isinstance(pattern := told.get("pattern"), str):
        told["pattern"] = pattern.replace(r"\Z", "$")
    if told.get("format") == "date":
        del told["format"]
        told["anyOf"] = [{"format": "date"}, {"format": "date-time"}]
    if told.get("type") == "object":
        told["additionalProperties"] = False
    return _without_null(told)


def _is_no_default(key: str, value: object) -> bool:
    """What is left out is None, and a table that is left out is not one that is written with these values."""
    return key == "default" and (value is None or isinstance(value, dict))


def _without_null(node: dict[str, object]) -> dict[str, object]:
    choices = node.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices:
        return node
    left = [choice for choice in choices if choice != {"type": "null"}]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return rest | (left[0] if len(left) == 1 else {"anyOf": left})


if __name__ == "__main__":
    SCHEMA.write_text(schema_text())
    print(f"{SCHEMA} is written", file=sys.stderr)
