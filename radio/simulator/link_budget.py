"""What the simulated front end can hear, and what its RSSI readings look like.

Anchor: -141 dBm at SF12, 125 kHz, the figure that Semtech advertises for the SX1302. A step of spreading
factor is worth 2.5 dB of SNR, doubling the bandwidth costs 3 dB. A model to play with, not a measurement.
"""

import math

import msgspec

NOISE_FLOOR_125KHZ_DBM = -117.0
"""Thermal noise of -174 dBm/Hz in 125 kHz with a noise figure of 6 dB."""
SF12_SNR_LIMIT_DB = -24.0
SNR_PER_SF_DB = 2.5
FSK_SENSITIVITY_DBM = -109.0
"""Our choice for 50 kb/s: 8 dB above the noise floor."""
MAX_SNR_DB = 15.0
"""Where the chip's SNR reading saturates; our choice."""
FREQUENCY_TOLERANCE = 0.25
"""Carrier offset that is still heard, as a part of the bandwidth: the usual rule of thumb for LoRa."""

_FSK_CUBIC = (90.636423, 0.420835, 0.007129, -0.000026)
_FSK_MONOTONIC_RAW = range(209)


def noise_floor_dbm(bandwidth_hz: int) -> float:
    """Noise power in a bandwidth."""
    return NOISE_FLOOR_125KHZ_DBM + 10 * math.log10(bandwidth_hz / 125_000)


def snr_limit_db(spreading_factor: int) -> float:
    """The lowest SNR at which packets are still demodulated."""
    return SF12_SNR_LIMIT_DB + SNR_PER_SF_DB * (12 - spreading_factor)


def snr_db(rssi_dbm: float, bandwidth_hz: int) -> float:
    """What the noise floor makes of a signal strength."""
    return min(rssi_dbm - noise_floor_dbm(bandwidth_hz), MAX_SNR_DB)


def lora_audible(rssi_dbm: float, snr: float, spreading_factor: int, bandwidth_hz: int) -> bool:
    """Whether a LoRa packet is strong enough, alone on its channel."""
    limit_db = snr_limit_db(spreading_factor)
    return snr >= limit_db and rssi_dbm >= noise_floor_dbm(bandwidth_hz) + limit_db


class FrontEnd(msgspec.Struct, frozen=True):
    """The board's RSSI calibration: what a host must be configured with to read true values.

    Defaults are those of Semtech's corecell reference design, at 25 °C.
    """

    rssi_offset_db: float = -215.4
    temperature_c: float = 25.0
    tcomp_c: float = 20.41
    tcomp_d: float = 2162.56

    @property
    def correction_db(self) -> float:
        """What a calibrated host adds to the chip's raw reading."""
        drift = (self.tcomp_c * self.temperature_c + self.tcomp_d) * self.temperature_c / 65536
        return self.rssi_offset_db + drift

    def raw_rssi(self, rssi_dbm: float) -> int:
        """The chip's reading of a LoRa signal strength."""
        return min(max(round(rssi_dbm - self.correction_db), 0), 255)

    def raw_fsk_rssi(self, rssi_dbm: float) -> int:
        """The chip's reading of an FSK signal strength, which hosts send through a cubic."""
        wanted = rssi_dbm - self.correction_db
        return min(_FSK_MONOTONIC_RAW, key=lambda raw: abs(_fsk_reading(raw) - wanted))


def _fsk_reading(raw: int) -> float:
    constant, linear, square, cubic = _FSK_CUBIC
    return constant + raw * (linear + raw * (square + raw * cubic))
