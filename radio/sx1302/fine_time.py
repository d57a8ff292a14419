"""Fine timestamps of the SX1303: nanoseconds since the last PPS. Pure.

The model is that of sx1302_hal 2.1.0 (loragw_sx1302_timestamp.c).
"""

import struct
from collections.abc import Sequence

TICK_HZ = 32_000_000
TICK_NS = 31.25
# So many PPS must have been seen before a fine timestamp is given.
PPS_HISTORY = 16
# Difference of group delay between the SX1303 and its predecessor, in ticks.
GROUP_DELAY_TICKS = 2138
TICKS_PER_CHIP = 256
METRICS_LIMIT = {10: 16, 11: 8, 12: 4}
METRICS_LIMIT_DEFAULT = 32
XTAL_LIMITS = (0.8, 1.2)
MASK = 0xFFFF_FFFF


def remember_pps(history: tuple[int, ...], pps_ticks: int) -> tuple[int, ...]:
    """The history with one more PPS counter, newest last; the same PPS is kept once."""
    if history and history[-1] == pps_ticks:
        return history
    return (*history, pps_ticks)[-PPS_HISTORY:]


def single(value: float) -> float:
    """The nearest single-precision number."""
    result: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return result


def _metrics_mean(metrics: bytes, spreading_factor: int) -> float:
    """The mean of the running sum of the metrics, each a signed byte."""
    limit = 2 * METRICS_LIMIT.get(spreading_factor, METRICS_LIMIT_DEFAULT)
    values = struct.unpack(f"{min(limit, len(metrics))}b", metrics[:limit])
    running = total = 0
    for value in values:
        running += value
        total += running
    return single(total / len(values))


def dc_notch_ticks(if_hz: int) -> float:
    """The delay of the DC notch filter, which only acts near a radio's centre."""
    khz = if_hz / 1000
    if not -75.0 <= khz <= 75.0:
        return 0.0
    return float(1.7e-6 * khz**4 + 2.4e-6 * khz**3 - 0.0101 * khz**2 - 0.01275 * khz + 10.2922)


def _reference(history: Sequence[int], at_ticks: int) -> tuple[int, float] | None:
    """The PPS before `at_ticks` and the crystal's rate around it, or None where the history does not tell."""
    for index in range(len(history) - 1, -1, -1):
        if (at_ticks - history[index]) & MASK < TICK_HZ or (
            index == len(history) - 1 and (at_ticks - history[index]) & MASK == TICK_HZ
        ):
            first, second = (index - 1, index) if index == len(history) - 1 else (index, index + 1)
            second_ticks = (history[second] - history[first]) & MASK
            return history[index], TICK_HZ / second_ticks
    return None


def fine_time_ns(
    history: Sequence[int],
    timestamp_ticks: int,
    metrics: bytes,
    *,
    spreading_factor: int,
    if_hz: int,
    frequency_error: float,
) -> int | None:
    """Nanoseconds from the last PPS to the end of the preamble, or None where it cannot be told.

    `metrics` are the record's metric bytes, `frequency_error` the packet's relative error.
    """
    if len(history) < PPS_HISTORY or not metrics:
        return None
    chips = 1 << spreading_factor
    preamble = TICKS_PER_CHIP * chips * (14 if spreading_factor <= 6 else 12) + TICKS_PER_CHIP * (chips // 4 - 1)
    preamble = int(preamble + preamble * frequency_error + 0.5)
    end_of_preamble = (timestamp_ticks - preamble + GROUP_DELAY_TICKS) & MASK
    found = _reference(history, end_of_preamble)
    if found is None:
        return None
    pps_ticks, xtal = found
    if not XTAL_LIMITS[0] <= xtal <= XTAL_LIMITS[1]:
        return None
    ticks = ((end_of_preamble - pps_ticks) & MASK) + _metrics_mean(metrics, spreading_factor) + dc_notch_ticks(if_hz)
    result = int(ticks * TICK_NS * xtal)
    return result if 0 <= result <= 1_000_000_000 else None
