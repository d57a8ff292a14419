"""The report's drawings, as SVG: the link's state over the days, and the messages of each day. Pure.

They are to be read in black and white as well: states differ by their pattern, and by how dark it is.
"""

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.report.availability import Span, Status
from gateway.report.formats import Formats
from gateway.report.markup import Attributes, Html, element, joined, text
from gateway.report.period import Day, Period
from gateway.report.traffic import DayTraffic

SLOT_MS = 600_000
WIDTH, LEFT, RIGHT = 720, 44, 2
_TOP, _HEIGHT = 6, 144
_BARS_HEIGHT = 110
_LEAST_HEIGHT = 2.0
_GRAVEST = (Status.DOWN, Status.GATEWAY_OFF, Status.SUSPENDED, Status.UNKNOWN, Status.DEGRADED, Status.UP)
_FILLS: Mapping[Status, str] = {
    Status.UP: "#e1eee5",
    Status.DEGRADED: "url(#degraded)",
    Status.DOWN: "#7f1d1d",
    Status.SUSPENDED: "url(#suspended)",
    Status.GATEWAY_OFF: "url(#off)",
    Status.UNKNOWN: "url(#unknown)",
}


def patterns() -> Html:
    """What the other drawings fill with: comes once, before them."""
    return element(
        "svg",
        {"width": 0, "height": 0, "class": "patterns", "aria-hidden": "true"},
        element(
            "defs",
            {},
            _pattern("degraded", 4, "#efc978", element("circle", {"cx": 2, "cy": 2, "r": 1.05, "fill": "#5c4200"})),
            _pattern("suspended", 5, "#dbe4f0", _stroke("M-1,1 l2,-2 M0,5 l5,-5 M4,6 l2,-2", "#34527a", 1.1)),
            _pattern("off", 4, "#8b8f96", _stroke("M0,0 l4,4 M4,0 l-4,4", "#1c1e22", 0.9)),
            _pattern("unknown", 6, "#ffffff", _stroke("M0,3 h2", "#8a8f98", 0.8)),
            _pattern("refused", 4, "#f0d9d9", _stroke("M-1,1 l2,-2 M0,4 l4,-4 M3,5 l2,-2", "#7f1d1d", 1.2)),
        ),
    )


def swatch(fill: Status | str) -> Html:
    """A sample of a status, or of a colour or pattern, for a legend."""
    shown = _FILLS[fill] if isinstance(fill, Status) else fill
    box = element("rect", {"x": 0.5, "y": 0.5, "width": 21, "height": 11, "fill": shown, "stroke": "#555b66"})
    return element("svg", {"class": "swatch", "viewBox": "0 0 22 12", "width": 22, "height": 12}, box)


def timeline(spans: Sequence[Span], period: Period, formats: Formats) -> Html:
    """The month: a column for each day, the hours from the top to the bottom."""
    days = period.days
    column = (WIDTH - LEFT - RIGHT) / len(days)
    parts = [*_hours(), *_day_labels(days, column, formats, _TOP + _HEIGHT)]
    for index, day in enumerate(days):
        x = LEFT + index * column + 1
        parts.extend(_column(day, spans, x, column - 2))
    return _drawing(formats.words.availability.chart, _TOP + _HEIGHT + 28, parts)


def bars(days: Sequence[DayTraffic], formats: Formats) -> Html:
    """The messages of each day: passed on below, what reached no server and what was refused above it."""
    top = _nice(max((day.heard for day in days), default=0))
    column = (WIDTH - LEFT - RIGHT) / max(1, len(days))
    parts = list(_grid(top, formats))
    for index, day in enumerate(days):
        x, y = LEFT + index * column + column * 0.14, float(_TOP + _BARS_HEIGHT)
        pieces = []
        for count, fill in _stack(day):
            height = count / top * _BARS_HEIGHT
            y -= height
            box: Attributes = {"x": x, "y": y, "width": column * 0.72, "height": height, "fill": fill, "class": "bar"}
            pieces.append(element("rect", box))
        parts.append(element("g", {}, element("title", {}, _day_title(day, formats)), *pieces))
    dated = [Day(day.date, 0, 0) for day in days]
    parts.extend(_day_labels(dated, column, formats, _TOP + _BARS_HEIGHT))
    return _drawing(formats.words.traffic.chart, _TOP + _BARS_HEIGHT + 28, parts)


PASSED_FILL, LOST_FILL, REFUSED_FILL = "#4a6c94", "url(#degraded)", "url(#refused)"


def _stack(day: DayTraffic) -> Iterator[tuple[int, str]]:
    for count, fill in (
        (day.forwarded - day.lost, PASSED_FILL),
        (day.lost, LOST_FILL),
        (day.refused, REFUSED_FILL),
    ):
        if count > 0:
            yield count, fill


def slots(day: Day, spans: Sequence[Span]) -> list[tuple[int, int, Status]]:
    """A day in slots of ten minutes, each with the gravest of what was in it; alike ones joined. Numbers of slots."""
    count = math.ceil((day.ends_unix_ms - day.begins_unix_ms) / SLOT_MS)
    rank = [len(_GRAVEST)] * count
    for span in spans:
        first_ms, last_ms = span.begins_unix_ms - day.begins_unix_ms, span.ends_unix_ms - day.begins_unix_ms
        for slot in range(max(0, first_ms // SLOT_MS), min(count, math.ceil(last_ms / SLOT_MS))):
            rank[slot] = min(rank[slot], _GRAVEST.index(span.status))
    runs: list[tuple[int, int, Status]] = []
    for slot, place in enumerate(rank):
        status = _GRAVEST[place] if place < len(_GRAVEST) else Status.UNKNOWN
        if runs and runs[-1][2] is status:
            runs[-1] = (runs[-1][0], slot + 1, status)
        else:
            runs.append((slot, slot + 1, status))
    return runs


def _column(day: Day, spans: Sequence[Span], x: float, width: float) -> Iterator[Html]:
    runs = slots(day, [span for span in spans if _overlaps(span, day)])
    scale = _HEIGHT / runs[-1][1]
    # What is short comes last, so that nothing covers it.
    for begin, end, status in sorted(runs, key=lambda run: run[0] - run[1]):
        height = max((end - begin) * scale, _LEAST_HEIGHT)
        y = min(_TOP + begin * scale, _TOP + _HEIGHT - height)
        yield element("rect", {"x": x, "y": y, "width": width, "height": height, "fill": _FILLS[status]})
    frame: Attributes = {"x": x, "y": _TOP, "width": width, "height": _HEIGHT, "class": "frame"}
    yield element("rect", frame)


def _overlaps(span: Span, day: Day) -> bool:
    return span.begins_unix_ms < day.ends_unix_ms and span.ends_unix_ms > day.begins_unix_ms


def _hours() -> Iterator[Html]:
    for hour in (0, 6, 12, 18, 24):
        y = _TOP + _HEIGHT * hour / 24
        yield element("line", {"x1": LEFT - 4, "x2": WIDTH - RIGHT, "y1": y, "y2": y, "class": "grid"})
        yield element("text", {"x": LEFT - 7, "y": y + 3, "class": "label end"}, text(f"{hour} h"))


def _grid(top: int, formats: Formats) -> Iterator[Html]:
    for part in range(5):
        y = _TOP + _BARS_HEIGHT * (1 - part / 4)
        yield element("line", {"x1": LEFT - 4, "x2": WIDTH - RIGHT, "y1": y, "y2": y, "class": "grid"})
        label = formats.number(top * part // 4)
        yield element("text", {"x": LEFT - 7, "y": y + 3, "class": "label end"}, text(label))


def _day_labels(days: Iterable[Day], column: float, formats: Formats, bottom: int) -> Iterator[Html]:
    for index, day in enumerate(days):
        x = LEFT + (index + 0.5) * column
        yield element("text", {"x": x, "y": bottom + 12, "class": "label mid"}, text(str(int(day.date[-2:]))))
        weekday = formats.words.weekdays[_weekday(day.date)]
        yield element("text", {"x": x, "y": bottom + 22, "class": "label mid faint"}, text(weekday))


def _weekday(date: str) -> int:
    return datetime.date.fromisoformat(date).weekday()


def _day_title(day: DayTraffic, formats: Formats) -> Html:
    number = formats.number
    return formats.say(
        formats.words.traffic.day_title,
        day=formats.day(day.date),
        heard=number(day.heard),
        forwarded=number(day.forwarded),
        refused=number(day.refused),
        lost=number(day.lost),
    )


def _nice(most: int) -> int:
    """The top of a scale with four steps of whole numbers."""
    step = max(1, most / 4)
    power = 10.0 ** math.floor(math.log10(step))
    nice = next(factor for factor in (1, 2, 2.5, 5, 10) if factor * power >= step)
    return 4 * max(1, math.ceil(nice * power))


def _drawing(title: str, height: int, parts: Iterable[Html]) -> Html:
    attributes = {"viewBox": f"0 0 {WIDTH} {height}", "role": "img", "class": "drawing"}
    return element("svg", attributes, element("title", {}, text(title)), joined(parts))


def _pattern(name: str, size: int, ground: str, mark: Html) -> Html:
    attributes: Attributes = {"id": name, "width": size, "height": size, "patternUnits": "userSpaceOnUse"}
    return element("pattern", attributes, element("rect", {"width": size, "height": size, "fill": ground}), mark)


def _stroke(path: str, colour: str, width: float) -> Html:
    return element("path", {"d": path, "stroke": colour, "stroke-width": width, "fill": "none"})
