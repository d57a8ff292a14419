"""The drawings: that they show what is there, however short it is, and stay small."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report.availability import Span, Status
from gateway.report.charts import SLOT_MS, bars, slots, timeline
from gateway.report.formats import Formats
from gateway.report.period import Day
from gateway.report.traffic import DayTraffic
from tests.gateway.report.scene import BEGIN_MS, DAY_MS, END_MS, HOUR_MS, MARCH, MINUTE_MS

DAY = MARCH.days[0]
FORMATS = Formats("fr", "UTC")


def up_but(status: Status, begin_ms: int, end_ms: int) -> tuple[Span, ...]:
    begin, end = BEGIN_MS + begin_ms, BEGIN_MS + end_ms
    return Span(Status.UP, BEGIN_MS, begin), Span(status, begin, end), Span(Status.UP, end, END_MS)


def test_the_shortest_trouble_is_seen() -> None:
    runs = slots(DAY, up_but(Status.DOWN, HOUR_MS + MINUTE_MS, HOUR_MS + MINUTE_MS + 1))
    assert runs == [(0, 6, Status.UP), (6, 7, Status.DOWN), (7, 144, Status.UP)]


def test_the_gravest_of_ten_minutes_is_told() -> None:
    spans = (Span(Status.DEGRADED, BEGIN_MS, BEGIN_MS + 9), Span(Status.DOWN, BEGIN_MS + 9, BEGIN_MS + DAY_MS))
    assert slots(DAY, spans) == [(0, 144, Status.DOWN)]


@given(st.lists(st.tuples(st.integers(1, 5 * HOUR_MS), st.sampled_from(Status)), max_size=30))
def test_slots_fill_the_day_in_order(steps: list[tuple[int, Status]]) -> None:
    spans, at_ms = [], BEGIN_MS
    for lasted_ms, status in steps:
        spans.append(Span(status, at_ms, at_ms + lasted_ms))
        at_ms += lasted_ms
    runs = slots(DAY, spans)
    assert (runs[0][0], runs[-1][1]) == (0, DAY_MS // SLOT_MS)
    assert all(one[1] == other[0] and one[2] is not other[2] for one, other in itertools.pairwise(runs))


@pytest.mark.parametrize(("hours", "count"), [(23, 138), (24, 144), (25, 150)])
def test_a_day_of_another_length_has_other_slots(hours: int, count: int) -> None:
    day = Day("2026-03-29", BEGIN_MS, BEGIN_MS + hours * HOUR_MS)
    assert slots(day, ()) == [(0, count, Status.UNKNOWN)]


def test_a_link_that_comes_and_goes_all_month_makes_no_endless_drawing() -> None:
    states = itertools.cycle((Status.UP, Status.DOWN))
    spans = [Span(next(states), at, at + 10_000) for at in range(BEGIN_MS, END_MS, 10_000)]
    assert len(timeline(spans, MARCH, FORMATS)) < 50_000


def test_each_state_has_its_own_filling() -> None:
    fills = {timeline([Span(status, BEGIN_MS, END_MS)], MARCH, FORMATS) for status in Status}
    assert len(fills) == len(Status)


@given(st.integers(0, 10**9))
def test_no_bar_is_higher_than_its_scale(heard: int) -> None:
    drawn = bars([DayTraffic("2026-03-01", heard, heard)], FORMATS)
    assert 'y="-' not in drawn
    assert 'height="-' not in drawn


def test_each_bar_says_its_numbers() -> None:
    drawn = bars([DayTraffic("2026-03-01", 9, 7, 2, 1)], FORMATS)
    assert (
        "1er\N{NO-BREAK SPACE}mars\N{NO-BREAK SPACE}: 9 entendus, 7 transmis, 2 non transmis, 1 non parvenus" in drawn
    )
