"""The month that a report is about, and its days, where people live. Pure."""

import datetime
import re

import msgspec

from gateway.policy.text.dates import YEARS, Calendar, calendar_of

MS_PER_S = 1000
UTC = "UTC"
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_DAY = datetime.timedelta(days=1)


class Day(msgspec.Struct, frozen=True):
    """One day of a month: "2026-03-01", from when until when, in Unix ms."""

    date: str
    begins_unix_ms: int
    ends_unix_ms: int


class Period(msgspec.Struct, frozen=True):
    """A month, "2026-03": from when until when in Unix ms, the end not included, by a time zone that is known here."""

    month: str
    timezone: str
    begins_unix_ms: int
    ends_unix_ms: int

    @property
    def days(self) -> tuple[Day, ...]:
        """Its days. One has 23 hours where the clocks are put forward, and one 25 where they are put back."""
        calendar = _calendar(self.timezone)
        date, days = _first_day(self.month), []
        while date.isoformat().startswith(self.month):
            days.append(Day(date.isoformat(), _begins_ms(calendar, date), _begins_ms(calendar, date + _DAY)))
            date += _DAY
        return tuple(days)


def month_period(month: str, timezone: str) -> Period:
    """The period of a month, by UTC where the system does not know the time zone.

    Raises:
        ValueError: it is no month, such as "2026-03".
    """
    first = _first_day(month)
    known = UTC if calendar_of(timezone) is None else timezone
    calendar = _calendar(known)
    return Period(month, known, _begins_ms(calendar, first), _begins_ms(calendar, _next_month(first)))


def _first_day(month: str) -> datetime.date:
    match = _MONTH.fullmatch(month)
    if match is None or not 1 <= int(match[2]) <= 12 or int(match[1]) not in YEARS:
        raise ValueError(f"{month!r}: no month, such as 2026-03")
    return datetime.date(int(match[1]), int(match[2]), 1)


def _next_month(first: datetime.date) -> datetime.date:
    return (first + 31 * _DAY).replace(day=1)


def _calendar(timezone: str) -> Calendar:
    return Calendar() if timezone == UTC else calendar_of(timezone) or Calendar()


def _begins_ms(calendar: Calendar, date: datetime.date) -> int:
    return calendar.begins_unix_s(date) * MS_PER_S
