"""HTML put together so that nothing gets into it unescaped: only these functions make `Html`. Pure."""

import html
import re
from collections.abc import Iterable, Mapping
from typing import NewType

Html = NewType("Html", str)
"""Markup. Text becomes it by `text` alone."""

Attributes = Mapping[str, str | int | float]

_VOID = frozenset({"meta", "br", "rect", "line", "path", "circle", "col"})
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
# Controls, and what would turn the direction of the text behind it.
_UNSEEN = re.compile(
    r"[\x00-\x1F\x7F-\x9F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFD\uD800-\uDFFF]+"
)
NOTHING = Html("")


def text(content: str) -> Html:
    """Any text, as text."""
    return Html(html.escape(_UNSEEN.sub(" ", content)))


def element(name: str, attributes: Attributes | None = None, *children: Html) -> Html:
    """An element. Its attributes' values are any text; names are the program's own."""
    told = "".join(f' {_named(key)}="{text(_value(value))}"' for key, value in (attributes or {}).items())
    opening = f"<{_named(name)}{told}>"
    if name in _VOID:
        return Html(f"{opening}</{name}>" if name in {"rect", "line", "path", "circle"} else opening)
    return Html(f"{opening}{''.join(children)}</{name}>")


def joined(parts: Iterable[Html], between: Html = NOTHING) -> Html:
    """Parts, one after the other."""
    return Html(between.join(parts))


def _named(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r}: no name of HTML")
    return name


def _value(value: str | float) -> str:
    """Lengths to a hundredth of a unit."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
