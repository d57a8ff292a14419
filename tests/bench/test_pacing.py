"""Packets come due by the schedule, each once, and never in a burst that the schedule does not have."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pacing import MOST_LATE_S, Pacer, achieved_pps, irregular, regular

RATE_PPS = 1000


def test_packets_are_due_from_their_time_on() -> None:
    pacer = Pacer(regular(3, RATE_PPS), begin_s=50.0)
    assert list(pacer.due(49.999)) == []
    assert list(pacer.due(50.0011)) == [0, 1]
    assert pacer.wait_s(50.0011) == pytest.approx(0.0009)
    assert list(pacer.due(50.0021)) == [2]
    assert pacer.finished


@given(st.lists(st.floats(0, 0.1), min_size=1))
def test_each_packet_is_handed_out_once_whenever_somebody_asks(pauses_s: list[float]) -> None:
    pacer = Pacer(irregular(40, RATE_PPS), begin_s=0.0)
    now_s = 0.0
    handed_out: list[int] = []
    for pause_s in [*pauses_s, *[0.01] * 100]:
        now_s += pause_s
        handed_out += pacer.due(now_s)
    assert handed_out == list(range(40))


def test_who_was_held_up_gets_no_burst_but_the_rest_later() -> None:
    pacer = Pacer(regular(1000, RATE_PPS), begin_s=0.0)
    first = pacer.due(0.5)
    assert len(first) == pytest.approx(MOST_LATE_S * RATE_PPS + 1, abs=1)
    assert len(pacer.due(0.503)) == pytest.approx(0.003 * RATE_PPS, abs=1)


def test_irregular_packets_keep_the_rate_on_average_and_are_the_same_every_time() -> None:
    due_s = irregular(10_000, RATE_PPS)
    assert due_s == irregular(10_000, RATE_PPS)
    assert achieved_pps(due_s) == pytest.approx(RATE_PPS, rel=0.05)
    gaps_s = [later - earlier for earlier, later in pairwise(due_s)]
    assert min(gaps_s) < 0.1 / RATE_PPS < 3 / RATE_PPS < max(gaps_s)


@pytest.mark.parametrize("entered_s", [[], [1.0], [1.0, 1.0]])
def test_there_is_no_rate_without_time_between_packets(entered_s: list[float]) -> None:
    assert achieved_pps(entered_s) == 0.0
