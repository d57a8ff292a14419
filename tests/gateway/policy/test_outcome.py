"""The one list of outcomes, which documents, topics and logs share."""

import re
from pathlib import Path

import pytest

from gateway.policy.outcome import MEANINGS, Limit, Outcome

GUIDE = Path(__file__).parents[3] / "docs" / "policy.md"


def test_every_outcome_is_explained_in_both_languages() -> None:
    assert set(MEANINGS) == set(Outcome)
    texts = [text for meaning in MEANINGS.values() for text in (meaning.english, meaning.french)]
    assert all(texts)
    assert len(set(texts)) == 2 * len(Outcome)


@pytest.mark.parametrize("limit", Limit)
def test_every_limit_has_the_outcome_of_its_name(limit: Limit) -> None:
    assert Outcome(limit.value).name == limit.name


def test_the_guide_lists_them_all_in_the_same_words() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == {outcome.value: meaning.english for outcome, meaning in MEANINGS.items()}
