"""JSON with C comments, as packet forwarders and Basics Station have it. Pure."""

import json
import re
from typing import NoReturn

from gateway.importing.refusal import ImportRefusedError

MOST_LEVELS = 32
"""How deep arrays and objects may lie in each other; real files have four."""

# Text, comments, and what opens and closes; text first, so that "//" in an address is no comment.
_PART = re.compile(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/|//[^\n]*|/\*|[\[{]|[\]}]', re.DOTALL)
_NOT_LINE_ENDS = re.compile(r"[^\n]")


def parse_commented_json(text: str, source: str) -> object:
    """What a file holds.

    Raises:
        ImportRefusedError: it is no JSON; the text names line and column.
    """
    bare = _without_comments(text, source)
    try:
        return json.loads(bare, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        hint = _hint(bare, error.pos)
        raise ImportRefusedError(
            f"{source}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}{hint}"
        ) from error
    except ValueError as error:
        # Python's own limit on a number's digits, and what JSON does not know as a number.
        raise ImportRefusedError(f"{source}: not JSON: {str(error)[:100]}") from error


def _without_comments(text: str, source: str) -> str:
    """The same text with blanks in the place of comments, so that line and column stay what they are."""
    level = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal level
        part = match[0]
        if part == "/*":
            raise ImportRefusedError(f"{source}: {_place(text, match.start())}: a comment that begins here has no end")
        if part.startswith("/"):
            return _NOT_LINE_ENDS.sub(" ", part)
        level += (part in "[{") - (part in "]}")
        if level > MOST_LEVELS:
            raise ImportRefusedError(
                f"{source}: {_place(text, match.start())}: nested deeper than {MOST_LEVELS} levels: "
                "no configuration of a gateway"
            )
        return part

    return _PART.sub(replaced, text)


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"


def _hint(text: str, position: int) -> str:
    """What most often is wrong where JSON ends unexpectedly: a comma before what closes."""
    before, after = text[:position].rstrip(), text[position:].lstrip()
    closes = before.endswith(",") or (after.startswith(",") and after[1:].lstrip()[:1] in ("]", "}"))
    return "; remove the comma before what closes" if closes and (after[:1] in ("]", "}", ",")) else ""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
