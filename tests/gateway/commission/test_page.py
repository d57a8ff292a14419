"""The sheet's page: that it stands alone, says what the sheet holds, and runs nothing that anybody wrote."""

import re

import msgspec
import pytest

from gateway.commission.example import example_sheet
from gateway.commission.page import html_sheet
from gateway.commission.sheet import Sheet
from gateway.commission.site import PersonTable, PhotoTable, SurveyedDeviceTable
from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.result import found
from gateway.language import Language
from tests.gateway.commission.scene import FACTS, SITE, TESTER, changed, examined, heard, sheet, support, surveyed
from tests.gateway.html_page import HtmlPage

ATTACK = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' onmouseover='alert(3)"
LANGUAGES: tuple[Language, ...] = ("fr", "en")


def page(shown: Sheet, language: Language = "fr") -> HtmlPage:
    return HtmlPage(html_sheet(shown, language))


def attacked() -> Sheet:
    """A sheet with the same text wherever people write one."""
    replace = msgspec.structs.replace
    names = ("number", "address", "owner", "maintenance", "type", "agreement")
    site = changed(
        support=replace(SITE.support, **dict.fromkeys(names, ATTACK)),
        gateway=replace(SITE.gateway, **dict.fromkeys(("energy", "description", "owner", "maintenance"), ATTACK)),
        photo=(PhotoTable(ATTACK, ATTACK),),
        person=(PersonTable("installation", ATTACK, ATTACK, ATTACK, ATTACK),),
        test_device=(SurveyedDeviceTable(ATTACK, ATTACK, dev_eui="00005EEF10000001"),),
    )
    facts = replace(FACTS, name=ATTACK, region_plan=ATTACK, servers=(ATTACK,), program=ATTACK)
    told = found(Check.SERVER, Fault.SERVER_UNREACHABLE, ATTACK, host=ATTACK, port=1, problem=ATTACK, address=ATTACK)
    made = sheet(site, facts, examined(told), surveyed(heard()))
    return replace(made, agreement=replace(made.agreement, host=ATTACK, convention=ATTACK))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_write_is_shown_and_never_run(language: Language) -> None:
    shown, plain = page(attacked(), language), page(example_sheet(language), language)
    assert shown.tags <= plain.tags
    assert not any(name.startswith("on") for name in shown.attributes)
    assert shown.text.count("<script>alert(1)</script>") > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_needs_nothing_from_elsewhere_and_forbids_it(language: Language) -> None:
    content = html_sheet(example_sheet(language), language)
    shown = HtmlPage(content)
    assert not shown.tags & {"script", "img", "link", "iframe", "object", "embed", "base", "form"}
    assert not shown.attributes & {"src", "href", "action"}
    assert re.findall(r"url\((?!#)|@import|https?:", content) == []
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": policy}) in shown.elements


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_element_is_closed_and_the_language_told(language: Language) -> None:
    shown = page(example_sheet(language), language)
    assert shown.opened == []
    assert ("html", {"lang": language}) in shown.elements


def test_the_same_sheet_is_the_same_page() -> None:
    assert html_sheet(example_sheet("fr"), "fr") == html_sheet(example_sheet("fr"), "fr")


def test_french_marks_have_a_space_that_does_not_break() -> None:
    assert re.findall(r"\w+ [:;?!%»]", page(example_sheet("fr")).text) == []


def test_the_columns_are_those_of_the_convention() -> None:
    text = page(sheet()).text
    for titles in (
        (
            "Description",
            "Adresse",
            "Propriété",
            "Énergie",
            "Resp. Maintenance",
            "Partie accueillante",
            "Partie déposante",
        ),
        ("Type", "Adresse", "Propriété", "Resp. Maintenance", "Équipement accueilli"),
    ):
        assert "".join(titles) in text


def test_a_gateway_on_anothers_furniture_is_deposited_there() -> None:
    (row,) = sheet().tables.equipment
    assert (row.host, row.depositor, row.owner) == ("Métropole", "Ville", "Ville")


def test_on_ones_own_furniture_nobody_deposits() -> None:
    (row,) = sheet(support(owner="Ville")).tables.equipment
    assert (row.host, row.depositor) == ("Ville", "")


def test_the_eui_is_there_to_be_read_and_to_be_scanned() -> None:
    shown = page(sheet())
    assert "AA555A0000000101" in shown.text
    assert sum(attributes.get("class") == "qr" for _, attributes in shown.elements) == 1


def test_without_an_eui_there_is_no_code() -> None:
    shown = page(sheet(facts=msgspec.structs.replace(FACTS, eui="")))
    assert not any(attributes.get("class") == "qr" for _, attributes in shown.elements)
    assert "EUI inconnu" in shown.text


def test_a_time_that_nobody_is_sure_of_is_left_to_be_written_by_hand() -> None:
    assert "à porter à la main" in page(sheet(made_unix_s=None)).text
    assert "Établie le 24 mars 2026 à 15 h 00 (Europe/Paris)" in page(sheet()).text.replace("\N{NO-BREAK SPACE}", " ")


def test_other_peoples_devices_are_counted_and_not_shown() -> None:
    other = heard(device="00005EEF100000AA", dev_addr="26011AAA")
    shown = sheet(changed(test_device=(TESTER,)), survey=surveyed(heard(), other))
    text = page(shown).text
    assert "00005EEF10000001" in text
    assert "00005EEF100000AA" not in text
    assert "26011AAA" not in str(shown)
    assert "non détaillés ici\N{NO-BREAK SPACE}: 1." in text


def test_a_fault_is_told_with_what_to_do_next() -> None:
    fault = found(Check.RESET_LINE, Fault.RESET_PIN_UNKNOWN)
    assert "À faire\N{NO-BREAK SPACE}: " in page(sheet(examination=examined(fault))).text


@pytest.mark.parametrize(
    ("language", "means"), [("fr", "mobilisation de moyens et non de résultats"), ("en", "means, and not to results")]
)
def test_it_promises_no_result(language: Language, means: str) -> None:
    assert means in page(sheet(), language).text


def test_there_is_room_for_both_signatures() -> None:
    text = page(sheet()).text
    assert text.count("Signature") >= 3
    assert "Pour la partie accueillante" in text
    assert "Pour le propriétaire du mobilier" in text
