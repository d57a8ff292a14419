"""The guides show what doctor prints."""

from pathlib import Path

import pytest

from gateway.language import Language
from tests.gateway.doctor.example import screen

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("language", "page"), [("fr", "docteur.fr.md"), ("en", "doctor.md")])
def test_the_screen_of_the_guide_is_what_doctor_prints(language: Language, page: str) -> None:
    assert f"```\n{screen(language)}\n```" in (DOCS / page).read_text(encoding="utf-8")
