"""Each fault, brought about: doctor finds it, and says of it what the documentation shows."""

from pathlib import Path

import pytest

from gateway.doctor.fault import WARNINGS, Fault
from gateway.doctor.result import Grade
from gateway.doctor.wording import told, wording_of
from gateway.language import Language
from tests.gateway.doctor.faults_page import PAGE, play, row
from tests.gateway.doctor.scene import SCENES


def test_every_fault_can_be_brought_about() -> None:
    assert set(SCENES) == set(Fault)


@pytest.mark.parametrize("fault", Fault)
def test_it_is_found_and_said_as_the_documentation_shows(fault: Fault, tmp_path: Path) -> None:
    result = play(fault, tmp_path)
    assert result.grade is (Grade.WARN if fault in WARNINGS else Grade.FAIL)
    assert row(result) in PAGE.read_text(encoding="utf-8").splitlines()
    for language in ("fr", "en"):
        _is_whole(fault, language, tmp_path, told(result, wording_of(language)).says)


def _is_whole(fault: Fault, language: Language, directory: Path, says: str) -> None:
    """Nothing of the test shows through, and no brace is left open."""
    assert str(directory) not in says, (fault, language)
    assert "{" not in says


def test_the_page_has_each_fault_once() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in rows] == [str(fault) for fault in Fault]
