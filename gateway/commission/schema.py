"""docs/commission/sheet.schema.json, made from the sheet's types by `python -m gateway.commission.example`. Pure."""

import inspect
import json

import msgspec

from gateway.commission.sheet import Sheet

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """The schema of a sheet's JSON form, for programs that read it."""
    (reference,), definitions = msgspec.json.schema_components([Sheet], ref_template="#/$defs/{name}")
    told = {"$schema": DIALECT, **reference, "$defs": _same_everywhere(definitions)}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _same_everywhere(node: object) -> object:
    """The same, whichever Python made it, in JSON Schema's own patterns."""
    if isinstance(node, list):
        return [_same_everywhere(item) for item in node]
    if not isinstance(node, dict):
        return node
    told = {key: _same_everywhere(value) for key, value in node.items()}
    if isinstance(description := told.get("description"), str):
        # A docstring, which Python 3.13 hands over without its indentation.
        told["description"] = inspect.cleandoc(description)
    if isinstance(pattern := told.get("pattern"), str):
        told["pattern"] = pattern.replace(r"\Z", "$")
    return told
