"""Moments and durations in a depositor's language and in the policy's time zone, which is always named."""

import datetime

import msgspec

from gateway.notices.wording import TimeWords
from gateway.policy.text.dates import calendar_of

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


class Times(msgspec.Struct, frozen=True):
    """Tells the time in one language, where people live."""

    words: TimeWords
    timezone: str

    def moment(self, unix_s: int | None) -> str:
        """The time in full, to the second, with its zone; or that it is not known."""
        if unix_s is None:
            return self.words.unknown
        local = self._local(unix_s)
        day = self.words.first_day if local.day == 1 else str(local.day)
        month = self.words.months[local.month - 1]
        clock = f"{local:%H:%M:%S}"
        return self.words.moment.format(day=day, month=month, year=local.year, clock=clock, zone=self._zone(local))

    def short(self, unix_s: int | None) -> str:
        """The time for a list, to the minute; whoever reads it has to be told the zone elsewhere."""
        return "?" if unix_s is None else self._local(unix_s).strftime(self.words.short)

    def duration(self, seconds: int) -> str:
        """A duration by its two largest units."""
        days, hours, minutes = seconds // DAY_S, seconds % DAY_S // HOUR_S, seconds % HOUR_S // MINUTE_S
        if days:
            return f"{days} {self.words.days} {hours} h"
        if hours:
            return f"{hours} h {minutes:02d} min"
        return f"{minutes} min {seconds % MINUTE_S:02d} s" if minutes else f"{seconds} s"

    def _local(self, unix_s: int) -> datetime.datetime:
        calendar = calendar_of(self.timezone)
        return datetime.datetime.fromtimestamp(unix_s, datetime.UTC if calendar is None else calendar.zone)

    def _zone(self, local: datetime.datetime) -> str:
        """The zone's name and what it is from UTC, since one hour of the year comes twice."""
        minutes = int((local.utcoffset() or datetime.timedelta()) / datetime.timedelta(minutes=1))
        sign = "+" if minutes >= 0 else "-"
        hours, rest = divmod(abs(minutes), 60)
        offset = f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "UTC"
        known = calendar_of(self.timezone) is not None
        return f"{self.timezone}, {offset}" if known and self.timezone != offset else offset
