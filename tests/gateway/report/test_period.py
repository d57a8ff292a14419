"""A month and its days, in a time zone."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report.period import month_period

HOUR_MS = 3_600_000
ZONES = ["UTC", "Europe/Paris", "America/Guadeloupe", "Indian/Reunion", "Pacific/Apia", "Australia/Lord_Howe"]


@given(st.dates(datetime.date(2001, 1, 1), datetime.date(2198, 12, 31)), st.sampled_from(ZONES))
def test_days_follow_each_other_from_the_months_begin_to_its_end(date: datetime.date, zone: str) -> None:
    period = month_period(f"{date:%Y-%m}", zone)
    days = period.days
    assert days[0].begins_unix_ms == period.begins_unix_ms
    assert days[-1].ends_unix_ms == period.ends_unix_ms
    assert [day.ends_unix_ms for day in days[:-1]] == [day.begins_unix_ms for day in days[1:]]


@given(st.dates(datetime.date(2001, 1, 1), datetime.date(2198, 12, 31)), st.sampled_from(ZONES))
def test_months_follow_each_other(date: datetime.date, zone: str) -> None:
    following = (date.replace(day=1) + datetime.timedelta(31)).strftime("%Y-%m")
    assert month_period(f"{date:%Y-%m}", zone).ends_unix_ms == month_period(following, zone).begins_unix_ms


def test_the_month_begins_at_midnight_where_people_live() -> None:
    begins = datetime.datetime(2026, 2, 28, 23, tzinfo=datetime.UTC)
    assert month_period("2026-03", "Europe/Paris").begins_unix_ms == begins.timestamp() * 1000


def test_a_day_has_23_hours_where_the_clocks_are_put_forward_and_25_where_they_are_put_back() -> None:
    march, october = month_period("2026-03", "Europe/Paris").days, month_period("2026-10", "Europe/Paris").days
    assert march[28].ends_unix_ms - march[28].begins_unix_ms == 23 * HOUR_MS
    assert october[24].ends_unix_ms - october[24].begins_unix_ms == 25 * HOUR_MS


def test_an_unknown_time_zone_is_utc_and_says_so() -> None:
    assert month_period("2026-03", "Moon/Tycho") == month_period("2026-03", "UTC")


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026", "2026-3", "1999-12", "2200-01", "mars", "2026-03-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no month, such as 2026-03"):
        month_period(text, "UTC")
