"""Dates of the document and the seconds that they stand for."""

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.text.dates import Calendar, calendar_of, objection

PARIS = calendar_of("Europe/Paris")
DAYS = st.dates(datetime.date(2000, 1, 1), datetime.date(2199, 12, 31))


def paris() -> Calendar:
    assert PARIS is not None
    return PARIS


@given(DAYS)
def test_a_day_is_told_as_it_was_written(day: datetime.date) -> None:
    assert paris().begin_text(paris().begins_unix_s(day)) == day.isoformat()
    assert paris().end_text(paris().ends_unix_s(day)) == day.isoformat()


@given(DAYS)
def test_a_day_ends_when_the_next_one_begins(day: datetime.date) -> None:
    assert paris().ends_unix_s(day) == paris().begins_unix_s(day + datetime.timedelta(days=1))


def test_a_time_is_told_as_a_time() -> None:
    moment = datetime.datetime(2026, 7, 1, 10, 0, tzinfo=datetime.UTC)
    assert paris().begins_unix_s(moment) == paris().ends_unix_s(moment) == 1782900000
    assert paris().begin_text(1782900000) == paris().end_text(1782900000) == "2026-07-01T12:00:00+02:00"


@pytest.mark.parametrize("name", ["Europe", "Nowhere/Else", "../Paris", "", "zone.tab"])
def test_a_zone_that_is_none_is_none(name: str) -> None:
    assert calendar_of(name) is None


def test_a_zone_that_cannot_be_read_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_name: str) -> None:
        raise IsADirectoryError

    monkeypatch.setattr(zoneinfo, "ZoneInfo", unreadable)
    assert calendar_of("Europe") is None


@pytest.mark.parametrize(
    ("moment", "is_fine"),
    [
        (datetime.date(1999, 12, 31), False),
        (datetime.date(2000, 1, 1), True),
        (datetime.date(2199, 12, 31), True),
        (datetime.date(2200, 1, 1), False),
        (datetime.datetime(2026, 1, 1), False),  # noqa: DTZ001  what is refused is that it has no offset
        (datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), True),
    ],
)
def test_a_moment_has_its_place_and_is_of_our_times(moment: datetime.date, is_fine: bool) -> None:
    assert (objection(moment) is None) is is_fine
