"""Numbers, ages and moments in a reader's language, and how a text fills a line. Pure."""

import datetime
import re
import textwrap
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from gateway.console.english import ENGLISH
from gateway.console.french import FRENCH
from gateway.console.words import Words
from gateway.language import Language

WORDS: Mapping[Language, Words] = {"fr": FRENCH, "en": ENGLISH}
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
NO_BREAK = "\N{NO-BREAK SPACE}"
NO_VALUE = "\N{EN DASH}"
# What would move the cursor, or end the line: others wrote some of what is shown.
_UNSHOWN = re.compile(r"[\x00-\x1F\x7F-\x9F\u2028\u2029]+")
_BEFORE_A_MARK = re.compile(" (?=[:;?!])")
# Unicode's Cf turns the direction of what follows, or cannot be seen.
_FORMAT, _ACCENTS, _WIDE = "Cf", ("Mn", "Me"), ("W", "F")


class Count(int):
    """A number in a template: `{n}` gives it with its thousands apart, `{n:trame|trames}` with its noun as well."""

    words: Words

    @classmethod
    def of(cls, number: int, words: Words) -> "Count":
        """A number for a reader."""
        count = cls(number)
        count.words = words
        return count

    def __format__(self, nouns: str) -> str:
        number = f"{int(self):,}".replace(",", self.words.thousands)
        if not nouns:
            return number
        one, _, many = nouns.partition("|")
        # In French, zero is singular.
        is_one = int(self) <= 1 if self.words.language == "fr" else int(self) == 1
        return f"{number} {one if is_one else many}"


def say(words: Words, template: str, **values: object) -> str:
    """A text with what goes into its braces, and the spaces that the language wants. Whole numbers are counts."""
    filled = {
        name: Count.of(value, words) if type(value) is int else shown(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
    text = template.format(**filled)
    for plain, wanted in words.spaced.items():
        text = text.replace(plain, wanted)
    return text


def shown(text: str) -> str:
    """What others wrote, without what a terminal would obey."""
    text = _UNSHOWN.sub(" ", text).strip()
    return text if text.isascii() else "".join(letter for letter in text if unicodedata.category(letter) != _FORMAT)


def age(seconds: float, words: Words) -> str:
    """A duration by its two largest units."""
    whole = max(0, round(seconds))
    days, hours, minutes = whole // DAY_S, whole % DAY_S // HOUR_S, whole % HOUR_S // MINUTE_S
    gap = NO_BREAK
    if days:
        return f"{days}{gap}{words.day}{gap}{hours}{gap}h"
    if hours:
        return f"{hours}{gap}h{gap}{minutes:02d}"
    return f"{minutes}{gap}min{gap}{whole % MINUTE_S:02d}" if minutes else f"{whole}{gap}s"


def decimal(number: float, words: Words, digits: int = 1) -> str:
    """A number with the language's decimal mark."""
    return f"{number:.{digits}f}".replace(".", words.decimal)


def percent(share: float, words: Words, digits: int = 0) -> str:
    """A share of all."""
    gap = NO_BREAK if words.language == "fr" else ""
    return f"{decimal(100 * share, words, digits)}{gap}%"


def day(unix_s: float, words: Words, zone: datetime.tzinfo | None = None) -> str:
    """A date; in the host's time zone unless another is given."""
    return datetime.datetime.fromtimestamp(unix_s, zone).strftime(words.date)


def moment(unix_s: float, words: Words, zone: datetime.tzinfo | None = None) -> str:
    """A date and the time, to the minute."""
    return datetime.datetime.fromtimestamp(unix_s, zone).strftime(f"{words.date} %H:%M")


def clock(unix_s: float, zone: datetime.tzinfo | None = None) -> str:
    """The time of day, to the second."""
    return datetime.datetime.fromtimestamp(unix_s, zone).strftime("%H:%M:%S")


def wrapped(text: str, width: int = 80) -> str:
    """A message in lines that a terminal does not break within a word, nor before a French colon."""
    text = _BEFORE_A_MARK.sub(NO_BREAK, text)
    return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False))


def columns(text: str) -> int:
    """How many columns of a terminal it takes: two for a wide letter (Unicode, annex 11), none for an accent."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(letter: str) -> int:
    if unicodedata.category(letter) in _ACCENTS:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in _WIDE else 1


def cut(text: str, width: int) -> str:
    """As much as there is room for; an ellipsis says that there was more."""
    if columns(text) <= width:
        return text
    room, kept = width - 1, 0
    for letter in text:
        room -= _columns_of(letter)
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…" if width > 0 else ""


def padded(text: str, width: int) -> str:
    """With spaces after it, up to so many columns."""
    return text + " " * (width - columns(text))


def across(left: str, right: str, width: int) -> str:
    """Two texts at the two ends of a line; the right one is whole, or not there where there is no room for both."""
    room = width - columns(right) - 1
    return padded(cut(left, room), room) + " " + right if right and room > 0 else cut(left, width)


def in_columns(cells: Sequence[str], widths: Sequence[int], right: Collection[int]) -> str:
    """Cells beside each other, each cut and padded to its width; those of these indices are at the right of theirs."""
    cut_ones = (cut(cell, width) for cell, width in zip(cells, widths, strict=True))
    return " ".join(
        " " * (width - columns(cell)) + cell if index in right else padded(cell, width)
        for index, (cell, width) in enumerate(zip(cut_ones, widths, strict=True))
    )
