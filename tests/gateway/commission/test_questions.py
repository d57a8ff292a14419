"""What is asked on a terminal, and where the answers go."""

from collections.abc import Mapping

import pytest

from gateway.commission.questions import OWNER, POSITION, QUESTIONS, Question, answered, objection, to_ask
from gateway.commission.site_reading import site_of

ANSWERS = (
    "ECL-7",
    "1 rue Haute",
    "Ville",
    "Régie",
    "",
    "Ville",
    "230 V",
    "48.1, -2.5",
    "a.jpg, b.jpg",
    "Ida",
    "Otto",
    "",
)


def of(*key: str) -> Question:
    return next(question for question in QUESTIONS if question.key == key)


def all_answered() -> Mapping[str, object]:
    tables: Mapping[str, object] = {}
    for question, answer in zip(QUESTIONS, ANSWERS, strict=True):
        tables = answered(tables, question, answer + "\n")
    return tables


def test_the_answers_are_a_site() -> None:
    site = site_of(all_answered(), "answers")
    assert (site.support.number, site.support.agreement, site.gateway.energy) == ("ECL-7", None, "230 V")
    assert site.position is not None
    assert (site.position.latitude_deg, site.position.longitude_deg) == (48.1, -2.5)
    assert [photo.name for photo in site.photo] == ["a.jpg", "b.jpg"]
    assert [(person.role, person.name) for person in site.person] == [("installation", "Ida"), ("operation", "Otto")]


def test_nothing_is_asked_twice() -> None:
    left = to_ask(all_answered(), only_required=False)
    assert [(question.key[1], question.role) for question in left] == [("agreement", ""), ("", "furniture")]


def test_of_a_file_only_what_no_sheet_can_be_without_is_asked() -> None:
    asked = to_ask({"support": {"number": "7"}}, only_required=True, known={OWNER})
    assert [question.key for question in asked] == [
        ("support", "address"),
        ("support", "owner"),
        ("support", "maintenance"),
        ("gateway", "energy"),
    ]


def test_a_position_that_is_known_is_not_asked_for() -> None:
    assert of("position", "") in to_ask({}, only_required=False)
    assert of("position", "") not in to_ask({}, only_required=False, known={POSITION})


@pytest.mark.parametrize("answer", ["somewhere", "91.5, 2", "48.1"])
def test_a_position_that_is_none_is_objected_to(answer: str) -> None:
    question = of("position", "")
    assert objection(answered({}, question, answer), question, "fr") == "Deux nombres de degrés : 48.12345, 2.12345"


@pytest.mark.parametrize("answer", ["48.1, 2.5", "48.1 2.5", "48.1;2.5", "48,1 ; 2,5", "48,1, 2,5", "48,1 2,5"])
def test_a_position_may_be_written_in_several_ways(answer: str) -> None:
    question = of("position", "")
    tables = answered({}, question, answer)
    assert tables["position"] == {"latitude_deg": 48.1, "longitude_deg": 2.5}
    assert objection(tables, question, "fr") is None


def test_what_is_missing_elsewhere_is_no_objection() -> None:
    question = of("support", "number")
    assert objection(answered({}, question, "7"), question, "en") is None


def test_an_answer_that_no_sheet_can_show_is_objected_to() -> None:
    question = of("support", "number")
    assert objection(answered({}, question, "7\x1b[2J"), question, "en") == "1 to 200 characters, on one line."


def test_an_answer_does_not_change_the_tables_that_it_was_given() -> None:
    before: Mapping[str, object] = {"person": [{"role": "operation", "name": "Otto"}]}
    question = next(question for question in QUESTIONS if question.role == "installation")
    answered(before, question, "Ida")
    assert before == {"person": [{"role": "operation", "name": "Otto"}]}
