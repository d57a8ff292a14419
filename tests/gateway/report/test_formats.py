"""Numbers, dates and durations, as they are written in French and in English."""

import datetime
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report.formats import WORDS, Formats

PARIS = "Europe/Paris"
FRENCH, ENGLISH = Formats("fr", PARIS), Formats("en", PARIS)


def unix_ms(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def spaced(text: str) -> str:
    """Without what is not seen: the spaces of any kind become plain ones."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_moment_is_written_as_people_write_it() -> None:
    moment = unix_ms("2026-03-03T14:05:59+01:00")
    assert FRENCH.moment(moment).replace("\N{NO-BREAK SPACE}", "_") == "3_mars_2026_à_14_h_05"
    assert spaced(ENGLISH.moment(moment)) == "3 March 2026 at 14:05"
    assert spaced(FRENCH.short(unix_ms("2026-07-01T00:00:00+02:00"))) == "1er juil., 0 h 00"
    assert spaced(ENGLISH.short(unix_ms("2026-07-01T09:00:00+02:00"))) == "1 July, 09:00"


def test_the_hour_that_comes_twice_is_told_with_its_offset() -> None:
    first, second = unix_ms("2026-10-25T02:30:00+02:00"), unix_ms("2026-10-25T02:30:00+01:00")
    assert spaced(FRENCH.short(first)) == "25 oct., 2 h 30 (UTC+02)"
    assert spaced(FRENCH.short(second)) == "25 oct., 2 h 30 (UTC+01)"
    assert "UTC" not in FRENCH.short(unix_ms("2026-03-29T03:30:00+02:00"))


def test_a_moment_that_is_not_known_says_so() -> None:
    assert (FRENCH.moment(None), ENGLISH.short(None)) == ("non connu", "not known")


def test_numbers_have_their_thousands_apart() -> None:
    assert FRENCH.number(1_234_567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
    assert ENGLISH.number(1_234_567) == "1,234,567"
    assert FRENCH.decimal(-1234.56, 1) == "\N{MINUS SIGN}1\N{NARROW NO-BREAK SPACE}234,6"
    assert ENGLISH.decimal(-0.04, 1) == "0.0"


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 9, "0,00 %"),
        (9, 9, "100,00 %"),
        (1, 3, "33,33 %"),
        (1, 10**9, "moins de 0,01 %"),
        (10**9 - 1, 10**9, "plus de 99,99 %"),
    ],
)
def test_all_and_nothing_are_said_of_nothing_else(part: int, whole: int, told: str) -> None:
    assert spaced(FRENCH.share(part, whole)) == told


@given(st.integers(1, 10**12), st.data())
def test_a_share_is_all_or_nothing_only_where_it_is(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    told = ENGLISH.share(part, whole)
    assert (told == "100.00%") is (part == whole)
    assert (told == "0.00%") is (part == 0)


def test_durations_do_not_break() -> None:
    assert FRENCH.duration(65_000) == "1\N{NO-BREAK SPACE}min\N{NO-BREAK SPACE}05\N{NO-BREAK SPACE}s"
    assert spaced(FRENCH.duration(700)) == "moins de 1 s"
    assert spaced(ENGLISH.duration(0)) == "0 s"


def test_french_has_no_break_before_its_marks() -> None:
    assert FRENCH.plain("Ceci : cela ; quoi ? oui ! « non » 3 %") == (
        "Ceci\N{NO-BREAK SPACE}: cela\N{NO-BREAK SPACE}; quoi\N{NO-BREAK SPACE}? oui\N{NO-BREAK SPACE}! "
        "«\N{NO-BREAK SPACE}non\N{NO-BREAK SPACE}» 3\N{NO-BREAK SPACE}%"
    )
    assert ENGLISH.plain("This: that; what? 3%") == "This: that; what? 3%"


def test_a_zone_that_is_not_known_is_utc() -> None:
    assert spaced(Formats("en", "Moon/Tycho").short(unix_ms("2026-03-03T14:05:00+00:00"))) == "3 March, 14:05"


def test_both_languages_fill_in_the_same() -> None:
    """A brace that is missing in one would lose what it stands for."""
    assert list(braces(WORDS["fr"])) == list(braces(WORDS["en"]))


def braces(words: object) -> list[tuple[str, list[str]]]:
    """Each text's braces, by where it stands."""
    found: list[tuple[str, list[str]]] = []

    def look(node: object, place: str) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                look(value, f"{place}.{key}")
        elif isinstance(node, list | tuple):
            for index, value in enumerate(node):
                look(value, f"{place}[{index}]")
        elif isinstance(node, str) and ".spaced" not in place:
            found.append((place, sorted(re.findall(r"\{(\w+)\}", node))))

    look(msgspec.to_builtins(words, str_keys=True), "")
    return [(place, names) for place, names in found if names]
