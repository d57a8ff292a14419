"""Annexe 1 as plain text of 80 columns: seven columns do not fit, so each line of a table is a block. Pure."""

import textwrap
from collections.abc import Iterator, Sequence

import msgspec

from gateway.annex.page import WORDS, contact_line, unbroken
from gateway.annex.tables import Annex, NetworkRow, Person
from gateway.annex.words import AnnexWords
from gateway.language import Language
from gateway.notices.layout import one_line, with_spaces
from gateway.report.formats import NO_VALUE
from gateway.report.formats import WORDS as REPORT_WORDS

WIDTH = 80


def text_annexes(annexes: Sequence[Annex], language: Language) -> str:
    """Annexe 1 for a terminal or a mail."""
    words = WORDS[language]
    told = "\n".join(line for annex in annexes for line in _annex(annex, words))
    return with_spaces(told, REPORT_WORDS[language].spaced) + "\n"


def _annex(annex: Annex, words: AnnexWords) -> Iterator[str]:
    yield from ("=" * WIDTH, *_wrapped(words.title, ""))
    yield from (*_wrapped(annex.convention, ""), words.from_policy.format(serial=annex.policy_serial))
    yield from ("", *_field(words.host, annex.host, len(words.host)))
    yield from _field(words.depositor, annex.depositor, len(words.host))
    yield from _contacts(words.host_contact, annex.host_contacts, words)
    yield from _contacts(words.depositor_contact, annex.depositor_contacts, words)
    fallback = contact_line(annex.host_contacts)
    networks = [NetworkRow(row.description, row.contact or fallback) for row in annex.tables.networks]
    tables = words.tables
    yield from _table(tables.equipment, tables.equipment_columns, annex.tables.equipment, words)
    yield from _table(tables.furniture, tables.furniture_columns, annex.tables.furniture, words)
    yield from _table(tables.networks, tables.network_columns, networks, words)
    yield ""


def _contacts(title: str, persons: Sequence[Person], words: AnnexWords) -> Iterator[str]:
    yield from ("", *_wrapped(title, ""))
    for person in persons:
        told = (person.role, person.name, person.email, unbroken(person.phone))
        yield from _wrapped("- " + ", ".join(filter(None, told)), "  ")
    if not persons:
        yield f"  {words.none_named}"


def _table(title: str, columns: Sequence[str], rows: Sequence[msgspec.Struct], words: AnnexWords) -> Iterator[str]:
    yield from ("", title, "-" * len(title))
    if not rows:
        yield words.nothing_listed
    widest = max(map(len, columns))
    for number, row in enumerate(rows):
        if number:
            yield ""
        for column, value in zip(columns, msgspec.structs.astuple(row), strict=True):
            yield from _field(column, value or NO_VALUE, widest)


def _field(name: str, value: str, widest: int) -> Iterator[str]:
    """A column's name and its value, whose further lines stand below it."""
    yield from _wrapped(f"{name:<{widest}}  {one_line(value)}", " " * (widest + 2))


def _wrapped(content: str, indent: str) -> list[str]:
    return textwrap.wrap(content, WIDTH, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True) or [""]
