"""Criteria in words, in both languages."""

import pytest

from gateway.commission.criteria import Conclusion, Key, Source, State, Why
from gateway.commission.findings import WORDS, counted, finding, requirement
from gateway.commission.site import Site
from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.result import Examination, found
from gateway.doctor.wording import wording_of
from gateway.language import Language
from gateway.report.formats import Formats
from gateway.survey.result import SurveyResult
from tests.gateway.commission.scene import ALL_IN_ORDER, SITE, TESTER, changed, examined, heard, of_key, sheet, surveyed


def told(
    key: Key,
    language: Language = "en",
    *,
    site: Site = SITE,
    examination: Examination = ALL_IN_ORDER,
    survey: SurveyResult | None = None,
) -> str:
    made = sheet(site, examination=examination, survey=survey)
    formats = Formats(language, "Europe/Paris")
    criterion = of_key(key, made.criteria)
    return f"{requirement(criterion, formats)} | {finding(criterion, made, formats)}"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_value_has_its_words(language: Language) -> None:
    words = WORDS[language].criteria
    for values, kinds in (
        (words.keys, Key),
        (words.states, State),
        (words.sources, Source),
        (words.whys, Why),
        (words.conclusions, Conclusion),
    ):
        assert set(values) == set(kinds)


def test_failures_and_warnings_are_named() -> None:
    faults = examined(
        found(Check.DISK, Fault.DISK_FULL, free_mb=1, path="/"), found(Check.POWER, Fault.UNDERVOLTAGE_BEFORE)
    )
    titles = wording_of("en").titles
    named = f"| one failure: {titles[Check.DISK]}; to be watched: {titles[Check.POWER]}"
    assert told(Key.DOCTOR, examination=faults).endswith(named)
    assert told(Key.DOCTOR).endswith("| no failure")


def test_a_margin_is_told_with_its_threshold() -> None:
    site, survey = changed(test_device=(TESTER,)), surveyed(heard(margin_db=7.25))
    assert told(Key.DEVICE_MARGIN, site=site, survey=survey) == "Tester: median margin of at least 10 dB | 7.2 dB"
    assert told(Key.DEVICE_MARGIN, "fr", site=site, survey=survey).endswith("| 7,2 dB")


def test_what_was_not_heard_is_told() -> None:
    site = changed(test_device=(TESTER,))
    assert told(Key.DEVICE_LOSS, site=site, survey=surveyed()).endswith("| not heard during the survey")


def test_too_few_messages_are_told_with_what_they_were() -> None:
    site, survey = changed(test_device=(TESTER,)), surveyed(heard(frames=9, lost=0))
    assert told(Key.DEVICE_LOSS, site=site, survey=survey).endswith("| 0%; fewer than 20 uplinks: too few to tell")


def test_persons_are_told_by_their_roles_and_not_by_name() -> None:
    assert told(Key.PERSONS, "fr").endswith("| installation, exploitation du réseau, mobilier")


def test_missing_persons_are_told_by_their_roles() -> None:
    assert told(Key.PERSONS, "fr", site=changed(person=())).endswith(
        "| manque : installation, exploitation du réseau, mobilier"
    )


def test_the_criteria_are_counted() -> None:
    assert counted(sheet(), Formats("en", "UTC")) == "Met: 11. Not met: 0. Not examined: 1."
