"""Annexe 1 as one HTML file that prints on A4, a set of tables for each depositor. Pure."""

from collections.abc import Callable, Sequence

import msgspec

from gateway.annex.english import ENGLISH
from gateway.annex.french import FRENCH
from gateway.annex.tables import Annex, NetworkRow, Person, Tables
from gateway.annex.words import AnnexWords
from gateway.language import Language
from gateway.report.formats import NO_BREAK, NO_VALUE, Formats
from gateway.report.html_file import html_file
from gateway.report.markup import Html, element, joined
from gateway.report.tables import Column, paragraph, table

WORDS: dict[Language, AnnexWords] = {"fr": FRENCH, "en": ENGLISH}
MS_PER_S = 1000
STYLE = """
section.annex + section.annex { break-before: page; }
table.annexe1 { table-layout: fixed; }
table.annexe1 th, table.annexe1 td { padding: 5px 6px; border: 1px solid var(--line); overflow-wrap: anywhere;
  hyphens: auto; }
table.annexe1 thead th { background: var(--band); color: var(--ink); border-color: var(--soft); }
"""
_EQUIPMENT_WIDTHS = ("20%", "17%", "13%", "12%", "13%", "12.5%", "12.5%")
_FURNITURE_WIDTHS = ("21%", "23%", "16%", "17%", "23%")
_NETWORK_WIDTHS = ("62%", "38%")


def html_annexes(annexes: Sequence[Annex], language: Language, timezone: str, made_unix_s: int | None) -> str:
    """Annexe 1 for people."""
    formats, words = Formats(language, timezone), WORDS[language]
    parts = (_annex(annex, formats, words, made_unix_s) for annex in annexes)
    return html_file(language, formats.plain(words.title), parts, STYLE)


def tables_part(tables: Tables, formats: Formats, fallback_contact: str = "") -> Html:
    """The three tables. `fallback_contact` stands where a network has no contact of its own."""
    words = WORDS[formats.language].tables
    networks = [
        NetworkRow(row.description, row.contact or fallback_contact) if fallback_contact else row
        for row in tables.networks
    ]
    return joined(
        [
            _titled(words.equipment, words.equipment_columns, _EQUIPMENT_WIDTHS, tables.equipment, formats),
            _titled(words.furniture, words.furniture_columns, _FURNITURE_WIDTHS, tables.furniture, formats),
            _titled(words.networks, words.network_columns, _NETWORK_WIDTHS, networks, formats),
        ]
    )


def contact_line(contacts: Sequence[Person]) -> str:
    """Contacts in one cell."""
    return "; ".join(", ".join(filter(None, (each.name, each.email, unbroken(each.phone)))) for each in contacts)


def unbroken(phone: str) -> str:
    """A telephone number that stays on one line."""
    return phone.replace(" ", NO_BREAK)


def _annex(annex: Annex, formats: Formats, words: AnnexWords, made_unix_s: int | None) -> Html:
    made = words.made_unknown
    if made_unix_s is not None:
        made = words.made.format(moment=formats.moment(made_unix_s * MS_PER_S))
    policy = words.from_policy.format(serial=annex.policy_serial)
    head = element(
        "header",
        {},
        paragraph(formats.quoted(annex.convention), "eyebrow"),
        element("h1", {}, formats.plain(words.title)),
        paragraph(formats.plain(words.subtitle), "lead"),
        element(
            "dl",
            {"class": "parties"},
            element("dt", {}, formats.plain(words.host)),
            element("dd", {}, formats.quoted(annex.host)),
            element("dt", {}, formats.plain(words.depositor)),
            element("dd", {}, formats.quoted(annex.depositor)),
        ),
        paragraph(formats.plain(f"{made}. {policy}."), "note"),
    )
    contacts = joined(
        [
            _contacts(words.host_contact, annex.host_contacts, formats, words),
            _contacts(words.depositor_contact, annex.depositor_contacts, formats, words),
        ]
    )
    tables = tables_part(annex.tables, formats, contact_line(annex.host_contacts))
    return element("section", {"class": "annex"}, head, contacts, tables)


def _contacts(title: str, persons: Sequence[Person], formats: Formats, words: AnnexWords) -> Html:
    if not persons:
        content = paragraph(formats.plain(words.none_named), "note")
    else:
        content = _table(words.contact_columns, ("26%", "28%", "28%", "18%"), persons, formats)
    return element("div", {"class": "together"}, element("h3", {}, formats.plain(title)), content)


def _titled(
    title: str, columns: Sequence[str], widths: Sequence[str], rows: Sequence[msgspec.Struct], formats: Formats
) -> Html:
    heading = element("h3", {}, formats.plain(title))
    if not rows:
        return joined([heading, paragraph(formats.plain(WORDS[formats.language].nothing_listed), "note")])
    return joined([heading, _table(columns, widths, rows, formats)])


def _table(columns: Sequence[str], widths: Sequence[str], rows: Sequence[msgspec.Struct], formats: Formats) -> Html:
    shown = [Column(name, width=width) for name, width in zip(columns, widths, strict=True)]
    return table(formats, shown, rows, _cells(formats), kind="annexe1")


def _cells(formats: Formats) -> Callable[[msgspec.Struct], list[Html]]:
    def cells(row: msgspec.Struct) -> list[Html]:
        values = msgspec.structs.astuple(row)
        return [formats.quoted(value) if value else formats.plain(NO_VALUE) for value in values]

    return cells
