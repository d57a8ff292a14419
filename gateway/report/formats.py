"""Numbers, dates and durations in the report's language, and text with the spaces that it wants. Pure."""

import datetime
from collections.abc import Mapping

import msgspec

from gateway.notices.layout import with_spaces
from gateway.notices.texts import WORDINGS
from gateway.notices.times import Times
from gateway.policy.document import Language
from gateway.policy.outcome import MEANINGS, Outcome
from gateway.policy.text.dates import calendar_of
from gateway.report.english import ENGLISH
from gateway.report.french import FRENCH
from gateway.report.markup import Html, element, text
from gateway.report.words import ReportWords

WORDS: Mapping[Language, ReportWords] = {"fr": FRENCH, "en": ENGLISH}
NO_BREAK = "\N{NO-BREAK SPACE}"
NO_VALUE = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
MS_PER_S = 1000


class Formats(msgspec.Struct, frozen=True):
    """One language, and where people live."""

    language: Language
    timezone: str

    @property
    def words(self) -> ReportWords:
        """What is said."""
        return WORDS[self.language]

    def say(self, template: str, **values: object) -> Html:
        """One of the program's texts, with what goes into its braces."""
        return self.plain(template.format(**values))

    def plain(self, content: str) -> Html:
        """A text of this language, with its no-break spaces."""
        return text(with_spaces(content, self.words.spaced))

    def quoted(self, content: str) -> Html:
        """What somebody wrote: it keeps its direction to itself."""
        return element("bdi", {}, self.plain(content))

    def number(self, number: int) -> str:
        """A count, its thousands apart."""
        return f"{number:,}".replace(",", self.words.thousands)

    def decimal(self, number: float, digits: int) -> str:
        """A number with a real minus sign."""
        sign = MINUS if round(number, digits) < 0 else ""
        whole, _, rest = f"{abs(number):.{digits}f}".partition(".")
        return sign + self.number(int(whole)) + (self.words.decimal + rest if rest else "")

    def share(self, part: int, whole: int) -> str:
        """A percentage to a hundredth; all or nothing is said of nothing but all or nothing."""
        percent = 100 * part / whole
        if 0 < percent < 0.01:
            return self.words.less_than.format(number=self._percent(0.01))
        if 99.99 < percent < 100:
            return self.words.more_than.format(number=self._percent(99.99))
        return self._percent(percent)

    def moment(self, unix_ms: int | None) -> str:
        """A time in full, to the minute."""
        return self._moment(unix_ms, self.words.moment, WORDINGS[self.language].time.months)

    def short(self, unix_ms: int | None) -> str:
        """A time in a table, where the year is known."""
        return self._moment(unix_ms, self.words.short_moment, self.words.short_months)

    def duration(self, lasted_ms: int) -> str:
        """By its two largest units."""
        times = Times(WORDINGS[self.language].time, self.timezone)
        if 0 < lasted_ms < MS_PER_S:
            return self.words.less_than.format(number=f"1{NO_BREAK}s")
        return times.duration(lasted_ms // MS_PER_S).replace(" ", NO_BREAK)

    def month(self, month: str) -> str:
        """ "2026-03" in words."""
        year, number = month.split("-")
        return f"{WORDINGS[self.language].time.months[int(number) - 1]} {year}"

    def day(self, date: str) -> str:
        """ "2026-03-01" in words, without the year."""
        _, month, day = date.split("-")
        return self._day(int(day)) + NO_BREAK + WORDINGS[self.language].time.months[int(month) - 1]

    def meaning(self, outcome: Outcome) -> str:
        """Why a message was not passed on."""
        return WORDINGS[self.language].meaning(MEANINGS[outcome])

    def _percent(self, percent: float) -> str:
        return self.words.percent.format(number=self.decimal(percent, 2))

    def _moment(self, unix_ms: int | None, template: str, months: tuple[str, ...]) -> str:
        if unix_ms is None:
            return self.words.unknown
        calendar = calendar_of(self.timezone)
        zone = datetime.UTC if calendar is None else calendar.zone
        local = datetime.datetime.fromtimestamp(unix_ms // MS_PER_S, zone)
        told = template.format(
            day=self._day(local.day),
            month=months[local.month - 1],
            year=local.year,
            hour=local.hour if self.language == "fr" else f"{local.hour:02d}",
            minute=f"{local.minute:02d}",
        )
        return told.replace(" ", NO_BREAK) + _offset(local)

    def _day(self, day: int) -> str:
        return WORDINGS[self.language].time.first_day if day == 1 else str(day)


def _offset(local: datetime.datetime) -> str:
    """What the clock is from UTC, in the hour of the year that comes twice."""
    if local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
        return ""
    return f" (UTC{local:%z})".replace("00)", ")")
