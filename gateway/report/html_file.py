"""One HTML file that needs nothing else: no script, no picture, no font from elsewhere. Pure."""

from collections.abc import Iterable

from gateway.report.markup import Html, element
from gateway.report.style import STYLE

# Whatever got in unescaped could load nothing and run nothing.
_NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'"


def html_file(language: str, title: Html, parts: Iterable[Html], more_style: str = "") -> str:
    """The file. `more_style` comes after the common style; the parts are the body, in order."""
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _NOTHING_FROM_ELSEWHERE}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light"}),
        element("title", {}, title),
        element("style", {}, Html(STYLE + more_style)),
    )
    body = element("body", {}, *(Html(f"\n{part}") for part in parts))
    return f"<!DOCTYPE html>\n{element('html', {'lang': language}, head, body)}\n"
