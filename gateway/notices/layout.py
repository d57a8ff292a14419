"""Plain text in narrow lines, for any mail program: RFC 5322 asks for 78 characters at most."""

import re
import textwrap
from collections.abc import Iterable, Mapping

WIDTH = 76
LONGEST_SUBJECT = 76
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

BREAKS = re.compile(r"[\x00-\x20\x7F-\x9F\u2028\u2029]+")

Section = tuple[str, tuple[str, ...]]
"""A heading, and the paragraphs below it."""


def letter(sender: str, sections: Iterable[Section], closing: Iterable[str], spaced: Mapping[str, str]) -> str:
    """A letter: who writes, the sections, and the small print below a line."""
    parts = [paragraph(sender)]
    for heading, paragraphs in sections:
        parts.append("\n".join([heading, *(paragraph(each) for each in paragraphs)]))
    parts.append("\n".join(["-" * 20, *(paragraph(each) for each in closing)]))
    return with_spaces("\n\n".join(parts), spaced) + "\n"


def paragraph(text: str) -> str:
    """One paragraph, wrapped; an item of a list is indented below its hyphen."""
    indent = "  " if text.startswith("- ") else ""
    lines = textwrap.wrap(one_line(text), WIDTH, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(lines)


def one_line(text: str) -> str:
    """The text without whatever would break a line or a header. No-break spaces stay."""
    return BREAKS.sub(" ", text).strip()


def subject_line(text: str, spaced: Mapping[str, str]) -> str:
    """A subject that mail programs show as a whole."""
    line = with_spaces(one_line(text), spaced)
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + ELLIPSIS


def with_spaces(text: str, spaced: Mapping[str, str]) -> str:
    """The spaces that a language wants, so that no line begins with a mark."""
    for plain, wanted in spaced.items():
        text = text.replace(plain, wanted)
    return text
