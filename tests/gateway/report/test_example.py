"""docs/report/ is what the command makes of the example."""

from pathlib import Path

import pytest

from gateway.report.example import DIRECTORY, documents

ROOT = Path(__file__).parents[3]
DOCUMENTS = documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_up_to_date(name: str) -> None:
    written = (ROOT / DIRECTORY / name).read_text()
    assert written == DOCUMENTS[name], "python -m gateway.report.example writes them anew"


def test_nothing_else_is_generated() -> None:
    assert {path.name for path in (ROOT / DIRECTORY).iterdir() if path.suffix != ".png"} == set(DOCUMENTS)


def test_the_page_of_the_documentation_names_them() -> None:
    text = (ROOT / "docs" / "report.md").read_text()
    for name in DOCUMENTS:
        assert f"report/{name}" in text
