"""How messages begin, and how moments and durations are told."""

import pytest

from gateway.link.instant import Instant
from gateway.link.messages import LATEST_UNIX_MS
from gateway.link.operator.times import Letterhead, date_of, dated, in_words, letterhead, moment
from tests.gateway.link.operator.scene import EUI, NOW, NOW_TEXT, UNSURE


def test_a_message_says_who_tells_it_and_when() -> None:
    assert letterhead(EUI, NOW) == Letterhead("AA555A0000000101", NOW_TEXT, clock_sure=True)


def test_without_a_sure_clock_a_message_has_no_date_and_says_so() -> None:
    assert letterhead(EUI, UNSURE) == Letterhead("AA555A0000000101", None, clock_sure=False)


def test_an_earlier_moment_is_dated_by_the_clock_of_now() -> None:
    assert dated(NOW.ms - 1_002, NOW) == "2026-03-02T08:15:00.000Z"
    assert dated(NOW.ms - 1_002, UNSURE) is None


def test_a_date_that_is_no_clocks_is_told_as_it_is() -> None:
    assert date_of(0) == "1970-01-01T00:00:00.000Z"
    assert date_of(None) is None


@pytest.mark.parametrize("unix_ms", [-1, LATEST_UNIX_MS + 1])
def test_a_moment_that_no_message_can_tell_is_none(unix_ms: int) -> None:
    assert moment(unix_ms) is None
    assert letterhead(EUI, Instant(0, unix_ms)).clock_sure is False


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (8_040, "2 h 14 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_a_duration_is_told_in_the_units_that_fit_it(duration_s: float, text: str) -> None:
    assert in_words(duration_s) == text
