"""The law: may this emission be made? Pure.

The answers are those that a network server understands. A bandwidth outside every sub-band is TX_FREQ, too much
radiated power TX_POWER. An emission that lasts too long, by itself or with those of any hour around it, is
DUTY_CYCLE_OVERFLOW: in both cases it is time on the air that is missing, and the server's remedy is a faster data
rate or another sub-band.
"""

import math

import msgspec

from radio import duty_cycle
from radio.airtime import tx_airtime_us
from radio.duty_cycle import Account
from radio.packets import Modulation, TxPacket, TxStatus
from radio.regulation_tables import REGULATIONS, SAME_LAW, Regulation, SubBand

# Sums of decibels are exact to far less; limits are given in hundredths.
ROUNDING_DB = 1e-6


class Emission(msgspec.Struct, frozen=True, gc=False):
    """What goes on the air: when, for how long, where, and how strongly at the antenna connector.

    `start_us` is on the clock of the account, CLOCK_BOOTTIME.
    """

    start_us: int
    airtime_us: int
    freq_hz: int
    bandwidth_hz: int
    power_dbm: float


def occupied_bandwidth_hz(packet: TxPacket) -> int:
    """The bandwidth that a packet occupies: LoRa's own, and for FSK by Carson's rule with half the bit rate."""
    if packet.modulation is Modulation.LORA:
        return packet.bandwidth_hz
    return packet.bitrate_bps + 2 * packet.deviation_hz


def emission_of(packet: TxPacket, start_us: int) -> Emission:
    """The emission of a packet that begins at a moment of CLOCK_BOOTTIME.

    Raises:
        ValueError: the packet's modulation is none that the radio has.
    """
    bandwidth_hz = occupied_bandwidth_hz(packet)
    return Emission(start_us, tx_airtime_us(packet), packet.freq_hz, bandwidth_hz, packet.power_dbm)


def regulation_for(region_plan: str, *, limit_downlink_dwell: bool = False) -> Regulation:
    """The law of a region plan: EU868, US915_2, CN490, …

    `limit_downlink_dwell` keeps each emission to 400 ms, for the countries of AS923 and AU915 that ask for it. It is
    without effect in regions that know no such limit.

    Raises:
        ValueError: there is no table for this region.
    """
    family = region_plan.partition("_")[0]
    regulation = REGULATIONS.get(SAME_LAW.get(family, family))
    if regulation is None:
        raise ValueError(f"no law is known for region {region_plan}; known are {', '.join(REGULATIONS)}")
    if not limit_downlink_dwell or regulation.optional_dwell_us is None:
        return regulation
    dwell_us = regulation.optional_dwell_us
    limited = tuple(msgspec.structs.replace(band, max_airtime_us=dwell_us) for band in regulation.sub_bands)
    return msgspec.structs.replace(regulation, sub_bands=limited)


def sub_band_of(regulation: Regulation, freq_hz: int, bandwidth_hz: int) -> SubBand | None:
    """The sub-band that holds the whole bandwidth around a centre frequency, or None."""
    for band in regulation.sub_bands:
        # Doubled, so that half an odd bandwidth is not rounded.
        inside = 2 * band.low_hz <= 2 * freq_hz - bandwidth_hz and 2 * freq_hz + bandwidth_hz <= 2 * band.high_hz
        if inside and bandwidth_hz >= band.min_bandwidth_hz:
            return band
    return None


def _most_power_dbm(band: SubBand, antenna_gain_dbi: float) -> float:
    radiated_dbm = band.max_eirp_dbm - antenna_gain_dbi
    return radiated_dbm if band.max_power_dbm is None else min(radiated_dbm, band.max_power_dbm)


def lawful_power_dbm(
    regulation: Regulation, freq_hz: int, bandwidth_hz: int, antenna_gain_dbi: float = 0.0
) -> int | None:
    """The highest lawful power at the antenna connector, in whole dBm; None where nothing may be transmitted.

    `antenna_gain_dbi` is the antenna's gain less the loss of its cable.
    """
    band = sub_band_of(regulation, freq_hz, bandwidth_hz)
    return None if band is None else math.floor(_most_power_dbm(band, antenna_gain_dbi) + ROUNDING_DB)


def duty_cycle_limit_us(band: SubBand) -> int | None:
    """The time on air that any hour may hold in a sub-band, or None where it is not limited."""
    if band.duty_cycle_permille is None:
        return None
    return duty_cycle.WINDOW_US * band.duty_cycle_permille // 1000


def check(regulation: Regulation, emission: Emission, account: Account, antenna_gain_dbi: float = 0.0) -> TxStatus:
    """Whether an emission is lawful after, and before, all that the account holds; INVALID if it has no duration."""
    if emission.airtime_us <= 0 or emission.bandwidth_hz <= 0:
        return TxStatus.INVALID
    band = sub_band_of(regulation, emission.freq_hz, emission.bandwidth_hz)
    if band is None:
        return TxStatus.TX_FREQ
    if not emission.power_dbm <= _most_power_dbm(band, antenna_gain_dbi) + ROUNDING_DB:  # nor what is no number
        return TxStatus.TX_POWER
    if band.max_airtime_us is not None and emission.airtime_us > band.max_airtime_us:
        return TxStatus.DUTY_CYCLE_OVERFLOW
    limit_us = duty_cycle_limit_us(band)
    if limit_us is None or duty_cycle.fits(account, band.name, limit_us, emission.start_us, emission.airtime_us):
        return TxStatus.OK
    return TxStatus.DUTY_CYCLE_OVERFLOW


def limited_sub_band(regulation: Regulation, emission: Emission) -> SubBand | None:
    """The sub-band whose account an emission is charged to; None where nothing is counted."""
    band = sub_band_of(regulation, emission.freq_hz, emission.bandwidth_hz)
    return None if band is None or band.duty_cycle_permille is None else band


def record(regulation: Regulation, account: Account, emission: Emission, now_us: int) -> Account:
    """The account with an emission added, made or still to come; what no longer matters at `now_us` is forgotten."""
    band = limited_sub_band(regulation, emission)
    if band is None:
        return account
    return duty_cycle.reserve(account, band.name, emission.start_us, emission.airtime_us, now_us)


def release(regulation: Regulation, account: Account, emission: Emission) -> Account:
    """The account without an emission that was recorded and did not take place."""
    band = limited_sub_band(regulation, emission)
    if band is None:
        return account
    return duty_cycle.release(account, band.name, emission.start_us, emission.airtime_us)
