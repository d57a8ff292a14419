"""The page: that it stands alone, says what the report holds, and runs nothing that anybody put into a name."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from gateway.link.evidence.records import TrafficRecord
from gateway.link.incident import EventKind, IncidentKind
from gateway.link.months.tally import DeviceMonth, MonthTally
from gateway.link.state import State
from gateway.policy.document import Language
from gateway.policy.outcome import Outcome
from gateway.report.example import example_report
from gateway.report.month import MonthReport, Parties, month_report
from gateway.report.page import html_report
from gateway.report.problems import Told
from gateway.report.reading import Missing
from gateway.report.tables import MOST_ROWS
from tests.gateway.report.scene import BEGIN_MS, DAY_MS, HOUR_MS, MARCH, Log, incident, link, started

EXAMPLE = example_report()
VOID = {"meta", "br", "col"}
ATTACK = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' onmouseover='alert(3)"


class Page(HTMLParser):
    """The page as a browser reads it: its elements, and its text without the style."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.opened: list[str] = []
        self.text = ""
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.opened[-1:] != ["style"]:
            self.text += data


def page(report: MonthReport = EXAMPLE, language: Language = "fr") -> Page:
    return Page(html_report(report, language))


def report_of(log: Log, tally: MonthTally | None = None, **parties: str) -> MonthReport:
    told = msgspec.convert({"depositor": "metropole"} | parties, Parties)
    return month_report(log.found, tally, MARCH, told, key_id="5f0c2d9a", made_unix_s=None)


def attacked() -> MonthReport:
    """The example with the same text wherever people write one."""
    groups = dict.fromkeys(EXAMPLE.parties.groups, ATTACK)
    names = dict.fromkeys(("depositor_name", "host_name", "convention", "gateway"), ATTACK)
    parties = msgspec.structs.replace(EXAMPLE.parties, groups=groups, **names)
    replace = msgspec.structs.replace
    problems = [replace(each, id=ATTACK, reason=ATTACK, told=(Told(ATTACK, 1),)) for each in EXAMPLE.problems]
    works = [replace(work, reason=ATTACK) for work in EXAMPLE.works]
    own = [replace(each, id=ATTACK, digest=ATTACK) for each in EXAMPLE.own_reports]
    changes = [replace(change, digest=ATTACK) for change in EXAMPLE.policy_changes]
    devices = [replace(row, group=ATTACK, dev_eui=ATTACK) for row in EXAMPLE.devices]
    return replace(
        EXAMPLE,
        parties=parties,
        problems=tuple(problems),
        works=tuple(works),
        own_reports=tuple(own),
        policy_changes=tuple(changes),
        devices=tuple(devices),
    )


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_people_write_is_shown_and_never_run(language: Language) -> None:
    shown, plain = page(attacked(), language), page(EXAMPLE, language)
    assert {tag for tag, _ in shown.elements} == {tag for tag, _ in plain.elements}
    names = {name for _, attributes in shown.elements for name in attributes}
    assert not any(name.startswith("on") for name in names)
    told = len(EXAMPLE.problems) * 3 + len(EXAMPLE.works) + 2 * len(EXAMPLE.own_reports)
    assert shown.text.count("<script>alert(1)</script>") >= told


@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_needs_nothing_from_elsewhere_and_forbids_it(language: Language) -> None:
    content = html_report(EXAMPLE, language)
    shown = Page(content)
    assert not {tag for tag, _ in shown.elements} & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
    }
    assert not {name for _, attributes in shown.elements for name in attributes} & {"src", "href", "action"}
    assert re.findall(r"url\((?!#)|@import|https?:", content) == []
    assert (
        "meta",
        {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"},
    ) in (shown.elements)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_element_is_closed_and_the_language_told(language: Language) -> None:
    shown = page(language=language)
    assert shown.opened == []
    assert ("html", {"lang": language}) in shown.elements


def test_every_pattern_that_is_used_is_there_once() -> None:
    content = html_report(EXAMPLE, "fr")
    ids = re.findall(r'id="(\w+)"', content)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r"url\(#(\w+)\)", content)) <= set(ids)


def test_french_marks_have_a_space_that_does_not_break() -> None:
    assert re.findall(r"\w+ [:;?!%»]", page().text) == []
    assert "Ce rapport dit" in page().text


def test_it_prints_on_a4_with_heads_on_each_page() -> None:
    content = html_report(EXAMPLE, "fr")
    assert "@page { size: A4;" in content
    assert "thead { display: table-header-group; }" in content


@pytest.mark.parametrize(
    ("language", "means"), [("fr", "mobilisation de moyens et non de résultats"), ("en", "means, and not to results")]
)
def test_it_promises_no_result(language: Language, means: str) -> None:
    text = page(language=language).text
    assert means in text
    assert not re.search(r"garanti(e|t|ssons) (un|une|la|le) |guarantees", text)


def test_it_says_how_to_verify_it() -> None:
    text = page().text
    assert EXAMPLE.evidence.head is not None
    assert f"--head '{EXAMPLE.evidence.head}'" in text
    assert "candelabre evidence verify metropole-2026-03.evidence --key gateway.pub.pem" in text


def test_states_are_told_in_words_as_well_as_drawn() -> None:
    text = page().text
    for words in ("En service", "Perturbée", "Interrompue", "Suspendue", "Passerelle arrêtée", "Non connu"):
        assert words in text


def test_very_many_rows_are_cut_and_counted() -> None:
    devices = {f"E{number:016X}": DeviceMonth(dev_eui=number, heard=5_000 - number) for number in range(1, 1_235)}
    tally = MonthTally("metropole", "2026-03", devices, devices_left_out=7)
    report = report_of(Log(), tally)
    shown = page(report)
    assert shown.text.count("000000000000") == MOST_ROWS
    assert "et 1\N{NARROW NO-BREAK SPACE}034 de plus" in shown.text
    assert "pour être listés, non compris ici\N{NO-BREAK SPACE}: 7." in shown.text
    assert len(report.devices) == 1_234


def test_a_month_without_anything_is_told_without_anything() -> None:
    text = page(report_of(Log())).text
    for words in (
        "aucun temps connu",
        "Aucun incident n'a été constaté",
        "Aucun message de vos équipements n'a été compté",
        "Le décompte par équipement de ce mois n'existe pas",
        "Le journal de preuves ne contient rien",
        "Établi à une date que la passerelle ne connaît pas",
        "ce rapport est provisoire",
    ):
        assert words in text


def test_what_is_not_proven_is_told() -> None:
    log = Log().then(Missing(1, 40)).add(HOUR_MS, started()).add(2 * HOUR_MS, link(State.UP, HOUR_MS))
    log.then(Missing(43, 50)).add(DAY_MS, link(State.UP, DAY_MS)).then(Missing(52, None))
    text = page(report_of(log), "en").text
    assert "Entries 1 to 40, of before 1\N{NO-BREAK SPACE}March" in text
    assert "Not proven: entries 43 to 50, between 1\N{NO-BREAK SPACE}March" in text
    assert "Not proven: all entries from 52 on" in text
    assert "No entry is missing" not in text


def test_a_gap_of_another_month_is_not_told() -> None:
    log = Log().add(-9 * DAY_MS, started()).then(Missing(2, 4)).add(-8 * DAY_MS, link(State.UP, -8 * DAY_MS))
    assert report_of(log.add(32 * DAY_MS, started())).evidence.not_proven == ()


def test_what_was_observed_is_told_as_passed_on() -> None:
    record = TrafficRecord(
        lasted_ms=HOUR_MS, begin_unix_ms=BEGIN_MS, heard=9, forwarded=9, over_limits={Outcome.DAILY_UPLINKS: 4}
    )
    text = page(report_of(Log().add(HOUR_MS, record)), "en").text
    assert "Beyond the limits, passed on all the same" in text
    assert "The agreed uplinks of 24 hours are used up" in text


@pytest.mark.parametrize("kind", IncidentKind)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_kind_of_incident_can_be_told(kind: IncidentKind, language: Language) -> None:
    report = report_of(Log().add(HOUR_MS, incident(EventKind.OPENED, 0, HOUR_MS, kind=kind)))
    assert "a1" in page(report, language).text
