"""Fine timestamps: nanoseconds since the PPS, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.sx1302.fine_time import (
    GROUP_DELAY_TICKS,
    PPS_HISTORY,
    TICK_HZ,
    TICK_NS,
    dc_notch_ticks,
    fine_time_ns,
    remember_pps,
)

WRAP = 1 << 32
FAR_FROM_DC_HZ = 200_000
NO_METRICS = bytes(8)


def preamble_ticks(spreading_factor: int) -> int:
    """From the end of the preamble to the stamp: symbols of 256 · 2^SF ticks at 125 kHz, less one chip."""
    symbols = 14.25 if spreading_factor <= 6 else 12.25
    return int(symbols * 256 * 2**spreading_factor) - 256


def pulses(last_ticks: int, count: int = PPS_HISTORY, spacing_ticks: int = TICK_HZ) -> tuple[int, ...]:
    """The counter at some pulses, one after another."""
    return tuple((last_ticks - number * spacing_ticks) % WRAP for number in reversed(range(count)))


def measured(
    since_pps_ticks: int,
    history: tuple[int, ...],
    *,
    spreading_factor: int = 7,
    metrics: bytes = NO_METRICS,
    if_hz: int = FAR_FROM_DC_HZ,
) -> int | None:
    """The fine time of a preamble that ended so long after the last pulse, on an ideal carrier."""
    stamp = history[-1] + since_pps_ticks + preamble_ticks(spreading_factor) - GROUP_DELAY_TICKS
    return fine_time_ns(
        history, stamp % WRAP, metrics, spreading_factor=spreading_factor, if_hz=if_hz, frequency_error=0.0
    )


@given(st.integers(0, TICK_HZ - 1), st.integers(0, WRAP - 1), st.integers(5, 12))
def test_an_ideal_crystal_gives_the_time_since_the_pulse(
    since_ticks: int, last_ticks: int, spreading_factor: int
) -> None:
    found = measured(since_ticks, pulses(last_ticks), spreading_factor=spreading_factor)
    assert found == pytest.approx(since_ticks * TICK_NS, abs=1)


@given(st.integers(-1600, 1600))
def test_a_fast_or_slow_crystal_is_corrected(error_ticks: int) -> None:
    spacing = TICK_HZ + error_ticks
    assert measured(spacing // 2, pulses(0, spacing_ticks=spacing)) == pytest.approx(500_000_000, abs=40)


def test_a_packet_that_began_before_the_last_pulse_counts_from_the_one_before() -> None:
    assert measured(-1_000, pulses(9_999)) == pytest.approx((TICK_HZ - 1_000) * TICK_NS, abs=1)


@pytest.mark.parametrize(
    ("history", "metrics"),
    [
        (pulses(0, PPS_HISTORY - 1), NO_METRICS),
        (pulses(0), b""),
        (pulses(0, spacing_ticks=TICK_HZ * 2), NO_METRICS),
        (pulses(0, spacing_ticks=TICK_HZ // 2), NO_METRICS),
    ],
    ids=["too few pulses", "no metrics", "every other pulse lost", "pulses too often"],
)
def test_without_a_sound_reference_there_is_no_fine_time(history: tuple[int, ...], metrics: bytes) -> None:
    assert measured(1_000, history, metrics=metrics) is None


def test_before_the_first_pulse_there_is_no_fine_time() -> None:
    assert fine_time_ns((), 0, NO_METRICS, spreading_factor=7, if_hz=0, frequency_error=0.0) is None


def test_pulses_that_ended_long_ago_are_no_reference() -> None:
    assert measured(3 * TICK_HZ, pulses(0)) is None


@pytest.mark.parametrize(
    ("spreading_factor", "metrics", "ticks"),
    [
        (7, bytes((2, 2, 2, 2)), 5.0),
        (7, bytes((0xFE, 0xFE, 0xFE, 0xFE)), -5.0),
        (7, bytes((4, *[0] * 63, 100)), 4.0),
        (7, bytes((*[0] * 63, 64)), 1.0),
        (10, bytes((4, *[0] * 31, 100)), 4.0),
        (10, bytes((*[0] * 31, 32)), 1.0),
        (11, bytes((4, *[0] * 15, 100)), 4.0),
        (11, bytes((*[0] * 15, 16)), 1.0),
        (12, bytes((4, *[0] * 7, 100)), 4.0),
        (12, bytes((*[0] * 7, 8)), 1.0),
    ],
    ids=[
        "sum of 2, 4, 6, 8",
        "signed",
        "the 65th does not count",
        "the 64th does",
        "at SF10 the 33rd does not count",
        "at SF10 the 32nd does",
        "at SF11 the 17th does not count",
        "at SF11 the 16th does",
        "at SF12 the 9th does not count",
        "at SF12 the 8th does",
    ],
)
def test_metrics_add_the_mean_of_their_running_sum(spreading_factor: int, metrics: bytes, ticks: float) -> None:
    found = measured(10_000, pulses(0), spreading_factor=spreading_factor, metrics=metrics)
    assert found == pytest.approx((10_000 + ticks) * TICK_NS, abs=1)


@pytest.mark.parametrize(("if_hz", "ticks"), [(0, 10.2922), (75_001, 0.0), (-75_001, 0.0)])
def test_the_notch_filter_delays_near_the_centre_only(if_hz: int, ticks: float) -> None:
    assert dc_notch_ticks(if_hz) == ticks


@pytest.mark.parametrize("if_hz", [-75_000, -74_000, 74_000, 75_000])
def test_the_notch_filter_reaches_75_khz_to_either_side(if_hz: int) -> None:
    khz = if_hz / 1000
    by_fit = 1.7e-6 * khz**4 + 2.4e-6 * khz**3 - 0.0101 * khz**2 - 0.01275 * khz + 10.2922
    assert dc_notch_ticks(if_hz) == pytest.approx(by_fit)
    assert by_fit != 0


def test_a_pulse_is_remembered_once_and_old_ones_are_forgotten() -> None:
    history: tuple[int, ...] = ()
    for ticks in range(40):
        history = remember_pps(remember_pps(history, ticks), ticks)
    assert history == tuple(range(40 - PPS_HISTORY, 40))
