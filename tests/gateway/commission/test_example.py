"""docs/commission/ is what the command makes of the example."""

import json
from pathlib import Path

import msgspec
import pytest

from gateway.commission.example import DIRECTORY, documents, example_sheet
from gateway.commission.sheet import Sheet

ROOT = Path(__file__).parents[3]
DOCUMENTS = documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_up_to_date(name: str) -> None:
    written = (ROOT / DIRECTORY / name).read_text()
    assert written == DOCUMENTS[name], "python -m gateway.commission.example writes them anew"


def test_nothing_else_is_generated() -> None:
    assert {path.name for path in (ROOT / DIRECTORY).iterdir() if path.suffix != ".png"} == set(DOCUMENTS)


def test_the_page_of_the_documentation_names_them() -> None:
    text = (ROOT / "docs" / "commission.md").read_text()
    for name in DOCUMENTS:
        assert f"commission/{name}" in text


def test_the_json_form_is_the_sheet() -> None:
    assert msgspec.json.decode(DOCUMENTS["example.json"], type=Sheet) == example_sheet("fr")


def test_the_schema_knows_every_part_of_it() -> None:
    schema = json.loads(DOCUMENTS["sheet.schema.json"])
    assert set(schema["$defs"]["Sheet"]["properties"]) == set(json.loads(DOCUMENTS["example.json"]))
