"""An examination as lines for a terminal of 80 columns. Pure, but for `style_of`, which looks at one."""

import textwrap
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TextIO

import msgspec

from gateway.doctor.result import Examination, Grade
from gateway.doctor.wording import Told, date_text, told, verdict_line
from gateway.doctor.words import Words
from gateway.notices.layout import with_spaces

WIDTH = 80
# Names of servers may be longer; the column of texts has to leave them room.
MOST_TITLE_WIDTH = 24
MARGIN = 3
INDENT = 5

SYMBOLS: Mapping[Grade, str] = {Grade.PASS: "✓", Grade.WARN: "!", Grade.FAIL: "✗", Grade.SKIPPED: "·"}
PLAIN_SYMBOLS: Mapping[Grade, str] = {Grade.PASS: "+", Grade.WARN: "!", Grade.FAIL: "X", Grade.SKIPPED: "-"}
# ECMA-48, SGR: green, yellow, red, faint; bold.
COLOURS: Mapping[Grade, str] = {Grade.PASS: "32", Grade.WARN: "33", Grade.FAIL: "31", Grade.SKIPPED: "2"}
BOLD = "1"
# A terminal of this name, or of none, knows no colours: terminfo(5).
DUMB_TERMINALS = ("", "dumb")
# What Python itself puts into LC_CTYPE where the locale is C (PEP 538).
COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
# What NFKD does not take apart.
PLAIN_TEXT = str.maketrans({"«": '"', "»": '"', "°": "", "\N{RIGHT SINGLE QUOTATION MARK}": "'"})


class Style(msgspec.Struct, frozen=True):
    """How it is shown: in colour or not, with all characters or with those of ASCII."""

    colour: bool = False
    ascii_only: bool = False


def style_of(stream: TextIO, environment: Mapping[str, str]) -> Style:
    """Colour on a terminal, unless NO_COLOR is set (no-color.org); ASCII where the locale has no more."""
    colour = stream.isatty() and not environment.get("NO_COLOR")
    colour = colour and environment.get("TERM", "") not in DUMB_TERMINALS
    names = ("LC_ALL", "LANG") if environment.get("LC_CTYPE") in COERCED else ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "C")
    unicode = "utf" in locale.lower() and "utf" in (stream.encoding or "").lower()
    return Style(colour=bool(colour), ascii_only=not unicode)


def lines(examination: Examination, words: Words, style: Style, width: int = WIDTH) -> list[str]:
    """The whole screen."""
    written = [*_head(examination, words), ""]
    all_told = [(result.grade, told(result, words)) for result in examination.results]
    column = min(MOST_TITLE_WIDTH, max((len(said.title) for _, said in all_told), default=0))
    for grade, said in all_told:
        written += _result(grade, said, column, style, width)
        written += _advice(said, words, width)
    verdict = textwrap.wrap(verdict_line(examination, words), width, break_on_hyphens=False)
    written += ["", *(_coloured(line, f"{BOLD};{COLOURS[examination.verdict]}", style) for line in verdict)]
    return [_plain(line) for line in written] if style.ascii_only else written


def _head(examination: Examination, words: Words) -> Iterator[str]:
    eui = f" ({examination.gateway_eui})" if examination.gateway_eui else ""
    name = examination.gateway_name or words.unnamed
    yield f"{words.heading.format(name=name, eui=eui)}, {date_text(examination.at_unix_s, words)}"
    yield with_spaces(words.service_runs if examination.service_runs else words.service_rests, words.spaced)


def _result(grade: Grade, said: Told, column: int, style: Style, width: int) -> Iterator[str]:
    """A symbol, the link, and what is said of it."""
    title = f" {(PLAIN_SYMBOLS if style.ascii_only else SYMBOLS)[grade]} {said.title.ljust(column)}  "
    # The title stands in for its own width while the text is wrapped behind it.
    first, *rest = textwrap.wrap(
        said.says,
        width,
        initial_indent="." * len(title),
        subsequent_indent=" " * (MARGIN + column + 2),
        break_on_hyphens=False,
    )
    text = first[len(title) :]
    colour = COLOURS[grade]
    if grade is Grade.SKIPPED:
        yield _coloured(title + text, colour, style)
    else:
        yield _coloured(title, colour, style) + text
    yield from rest


def _advice(said: Told, words: Words, width: int) -> Iterator[str]:
    for label, text in ((words.cause, said.cause), (words.gesture, said.gesture)):
        if text:
            begin = " " * INDENT + with_spaces(label, words.spaced)
            yield from textwrap.wrap(
                text, width, initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False
            )
    if said.command:
        # Never broken: it is there to be copied.
        yield f"{' ' * (INDENT + len(words.gesture))}$ {said.command}"


def _coloured(text: str, codes: str, style: Style) -> str:
    return f"\x1b[{codes}m{text}\x1b[0m" if style.colour else text


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text.translate(PLAIN_TEXT)).encode("ascii", "ignore").decode()
