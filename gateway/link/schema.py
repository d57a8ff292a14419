"""docs/topics/, made from the messages' types: `python -m gateway.link.schema`."""

import inspect
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from gateway.link.asyncapi import ALL_MESSAGES, SCHEMAS, Json, asyncapi
from gateway.link.examples import EXAMPLES
from gateway.policy.outcome import MEANINGS, Outcome

DIRECTORY = Path("docs/topics")
ASYNCAPI = "asyncapi.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IN_ONE_FILE = "#/$defs/"


def documents() -> dict[str, str]:
    """The text of each file, by its name: one schema for each message, and the AsyncAPI document."""
    texts = {f"{kind.__name__}.schema.json": _text(message_schema(kind)) for kind in ALL_MESSAGES}
    examples = {kind: msgspec.to_builtins(example) for kind, example in EXAMPLES.items()}
    return texts | {ASYNCAPI: _text(asyncapi(definitions(ALL_MESSAGES, SCHEMAS), examples))}


def message_schema(kind: type[msgspec.Struct]) -> Json:
    """The schema of one message, with all that it refers to."""
    return {
        "$schema": DIALECT,
        "$ref": f"{_IN_ONE_FILE}{kind.__name__}",
        "examples": [msgspec.to_builtins(EXAMPLES[kind])],
        "$defs": definitions([kind], _IN_ONE_FILE),
    }


def definitions(kinds: Iterable[type[msgspec.Struct]], base: str) -> Json:
    """The schemas of these types and of what they refer to, by their names. References begin with `base`."""
    _, told = msgspec.json.schema_components(kinds, ref_template=f"{base}{{name}}")
    return {name: _as_published(definition, base) for name, definition in sorted(told.items())}


def _as_published(definition: Mapping[str, object], base: str) -> object:
    """The same in JSON Schema's own patterns. What the gateway publishes has every field."""
    told = dict(definition)
    properties = told.get("properties")
    is_published = isinstance(properties, dict) and told.get("additionalProperties") is not False
    if isinstance(properties, dict) and is_published:
        told["properties"] = {key: _without_default(value) for key, value in properties.items()}
        told["required"] = list(properties)
    if isinstance(description := told.get("description"), str):
        told["description"] = _flowing(description)
    if told.get("title") == Outcome.__name__:
        meanings = "; ".join(f"{outcome.value}: {MEANINGS[outcome].english}" for outcome in Outcome)
        told["description"] = f"{told['description']} {meanings}."
    return _in_plain_terms(told, base)


def _flowing(docstring: str) -> str:
    """Its paragraphs, without the line breaks and the margin that they have in the source."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(docstring).split("\n\n"))


def _without_default(value: Mapping[str, object]) -> Json:
    return {key: each for key, each in value.items() if key != "default"}


def _in_plain_terms(node: object, base: str) -> object:
    """The same with patterns that every reader knows, and whole references where the types have a name alone."""
    if isinstance(node, list):
        return [_in_plain_terms(item, base) for item in node]
    if not isinstance(node, dict):
        return node
    told = {key: _in_plain_terms(value, base) for key, value in node.items()}
    if isinstance(pattern := told.get("pattern"), str):
        told["pattern"] = pattern.replace(r"\Z", "$")
    if isinstance(reference := told.get("$ref"), str) and not reference.startswith("#"):
        told["$ref"] = f"{base}{reference}"
    return told


def _text(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (DIRECTORY / name).write_text(text)
    print(f"{DIRECTORY} is written", file=sys.stderr)
