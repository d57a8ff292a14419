"""Calibration of Semtech's SX1250 reference boards, taken where the configuration gives none.

Values of the reference configurations of sx1302_hal 2.1.0, for its 868/915 MHz and its 490 MHz boards.
"""

import msgspec

from radio.sx1302.plan import TemperatureCompensation, TxGain

LOW_BAND_BELOW_HZ = 600_000_000


class Calibration(msgspec.Struct, frozen=True):
    """What a board's maker measures: RSSI offset and drift, transmit power settings."""

    rssi_offset_db: float
    rssi_temperature: TemperatureCompensation
    tx_gain_table: tuple[TxGain, ...]


def _gains(*lines: tuple[int, int, int]) -> tuple[TxGain, ...]:
    return tuple(TxGain(*line) for line in lines)


_DRIFT = TemperatureCompensation(c=20.41, d=2162.56)

# fmt: off
_HIGH_BAND = Calibration(-215.4, _DRIFT, _gains(
    (12, 0, 15), (13, 0, 16), (14, 0, 17), (15, 0, 19), (16, 0, 20), (17, 0, 22), (18, 1, 1), (19, 1, 2),
    (20, 1, 3), (21, 1, 4), (22, 1, 5), (23, 1, 6), (24, 1, 7), (25, 1, 9), (26, 1, 11), (27, 1, 14),
))
_LOW_BAND = Calibration(-207.0, _DRIFT, _gains(
    (-6, 0, 0), (-3, 0, 1), (0, 0, 2), (3, 1, 3), (6, 1, 4), (10, 1, 5), (11, 1, 6), (12, 1, 7),
    (13, 1, 8), (14, 1, 9), (16, 1, 10), (20, 1, 11), (23, 1, 12), (25, 1, 13), (26, 1, 14), (27, 1, 15),
))
# fmt: on


def reference_calibration(freq_hz: int) -> Calibration:
    """The reference board's calibration for a radio at this frequency."""
    return _LOW_BAND if freq_hz < LOW_BAND_BELOW_HZ else _HIGH_BAND
