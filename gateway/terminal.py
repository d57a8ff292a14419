"""A terminal: what it can do, its colours, and a screen that is drawn over and over and put away at the end."""

import enum
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

# A terminal of this name, or of none, knows no cursor movements: terminfo(5).
DUMB_TERMINALS = ("", "dumb")
# ECMA-48: cursor, and what to erase.
HOME, CLEAR_LINE, CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
CLEAR, HIDE_CURSOR, SHOW_CURSOR = "\x1b[2J", "\x1b[?25l", "\x1b[?25h"
# xterm's second screen (ctlseqs, DEC private mode 1049): what was there before comes back at the end.
OTHER_SCREEN, FORMER_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
END_OF_INK = "\x1b[0m"
USUAL_SIZE = (80, 24)


class Ink(enum.Enum):
    """How something is written; the value is ECMA-48's (SGR). Nothing is told by colour alone."""

    GOOD = "\x1b[32m"
    WARN = "\x1b[33m"
    BAD = "\x1b[1;31m"
    STRONG = "\x1b[1m"
    FAINT = "\x1b[2m"


Paint = Callable[[str, Ink], str]
"""Writes a text in an ink. Texts are cut and padded before."""


def plain(text: str, _ink: Ink) -> str:
    """Without colours."""
    return text


def coloured(text: str, ink: Ink) -> str:
    """With them."""
    return f"{ink.value}{text}{END_OF_INK}" if text else text


def is_live(output: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether it can be drawn over."""
    return output.isatty() and environment.get("TERM", "") not in DUMB_TERMINALS


def paint_for(output: TextIO, environment: Mapping[str, str]) -> Paint:
    """In colours on a terminal, unless somebody wants none (no-color.org)."""
    return coloured if is_live(output, environment) and not environment.get("NO_COLOR") else plain


def size_of(output: TextIO) -> tuple[int, int]:
    """Columns and lines at this moment; 80 and 24 where nobody tells."""
    try:
        size = os.get_terminal_size(output.fileno())
    except (OSError, ValueError):
        return USUAL_SIZE
    # A terminal that was never told its size says 0.
    return size.columns or USUAL_SIZE[0], size.lines or USUAL_SIZE[1]


def drawn(lines: Sequence[str]) -> str:
    """What draws these lines over what is there. No newline after the last: it would scroll a full screen."""
    return HOME + f"{CLEAR_LINE}\r\n".join(lines) + CLEAR_LINE + CLEAR_BELOW
