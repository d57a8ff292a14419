"""Dates of the document, which are whole days where its people live, and the Unix seconds that they stand for."""

import datetime
import math
import zoneinfo

import msgspec

from gateway.policy.document import Period

DAY = datetime.timedelta(days=1)
DAY_S = 86_400
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
YEARS = range(2000, 2200)


class Calendar(msgspec.Struct, frozen=True):
    """Where days begin and end."""

    zone: datetime.tzinfo = datetime.UTC

    def begins_unix_s(self, moment: datetime.date) -> int:
        """The first second of a day, or the time itself."""
        return _seconds(self._start(moment))

    def ends_unix_s(self, moment: datetime.date) -> int:
        """The first second after a day, or the time itself."""
        if isinstance(moment, datetime.datetime):
            return _seconds(moment)
        return _seconds(self._start(moment + DAY))

    def begin_text(self, unix_s: int) -> str:
        """A beginning, as it would be written."""
        local = datetime.datetime.fromtimestamp(unix_s, self.zone)
        return local.isoformat() if local.time() != datetime.time.min else local.date().isoformat()

    def end_text(self, unix_s: int) -> str:
        """An end, as it would be written: the last day, where it ends with a day."""
        local = datetime.datetime.fromtimestamp(unix_s, self.zone)
        return local.isoformat() if local.time() != datetime.time.min else (local.date() - DAY).isoformat()

    def period_text(self, period: Period) -> str:
        """From when until when, as a clause."""
        return f"from {self.begin_text(period.begins_unix_s)} to {self.end_text(period.ends_unix_s)}"

    def _start(self, moment: datetime.date) -> datetime.datetime:
        if isinstance(moment, datetime.datetime):
            return moment
        return datetime.datetime.combine(moment, datetime.time.min, self.zone)


def calendar_of(timezone: str) -> Calendar | None:
    """The calendar of a time zone; None where this system does not know it."""
    try:
        return Calendar(zoneinfo.ZoneInfo(timezone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # A directory, a file of another kind, or none.
        return None


def objection(moment: datetime.date) -> str | None:
    """What a moment must be and is not, as a clause."""
    if isinstance(moment, datetime.datetime) and moment.utcoffset() is None:
        return "must have its offset at the end, such as +01:00 or Z, or be a date alone"
    if moment.year not in YEARS:
        return f"must be from {YEARS.start} to {YEARS.stop - 1}"
    return None


def _seconds(moment: datetime.datetime) -> int:
    """The first whole second that is not before a moment."""
    return math.ceil((moment - EPOCH) / datetime.timedelta(seconds=1))
