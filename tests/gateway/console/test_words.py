"""Both languages say the same things, and all of them."""

import string
from collections.abc import Iterator, Mapping

import msgspec
import pytest

from gateway.console.formats import WORDS
from gateway.link.incident import IncidentKind
from gateway.link.state import Detail, State
from gateway.policy.outcome import Outcome
from gateway.supervision.rungs import Rung, Trouble
from radio.packets import TxStatus
from radio.time_reference import SyncOutcome

FRENCH, ENGLISH = WORDS["fr"], WORDS["en"]
both_languages = pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())


def texts(part: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Each text, by where it is."""
    if isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            if name not in ("language", "spaced", "thousands", "decimal", "colon", "semicolon", "day", "date"):
                yield from texts(getattr(part, name), f"{path}.{name}")
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from texts(value, f"{path}[{key}]")
    elif isinstance(part, tuple):
        for index, value in enumerate(part):
            yield from texts(value, f"{path}[{index}]")
    else:
        yield path, str(part)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_same_texts_with_the_same_values_are_there_in_both() -> None:
    french = {path: fields(text) for path, text in texts(FRENCH)}
    english = {path: fields(text) for path, text in texts(ENGLISH)}
    assert french == english


def test_nothing_was_left_in_the_other_language() -> None:
    english = dict(texts(ENGLISH))
    same = {text for path, text in texts(FRENCH) if text == english[path] and len(text) > 6}
    # Names, and words that both languages have.
    assert same <= {
        "Incidents",
        "maintenance",
        "Machine",
        "Version",
        "Semtech UDP",
        "ChirpStack MQTT",
        "Basics Station",
        "RSSI dBm",
        "date impossible",
        "verdict",
        "{version}",
    }


@both_languages
def test_every_name_that_the_daemon_may_tell_has_its_words(words: object) -> None:
    assert isinstance(words, type(FRENCH))
    assert words.watch.outcomes.keys() == set(Outcome)
    assert words.watch.tx.keys() == set(TxStatus)
    assert words.rungs.keys() == {rung.value for rung in Rung}
    assert words.radio_troubles.keys() == {trouble.value for trouble in Trouble}
    assert words.about.keys() == {kind.value for kind in IncidentKind}
    assert words.details.keys() >= {detail.value for detail in Detail} - {"working"}
    assert words.status.link_states.keys() == {state.value for state in State}
    assert words.status.gnss_problems.keys() >= {outcome.value for outcome in SyncOutcome} - {"accepted"}


@both_languages
def test_a_verdict_fits_the_last_column_of_80(words: object) -> None:
    assert isinstance(words, type(FRENCH))
    told = [*words.watch.outcomes.values(), words.watch.forwarded, words.watch.damaged]
    assert max(map(len, told)) <= 12


@both_languages
def test_the_labels_of_status_fit_their_column(words: object) -> None:
    assert isinstance(words, type(FRENCH))
    names = (
        "radio",
        "traffic",
        "servers",
        "broker",
        "clock",
        "policy",
        "links",
        "store",
        "incidents",
        "host",
        "version",
    )
    assert max(len(getattr(words.status, name)) for name in names) <= 10
