"""Tables and the other recurring pieces of the report's page. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from gateway.report.formats import Formats
from gateway.report.markup import NOTHING, Html, element, joined

MOST_ROWS = 200
Row = TypeVar("Row")


class Column(msgspec.Struct, frozen=True):
    """A column's name, the class of its cells ("number", "tight" or none), and its width as CSS has it."""

    name: str
    kind: str = ""
    width: str = ""


def table(
    formats: Formats,
    columns: Sequence[Column],
    rows: Sequence[Row],
    cells: Callable[[Row], Sequence[Html]],
    *,
    left_out: int = 0,
    kind: str = "",
) -> Html:
    """A table with its first column as heads of the rows; of very many rows the first, and how many more there are.

    `kind` is the table's class, for its look.
    """
    shown = [_row(columns, cells(row)) for row in rows[:MOST_ROWS]]
    more = len(rows) - len(shown) + left_out
    if more > 0:
        told = formats.say(formats.words.more_rows, count=formats.number(more))
        shown.append(element("tr", {"class": "more"}, element("td", {"colspan": len(columns)}, told)))
    heads = [element("th", {"scope": "col", **_class(column)}, formats.plain(column.name)) for column in columns]
    head = element("thead", {}, element("tr", {}, *heads))
    widths = [element("col", {"style": f"width:{column.width}"} if column.width else {}) for column in columns]
    body = element("tbody", {}, *shown)
    return element("table", {"class": kind} if kind else {}, element("colgroup", {}, *widths), head, body)


def section(title: Html, *children: Html) -> Html:
    """A part of the report."""
    return element("section", {}, element("h2", {}, title), *children)


def whole_section(title: Html, *children: Html) -> Html:
    """A part that stays on one page where it can."""
    return element("section", {"class": "together"}, element("h2", {}, title), *children)


def paragraph(content: Html, kind: str = "") -> Html:
    """A paragraph, nothing where there is nothing to say."""
    return element("p", {"class": kind} if kind else {}, content) if content else NOTHING


def lines(parts: Iterable[Html]) -> Html:
    """Parts below each other in one cell."""
    return joined(paragraph(part) for part in parts)


def small(content: Html) -> Html:
    """Small print."""
    return element("small", {}, content)


def _row(columns: Sequence[Column], cells: Sequence[Html]) -> Html:
    first, *others = zip(columns, cells, strict=True)
    head = element("th", {"scope": "row", **_class(first[0])}, first[1])
    return element("tr", {}, head, *(element("td", _class(column), cell) for column, cell in others))


def _class(column: Column) -> dict[str, str]:
    return {"class": column.kind} if column.kind else {}
