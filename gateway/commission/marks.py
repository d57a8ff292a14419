"""A result as a shape and a word: it is read in black and white as well. Pure."""

from collections.abc import Mapping

from gateway.report.formats import Formats
from gateway.report.markup import Attributes, Html, element, joined

_TICK = "M1 6.5L4.5 10L11 2.5"
_CROSS = "M2 2L10 10M10 2L2 10"
_DASH = "M2 6H10"
_BANG = "M6 1V7.5M6 9.3V11"
_DRAWN: Mapping[str, str] = {
    "met": _TICK,
    "pass": _TICK,
    "not_met": _CROSS,
    "fail": _CROSS,
    "warn": _BANG,
    "not_examined": _DASH,
    "skipped": _DASH,
}


def mark(state: str, word: str, formats: Formats) -> Html:
    """The state's shape, then its word."""
    stroke: Attributes = {"d": _DRAWN[state], "fill": "none", "stroke": "#1d232c", "stroke-width": 2}
    shape = element("svg", {"viewBox": "0 0 12 12", "aria-hidden": "true"}, element("path", stroke))
    return element("span", {"class": "state"}, joined([shape, formats.plain(word)]))
