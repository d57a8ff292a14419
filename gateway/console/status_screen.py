"""A snapshot on one screen of 80 columns and 24 lines. Pure."""

import datetime
from collections.abc import Iterator

from gateway.console.formats import WORDS, across, cut, moment, say, shown
from gateway.console.snapshot import Snapshot
from gateway.console.status_parts import CRAMPED, ROOMY, Room, Said, parts
from gateway.console.troubles import Trouble, troubles, verdict
from gateway.language import Language
from gateway.terminal import Ink, Paint, plain

WIDTH = 80
LABEL = 11
HEIGHT = 23
"""Of a terminal of 24 lines, without that of the next prompt."""
MOST_TROUBLES = 3


def status_screen(
    snapshot: Snapshot,
    language: Language,
    *,
    width: int = WIDTH,
    paint: Paint = plain,
    zone: datetime.tzinfo | None = None,
) -> list[str]:
    """Its lines, 23 at most. `zone` is the reader's time zone, the host's where it is None."""
    lines = _lines(snapshot, language, width, zone, ROOMY)
    if len(lines) > HEIGHT:
        lines = _lines(snapshot, language, width, zone, CRAMPED)
    return [
        (paint(label, Ink.STRONG) if label else "") + (text if ink is None else paint(text, ink))
        for label, text, ink in lines
    ]


def _lines(
    snapshot: Snapshot, language: Language, width: int, zone: datetime.tzinfo | None, room: Room
) -> list[tuple[str, str, Ink | None]]:
    """Each with its label, padded."""
    words = WORDS[language]
    lines = [("", text, ink) for text, ink in _top(snapshot, language, width, zone)]
    for label, said in parts(snapshot, words, zone, width - LABEL, room):
        for index, (text, ink) in enumerate(said):
            lines.append(((label if index == 0 else "").ljust(LABEL), cut(text, width - LABEL), ink))
    return lines


def _top(snapshot: Snapshot, language: Language, width: int, zone: datetime.tzinfo | None) -> Iterator[Said]:
    words, found = WORDS[language], troubles(snapshot)
    name = " · ".join(shown(part) for part in ("Candélabre", snapshot.name, snapshot.gateway_eui) if part)
    yield across(name, moment(snapshot.clock.unix_s, words, zone), width), Ink.STRONG
    yield cut(verdict(snapshot, language, zone), width), _ink_of(found[0]) if found else Ink.GOOD
    for trouble in found[1:MOST_TROUBLES]:
        yield cut(f"- {trouble.in_words(language, zone)}", width), _ink_of(trouble)
    if found:
        yield say(words, words.troubles.doctor), None
    yield "", None


def _ink_of(trouble: Trouble) -> Ink:
    return Ink.BAD if trouble.level == "error" else Ink.WARN
