"""What is asked on a terminal for a site that no file describes, and where the answers go. Pure."""

import re
from collections.abc import Collection, Mapping

import msgspec

from gateway.commission.site import Site
from gateway.config.reader import Reader
from gateway.language import Language

Tables = Mapping[str, object]
Key = tuple[str, str]
"""A table's name, and that of a key in it; empty where the table as a whole is the answer."""
OWNER: Key = ("gateway", "owner")
POSITION: Key = ("position", "")


class Question(msgspec.Struct, frozen=True):
    """One of them. `key` is where the answer goes: a table's key, or with a `role` a person's name."""

    key: Key
    french: str
    english: str
    required: bool = False
    role: str = ""

    def text(self, language: Language) -> str:
        """The question."""
        return self.french if language == "fr" else self.english


QUESTIONS = (
    Question(("support", "number"), "Numéro du candélabre", "Number of the lamp post", required=True),
    Question(("support", "address"), "Adresse", "Address", required=True),
    Question(("support", "owner"), "Propriétaire du candélabre", "Owner of the lamp post", required=True),
    Question(("support", "maintenance"), "Qui l'entretient", "Who maintains it", required=True),
    Question(("support", "agreement"), "Référence ou date de l'accord du propriétaire", "Owner's agreement: reference"),
    Question(("gateway", "owner"), "Propriétaire de la passerelle", "Owner of the gateway", required=True),
    Question(
        ("gateway", "energy"),
        "Alimentation, et si elle est permanente",
        "Power, and whether day and night",
        required=True,
    ),
    Question(("position", ""), "Position : latitude, longitude (48.12345, 2.12345)", "Position: latitude, longitude"),
    Question(("photo", ""), "Noms des photos, séparés par des virgules", "Names of the photos, separated by commas"),
    Question(("person", ""), "Installateur", "Installer", role="installation"),
    Question(("person", ""), "Responsable de l'exploitation du réseau", "Who operates the network", role="operation"),
    Question(("person", ""), "Responsable du mobilier", "Who is responsible for the furniture", role="furniture"),
)
# A French decimal comma is understood as well: "48,12345 ; 2,12345".
COORDINATES = re.compile(r"\s*(-?[0-9]{1,2}(?:[.,][0-9]+)?)\s*[,; ]\s*(-?[0-9]{1,3}(?:[.,][0-9]+)?)\s*")
OBJECTIONS: Mapping[Language, tuple[str, str]] = {
    "fr": ("De 1 à 200 caractères, sur une ligne.", "Deux nombres de degrés : 48.12345, 2.12345"),
    "en": ("1 to 200 characters, on one line.", "Two numbers of degrees: 48.12345, 2.12345"),
}
"""To a text that will not do, and to a position."""


def to_ask(tables: Tables, *, only_required: bool, known: Collection[Key] = ()) -> tuple[Question, ...]:
    """The questions that the tables leave open; of a file's, only those without which there is no sheet.

    `known` are the keys that something else answers.
    """
    return tuple(
        question
        for question in QUESTIONS
        if (question.required or not only_required) and question.key not in known and not _is_answered(tables, question)
    )


def answered(tables: Tables, question: Question, answer: str) -> Tables:
    """The tables with an answer in them; the same where it is empty."""
    if not answer.strip():
        return tables
    told: dict[str, object] = {"candelabre_site": 1, **tables}
    table, key = question.key
    match table:
        case "position":
            found = COORDINATES.fullmatch(answer)
            told[table] = (
                {"latitude_deg": _degrees(found[1]), "longitude_deg": _degrees(found[2])} if found else answer.strip()
            )
        case "photo":
            told[table] = [{"name": name.strip()} for name in answer.split(",") if name.strip()]
        case "person":
            persons = told.get(table, [])
            added = {"role": question.role, "name": answer.strip()}
            told[table] = [*persons, added] if isinstance(persons, list) else [added]
        case _:
            held = told.get(table, {})
            told[table] = {**(held if isinstance(held, dict) else {}), key: answer.strip()}
    return told


def objection(tables: Tables, question: Question, language: Language) -> str | None:
    """What an answer should be that will not do; None where it will."""
    reader = Reader()
    reader.table(tables, Site, "")
    path = ".".join(filter(None, question.key))
    if not any(problem.path.startswith(path) and problem.found is not None for problem in reader.problems):
        return None
    of_text, of_position = OBJECTIONS[language]
    return of_position if question.key == POSITION else of_text


def _degrees(number: str) -> float:
    return float(number.replace(",", "."))


def _is_answered(tables: Tables, question: Question) -> bool:
    table, key = question.key
    held = tables.get(table)
    if question.role:
        return isinstance(held, list) and any(
            isinstance(each, Mapping) and each.get("role") == question.role for each in held
        )
    return held is not None if not key else isinstance(held, Mapping) and key in held
