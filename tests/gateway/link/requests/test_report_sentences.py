"""What an officer of a town hall reads of its report."""

import pytest

from gateway.link.inbound import Fault
from gateway.link.messages import Sentence
from gateway.link.requests.report_sentences import BUSY, NOT_KEPT, RECEIVED, STOPPING, too_many, unreadable
from tests.gateway.link.test_sentences import PROMISES

MINUTE_MS = 60_000
ALL = [RECEIVED, BUSY, NOT_KEPT, STOPPING, too_many(1), too_many(10 * 3_600_000), *map(unreadable, Fault)]


@pytest.mark.parametrize("sentence", ALL)
def test_it_stands_in_both_languages_without_a_promise(sentence: Sentence) -> None:
    for text in (sentence.fr, sentence.en):
        assert text.endswith(".")
        assert not any(promise in text.lower() for promise in PROMISES)
    assert sentence.fr != sentence.en


@pytest.mark.parametrize("sentence", [each for each in ALL if each is not RECEIVED])
def test_a_refusal_says_that_nothing_was_kept_and_what_can_be_done(sentence: Sentence) -> None:
    assert "n'est pas enregistré" in sentence.fr or "n'est pas pris en compte" in sentence.fr
    assert "was not kept" in sentence.en or "was not taken" in sentence.en
    assert any(word in sentence.fr for word in ("Renvoyez-le", "Contactez", "peut le corriger"))


@pytest.mark.parametrize(
    ("wait_ms", "french", "english"),
    [
        (1, "1 minute", "1 minute"),
        (MINUTE_MS, "1 minute", "1 minute"),
        (MINUTE_MS + 1, "2 minutes", "2 minutes"),
        (120 * MINUTE_MS, "120 minutes", "120 minutes"),
        (120 * MINUTE_MS + 1, "3 heures", "3 hours"),
        (18 * 60 * MINUTE_MS, "18 heures", "18 hours"),
    ],
)
def test_whoever_has_to_wait_is_told_how_long_and_not_too_short(wait_ms: int, french: str, english: str) -> None:
    assert f"Renvoyez-le dans {french}." in too_many(wait_ms).fr
    assert f"Send it again in {english}." in too_many(wait_ms).en
