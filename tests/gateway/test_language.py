"""The language of the terminal."""

import argparse
from collections.abc import Mapping

import pytest

from gateway.language import add_language_argument, language_of


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "fr_CH.UTF-8", "LC_MESSAGES": "de_DE"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": ""}, "fr"),
    ],
)
def test_the_first_variable_that_is_set_decides(environment: Mapping[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize(("words", "language"), [([], None), (["--language", "fr"], "fr")])
def test_a_person_may_choose(words: list[str], language: str | None) -> None:
    parser = argparse.ArgumentParser()
    add_language_argument(parser)
    assert parser.parse_args(words).language == language
