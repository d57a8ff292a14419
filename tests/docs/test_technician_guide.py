"""docs/technicien.fr.md and technician.en.md: their screens are the program's, and both say the same."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from gateway.console.english import ENGLISH
from gateway.console.french import FRENCH
from gateway.console.words import Words
from gateway.doctor.result import Grade
from gateway.doctor.wording import wording_of
from gateway.language import Language
from gateway.setup.words import WORDS as SETUP_WORDS
from tests.docs.pages import DOCS, blocks, rows, text_of
from tests.docs.test_commands import mentioned, typed

PAGES: Mapping[Language, Path] = {"fr": DOCS / "technicien.fr.md", "en": DOCS / "technician.en.md"}
QUOTES: Mapping[Language, str] = {"fr": "« ([^»]+) »", "en": '"([^"]+)"'}
CONSOLE: Mapping[Language, Words] = {"fr": FRENCH, "en": ENGLISH}
COLUMNS = 80
NO_BREAK = "\N{NO-BREAK SPACE}"

languages = pytest.mark.parametrize("language", ["fr", "en"])


def page_of(language: Language) -> str:
    return text_of(PAGES[language])


def faults_of(language: Language) -> list[str]:
    """The faults that the guide's table quotes, by doctor's own names of them."""
    _, french, english = 0, 2, 3
    column = french if language == "fr" else english
    told = [
        (cells[0].strip("`"), cells[column].replace("**", "")) for cells in rows(text_of(DOCS / "doctor-faults.md"))
    ]
    found = []
    for cells in rows(page_of(language)):
        quoted = re.match(QUOTES[language], cells[0])
        of_doctor = [name for name, text in told if quoted and quoted[1] in text.split("<br>")[0]]
        if of_doctor:
            found.append(of_doctor[0])
    return found


def said(words: object) -> Iterator[str]:
    """Every text in a table of words."""
    if isinstance(words, str):
        yield words.replace(NO_BREAK, " ")
    elif isinstance(words, Mapping):
        yield from (text for value in words.values() for text in said(value))
    elif isinstance(words, list | tuple):
        yield from (text for value in words for text in said(value))
    elif isinstance(words, msgspec.Struct):
        yield from said(msgspec.structs.asdict(words))


@languages
def test_whatever_is_quoted_is_something_that_the_program_says(language: Language) -> None:
    told = [text for words in (CONSOLE[language], wording_of(language), SETUP_WORDS[language]) for text in said(words)]
    sentences = re.sub(r"```.*?```", "", page_of(language), flags=re.DOTALL)
    quoted = [quote.removesuffix("…").strip() for quote in re.findall(QUOTES[language], sentences)]
    of_faults = text_of(DOCS / "doctor-faults.md")
    assert [each for each in quoted if each not in of_faults and not any(each in text for text in told)] == []
    assert len(quoted) > 15


@languages
def test_ten_faults_are_quoted_as_doctor_says_them(language: Language) -> None:
    assert len(faults_of(language)) == 10


def test_both_languages_have_the_same_faults_in_the_same_order() -> None:
    assert faults_of("fr") == faults_of("en")


def test_both_languages_have_the_same_commands_in_the_same_order() -> None:
    def commands(language: Language) -> list[list[str]]:
        """Without the values of options, which are words of the language."""
        page = PAGES[language]
        return [
            [word for word in words if word[0] == "-" or word.isalpha()] for words in [*typed(page), *mentioned(page)]
        ]

    other = {"fr", "en"}
    assert [[w for w in words if w not in other] for words in commands("fr")] == [
        [w for w in words if w not in other] for words in commands("en")
    ]


@languages
def test_screens_and_commands_fit_into_eighty_columns(language: Language) -> None:
    assert [line for block in blocks(page_of(language)) for line in block.splitlines() if len(line) > COLUMNS] == []


@languages
def test_the_screens_are_in_the_program_s_words(language: Language) -> None:
    page = "\n".join(blocks(page_of(language))).replace(NO_BREAK, " ")
    words, doctor, setup = CONSOLE[language], wording_of(language), SETUP_WORDS[language]
    status, survey = words.status, words.survey
    shown = [
        *(status.radio, status.traffic, status.servers, status.clock, status.policy, status.store, status.version),
        *(status.broker, status.links, status.store_empty, status.no_gnss, status.not_synchronised),
        words.watch.incidents,
        *(words.watch.columns + survey.columns),
        *(survey.legend[0], survey.legend[1]),
        *(doctor.service_rests, doctor.cause.strip(), doctor.gesture.strip()),
        *(setup.to_register, setup.next_steps, setup.questions["board"].asks, setup.questions["server.host"].asks),
        doctor.verdicts[Grade.WARN].split("{")[0],
    ]
    squeezed = re.sub(r"\s+", " ", page)
    assert [text for text in shown if re.sub(r"\s+", " ", text.replace(NO_BREAK, " ")) not in squeezed] == []
