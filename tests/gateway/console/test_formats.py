"""Numbers, ages and moments as people write them."""

import datetime

import pytest

from gateway.console.formats import (
    WORDS,
    across,
    age,
    columns,
    cut,
    day,
    decimal,
    in_columns,
    moment,
    percent,
    say,
    shown,
    wrapped,
)
from tests.gateway.console.snapshots import PARIS, UNIX_S

FRENCH, ENGLISH = WORDS["fr"], WORDS["en"]


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (0, "0 s", "0 s"),
        (59.4, "59 s", "59 s"),
        (59.6, "1 min 00", "1 min 00"),
        (95, "1 min 35", "1 min 35"),
        (3_600, "1 h 00", "1 h 00"),
        (86_399, "23 h 59", "23 h 59"),
        (90_000, "1 j 1 h", "1 d 1 h"),
        (-3, "0 s", "0 s"),
    ],
)
def test_an_age_has_its_two_largest_units(seconds: float, french: str, english: str) -> None:
    assert age(seconds, FRENCH).replace("\u00a0", " ") == french
    assert age(seconds, ENGLISH).replace("\u00a0", " ") == english


@pytest.mark.parametrize(
    ("number", "french", "english"),
    [(0, "0 trame", "0 frames"), (1, "1 trame", "1 frame"), (2, "2 trames", "2 frames")],
)
def test_a_noun_agrees_with_its_number(number: int, french: str, english: str) -> None:
    assert say(FRENCH, "{n:trame|trames}", n=number) == french
    assert say(ENGLISH, "{n:frame|frames}", n=number) == english


def test_thousands_are_set_apart() -> None:
    assert say(FRENCH, "{n}", n=1_234_567) == "1\u00a0234\u00a0567"
    assert say(ENGLISH, "{n}", n=1_234_567) == "1,234,567"


def test_shares_and_decimals_have_the_languages_mark() -> None:
    assert (percent(0.1234, FRENCH, 1), percent(0.1234, ENGLISH, 1)) == ("12,3\u00a0%", "12.3%")
    assert (decimal(-7.26, FRENCH), decimal(-7.26, ENGLISH)) == ("-7,3", "-7.3")


def test_moments_are_those_of_the_readers_zone() -> None:
    assert moment(UNIX_S, FRENCH, PARIS) == "28/05/2026 22:26"
    assert moment(UNIX_S, ENGLISH, datetime.UTC) == "2026-05-28 20:26"
    assert day(UNIX_S, FRENCH, PARIS) == "28/05/2026"


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    assert shown("a\x1b[2J\r\nb\x9bc") == "a [2J b c"


def test_what_would_turn_or_hide_the_rest_of_a_line_is_not_shown() -> None:
    assert shown("a\u202eb\u2066c\u200bd\ufeffe\u061cf") == "abcdef"
    assert shown("l\u2028m") == "l m"


def test_wide_letters_take_two_columns_and_accents_of_their_own_take_none() -> None:
    assert columns("燈柱") == 4
    assert columns("e\u0301te\u0301") == 3
    assert cut("燈柱十二", 6) == "燈柱…"
    assert cut("燈柱十二", 8) == "燈柱十二"
    assert cut("e\u0301te\u0301", 3) == "e\u0301te\u0301"
    assert across("燈柱", "right", 12) == "燈柱   right"


@pytest.mark.parametrize("width", [0, 1])
def test_where_there_is_no_room_there_is_no_more_than_room(width: int) -> None:
    assert columns(cut("text", width)) <= width


def test_cells_stand_in_columns_whatever_they_are_written_with() -> None:
    cells = ("ab", "燈柱十二", "7")
    assert in_columns(cells, (3, 5, 3), frozenset({2})) == "ab  燈柱…   7"


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    assert cut("eleven chars", 8) == "eleven…"
    assert cut("eight ch", 8) == "eight ch"


def test_two_texts_stand_at_both_ends_and_the_right_one_is_whole() -> None:
    assert across("left", "right", 12) == "left   right"
    assert across("a long left", "right", 12) == "a lon… right"


def test_no_line_begins_with_a_colon() -> None:
    assert wrapped("un deux : trois", 8).replace("\u00a0", " ") == "un\ndeux :\ntrois"


def test_a_message_breaks_between_words() -> None:
    assert wrapped("one two three", 8) == "one two\nthree"
