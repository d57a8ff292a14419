"""What the command says at its end, on a terminal of 80 columns."""

from pathlib import Path

import pytest

from gateway.commission.example import example_sheet
from gateway.commission.terminal import lines
from gateway.language import Language
from tests.gateway.commission.scene import changed, sheet, support

FILES = (Path("sheet.html"), Path("sheet.json"))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_fits_on_eighty_columns(language: Language) -> None:
    told = lines(example_sheet(language), language, FILES)
    assert max(map(len, told)) <= 80
    assert told[-1].endswith("sheet.json")


def test_a_criterion_that_is_not_met_says_so_in_words() -> None:
    told = lines(sheet(changed(photo=())), "fr", FILES)
    assert " ✗ Photos du site nommées. Non rempli - aucune photo" in told


def test_a_finding_that_does_not_fit_beside_its_criterion_stands_below_it() -> None:
    told = lines(sheet(support(number="7", owner="Ville", agreement=None)), "fr", FILES)
    assert " ✓ Accord du propriétaire du mobilier" in told
    assert "     sans objet\N{NO-BREAK SPACE}: mobilier du propriétaire de la passerelle" in told


def test_a_terminal_without_unicode_gets_other_signs() -> None:
    told = lines(sheet(changed(photo=())), "en", FILES, ascii_only=True)
    assert " X Photos of the site named. Not met - no photo" in told
    assert " + Position known - 48.10000°, 2.10000°" in told
