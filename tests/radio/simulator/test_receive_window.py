"""A window hears exactly the emissions that match it."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.simulator.receive_window import Window, WindowKind, endless_window, timed_window
from radio.simulator.region import EU868, DataRate
from tests.radio.simulator.lorawan import emission_in

SYMBOL_SF7_S = 1.024e-3
RX1 = timed_window(WindowKind.RX1, 100.0, 868_100_000, DataRate(7, 125_000))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    rate = draw(st.sampled_from([rate for rate in EU868.data_rates if rate is not None]))
    opens_s = draw(st.floats(0, 1e6))
    if draw(st.booleans()):
        return endless_window(opens_s, 869_525_000, rate)
    return timed_window(WindowKind.RX2, opens_s, 869_525_000, rate)


@given(windows())
def test_what_is_made_for_a_window_is_heard_in_it(window: Window) -> None:
    assert window.hears(emission_in(window))


@pytest.mark.parametrize(
    "change",
    [
        {"inverted": False},
        {"sync_word": 0x12},
        {"implicit_header": True},
        {"low_rate": True},
        {"modulation": "FSK"},
        {"spreading_factor": 8},
        {"bandwidth_hz": 250_000},
        {"freq_hz": 868_300_000},
        {"freq_hz": 868_132_000},
        {"preamble": 4},
        {"start_s": 99.0},
        {"start_s": 101.0},
    ],
    ids=str,
)
def test_one_difference_is_enough_not_to_be_heard(change: dict[str, Any]) -> None:
    assert not RX1.hears(emission_in(RX1, **change))


@pytest.mark.parametrize(
    "change",
    [{"crc": True}, {"coding_rate": 4}, {"freq_hz": 868_099_976}, {"power_index": 9}, {"preamble": 10}],
    ids=str,
)
def test_what_a_receiver_does_not_mind_is_heard(change: dict[str, Any]) -> None:
    assert RX1.hears(emission_in(RX1, **change))


@given(windows(), st.floats(-12, 12))
def test_an_emission_may_start_three_symbols_before_or_after_the_window_opens(window: Window, symbols: float) -> None:
    rate = window.data_rate
    start_s = window.opens_s + symbols * (1 << rate.spreading_factor) / rate.bandwidth_hz
    heard = window.hears(emission_in(window, start_s=start_s))
    if -2.99 < symbols < 2.99:
        assert heard
    elif symbols < -3.01 or (symbols > 3.01 and window.closes_s < math.inf):
        assert not heard
    elif symbols > 3.01:
        assert heard


def test_the_tolerance_is_three_milliseconds_at_sf7() -> None:
    offsets_s = (-3.1e-3, -3.0e-3, 3.0e-3, 3.1e-3)
    assert [RX1.hears(emission_in(RX1, start_s=100.0 + offset_s)) for offset_s in offsets_s] == [
        False,
        True,
        True,
        False,
    ]
    assert pytest.approx(RX1.opens_s + 8 * SYMBOL_SF7_S) == RX1.closes_s
