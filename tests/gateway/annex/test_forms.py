"""Annexe 1 for a terminal and for A4."""

from collections.abc import Sequence

import pytest

from gateway.annex.page import WORDS, html_annexes
from gateway.annex.tables import Annex, annexes
from gateway.annex.text import text_annexes
from gateway.commission.example import example_kept
from gateway.language import Language
from tests.gateway.html_page import HtmlPage
from tests.gateway.policy.documents import LEAST, depositor, policy

ATTACK = "'><script>alert(1)</script>"
LONG = "Réseau public d'objets connectés de la ville, avec toutes ses passerelles et leurs antennes, rue des Tilleuls"


def made(language: Language, name: str = "Compteurs") -> Sequence[Annex]:
    lines = (
        f'[[depositor.equipment]]\ndescription = "{name}"\naddress = "{LONG}"\nenergy = "Pile"\nmaintenance = "Régie"\n'
        '[[depositor.contact]]\nrole = "Desk"\nname = "Ida"\nphone = "+33 4 99 00 00 20"\n'
    )
    return annexes(policy(LEAST + depositor("one", lines) + depositor("two")), [example_kept()], WORDS[language])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_text_fits_on_eighty_columns(language: Language) -> None:
    assert max(map(len, text_annexes(made(language), language).splitlines())) <= 80


def test_the_text_has_each_column_by_its_name() -> None:
    text = text_annexes(made("fr"), "fr")
    for column in (*WORDS["fr"].tables.equipment_columns, *WORDS["fr"].tables.furniture_columns):
        assert f"\n{column} " in text


def test_a_telephone_number_stays_on_one_line() -> None:
    assert "+33\N{NO-BREAK SPACE}4\N{NO-BREAK SPACE}99" in text_annexes(made("fr"), "fr")


def test_a_network_without_a_contact_has_the_hosts() -> None:
    contact = '[[convention.contact]]\nrole = "Net"\nname = "Bureau radio"\nphone = "+33 4 99"\n[unknown]'
    known = annexes(policy(LEAST.replace("[unknown]", contact) + depositor()), [example_kept()], WORDS["fr"])
    assert "Contact éventuel       Bureau radio, +33\N{NO-BREAK SPACE}4\N{NO-BREAK SPACE}99" in text_annexes(
        known, "fr"
    )
    page = HtmlPage(html_annexes(known, "fr", "UTC", None)).text
    assert "Bureau radio, +33\N{NO-BREAK SPACE}4" in page


def test_a_table_without_a_line_says_so() -> None:
    nothing = annexes(policy(LEAST + depositor()), [], WORDS["fr"])
    assert text_annexes(nothing, "fr").count("néant") == 3
    assert HtmlPage(html_annexes(nothing, "fr", "UTC", None)).text.count("néant") == 3


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_has_a_sheet_for_each_depositor(language: Language) -> None:
    shown = HtmlPage(html_annexes(made(language), language, "UTC", None))
    assert shown.opened == []
    assert sum(attributes.get("class") == "annex" for _, attributes in shown.elements) == 2
    for column in WORDS[language].tables.equipment_columns:
        assert column in shown.text


def test_what_people_write_is_shown_and_never_run() -> None:
    shown = HtmlPage(html_annexes(made("fr", ATTACK), "fr", "UTC", None))
    assert "script" not in shown.tags
    assert ATTACK in shown.text


def test_a_time_is_told_where_it_is_sure() -> None:
    assert "24 mars 2026" in HtmlPage(html_annexes(made("fr"), "fr", "Europe/Paris", 1_774_360_800)).text.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "ne connaît pas" in HtmlPage(html_annexes(made("fr"), "fr", "Europe/Paris", None)).text
