"""What an officer of a town hall reads of a link."""

import datetime
import zoneinfo

import pytest

from gateway.link.messages import Sentence
from gateway.link.sentences import SENTENCES, sentence_of
from gateway.link.state import RULES, Condition, Detail, State

PARIS = zoneinfo.ZoneInfo("Europe/Paris")
TEXTS = [text for sentence in SENTENCES.values() for text in (sentence.fr, sentence.en)]
JARGON = (
    "LoRa",
    "MQTT",
    "broker",
    "SPI",
    "GNSS",
    "NTP",
    "IP",
    "CPU",
    "log",
    "firmware",
    "concentrat",
    "uplink",
    "disk",
)
PROMISES = ("garanti", "guarant", "promis", "will be", "sera ", "seront", "bientôt", "soon", "certain")


def condition(detail: Detail, until_unix_s: int | None = None, reason: str | None = None) -> Condition:
    return Condition(RULES[detail].state, RULES[detail].cause, detail, 0, 0, reason, until_unix_s)


def unix_s(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime.datetime(year, month, day, hour, minute, tzinfo=PARIS).timestamp())


def test_everything_that_can_be_told_has_a_sentence_of_its_own() -> None:
    assert set(SENTENCES) == set(Detail)
    assert len(set(TEXTS)) == 2 * len(Detail)


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_short_and_whole(text: str) -> None:
    assert len(text) <= 230
    assert text[0].isupper()
    assert text.endswith(".")
    assert "  " not in text


@pytest.mark.parametrize("text", TEXTS)
def test_it_has_no_jargon_and_no_promise(text: str) -> None:
    words = text.replace("renouveler", "")
    assert not [word for word in (*JARGON, *PROMISES) if word in words]


@pytest.mark.parametrize(("detail", "sentence"), SENTENCES.items())
def test_what_is_told_of_the_messages_fits_the_state(detail: Detail, sentence: Sentence) -> None:
    lost = ("not passed on", "no longer passed on", "cannot be passed on", "are not heard")
    says_lost = any(words in sentence.en for words in lost)
    assert says_lost is (RULES[detail].state in (State.DOWN, State.SUSPENDED))


def test_a_reason_is_told_in_the_hosts_own_words() -> None:
    told = sentence_of(condition(Detail.RIGHT_SUSPENDED, reason="Trop de messages"))
    assert told.fr.endswith(" Motif indiqué : Trop de messages.")
    assert told.en.endswith(" Reason given: Trop de messages.")


def test_a_planned_end_is_told_where_people_live() -> None:
    told = sentence_of(condition(Detail.MAINTENANCE, unix_s(2026, 8, 1, 14, 5), "Antenne !"), PARIS)
    assert told.fr.endswith(" Fin prévue : 1er août 2026 à 14 h 05. Motif indiqué : Antenne !")
    assert told.en.endswith(" Planned end: 1 August 2026 at 14:05. Reason given: Antenne !")


def test_an_end_with_a_day_is_that_days() -> None:
    told = sentence_of(condition(Detail.RIGHT_SUSPENDED, unix_s(2026, 3, 1)), PARIS)
    assert told.fr.endswith(" Fin prévue : 28 février 2026 au soir.")
    assert told.en.endswith(" Planned end: the end of 28 February 2026.")


def test_a_right_that_has_not_begun_says_when_it_does() -> None:
    told = sentence_of(condition(Detail.RIGHT_NOT_BEGUN, unix_s(2026, 12, 24)), PARIS)
    assert told.fr.endswith(" Début prévu : 24 décembre 2026.")
    assert told.en.endswith(" Planned begin: 24 December 2026.")
