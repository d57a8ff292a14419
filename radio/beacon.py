"""Class B beacons: where, when, and of what bytes. Pure.

Frame, CRC and period: LoRaWAN TS001-1.0.4, sections 13.2 to 13.5. Frequencies, data rates and the RFU fields around
each part: LoRaWAN Regional Parameters (RP002-1.0.4 and 1.0.3 rev. A), sections "Class B beacon" of each region. What
TS001-1.0.4 calls Param is the last octet of the first RFU field; its 0 is the usual precision of 1 µs.
"""

import binascii

import msgspec

from radio.packets import CodingRate, TxPacket

BEACON_PERIOD_S = 128
PREAMBLE_SYMBOLS = 10
# Octets of RFU before the time and after the gateway's part, by spreading factor.
RFU_OCTETS = {8: (1, 3), 9: (2, 0), 10: (3, 1), 12: (5, 3)}
# A coordinate's scale: 24 bits, signed, for ±90° and ±180°.
COORDINATE_LIMIT = 1 << 23
NS_PER_S = 1_000_000_000


class BeaconPlan(msgspec.Struct, frozen=True):
    """Where a region's beacons are: `channels` frequencies from `freq_hz` on, `step_hz` apart, taken in turn."""

    source: str
    freq_hz: int
    spreading_factor: int = 9
    bandwidth_hz: int = 125_000
    channels: int = 1
    step_hz: int = 0


class AntennaPosition(msgspec.Struct, frozen=True):
    """What a beacon says of its gateway; `antenna` is 0 for the first, up to 2."""

    latitude_deg: float
    longitude_deg: float
    antenna: int = 0


BEACON_PLANS: dict[str, BeaconPlan] = {
    "EU868": BeaconPlan("RP002-1.0.4, EU863-870", 869_525_000),
    "EU433": BeaconPlan("RP002-1.0.4, EU433", 434_665_000),
    "CN779": BeaconPlan("Regional Parameters 1.0.3 rev. A, CN779-787", 785_000_000),
    "RU864": BeaconPlan("RP002-1.0.4, RU864-870", 869_100_000),
    "KR920": BeaconPlan("RP002-1.0.4, KR920-923", 923_100_000),
    "IN865": BeaconPlan("RP002-1.0.4, IN865-867", 866_550_000, spreading_factor=8),
    "AS923": BeaconPlan("RP002-1.0.4, AS923-1", 923_400_000),
    "AS923_2": BeaconPlan("RP002-1.0.4, AS923-2, 1.8 MHz below AS923-1", 921_600_000),
    "AS923_3": BeaconPlan("RP002-1.0.4, AS923-3, 6.6 MHz below AS923-1", 916_800_000),
    "AS923_4": BeaconPlan("RP002-1.0.4, AS923-4, 5.9 MHz below AS923-1", 917_500_000),
    "US915": BeaconPlan("RP002-1.0.4, US902-928", 923_300_000, 12, 500_000, channels=8, step_hz=600_000),
    "AU915": BeaconPlan("RP002-1.0.4, AU915-928", 923_300_000, 12, 500_000, channels=8, step_hz=600_000),
    "CN470": BeaconPlan(
        "Regional Parameters 1.0.3 rev. A, CN470-510, downlinks at 500 to 510 MHz",
        508_300_000,
        spreading_factor=10,
        channels=8,
        step_hz=200_000,
    ),
}


def next_beacon_s(gps_ns: int) -> int:
    """The GPS second of the first beacon after a GPS time."""
    return (gps_ns // (BEACON_PERIOD_S * NS_PER_S) + 1) * BEACON_PERIOD_S


def beacon_freq_hz(plan: BeaconPlan, gps_s: int) -> int:
    """The frequency of the beacon of a GPS second: each one takes the region's next channel."""
    return plan.freq_hz + gps_s // BEACON_PERIOD_S % plan.channels * plan.step_hz


def _crc(part: bytes) -> bytes:
    """IEEE 802.15.4-2003: x^16 + x^12 + x^5 + 1, from 0, no reflection."""
    return binascii.crc_hqx(part, 0).to_bytes(2, "little")


def _coordinate(angle_deg: float, limit_deg: int) -> bytes:
    """24 bits, towards zero; the poles and the date line are one step short of their limit on the positive side."""
    value = int(angle_deg / limit_deg * COORDINATE_LIMIT)
    return min(max(value, -COORDINATE_LIMIT), COORDINATE_LIMIT - 1).to_bytes(3, "little", signed=True)


def beacon_payload(spreading_factor: int, gps_s: int, position: AntennaPosition) -> bytes:
    """The beacon's octets.

    Raises:
        ValueError: no beacon has this spreading factor.
    """
    if spreading_factor not in RFU_OCTETS:
        raise ValueError(f"no beacon at SF{spreading_factor}")
    before, after = RFU_OCTETS[spreading_factor]
    common = bytes(before) + (gps_s & 0xFFFF_FFFF).to_bytes(4, "little")
    latitude = _coordinate(position.latitude_deg, 90)
    longitude = _coordinate(position.longitude_deg, 180)
    gateway = bytes((position.antenna,)) + latitude + longitude + bytes(after)
    return common + _crc(common) + gateway + _crc(gateway)


def beacon_packet(
    plan: BeaconPlan, gps_s: int, position: AntennaPosition, power_dbm: int, *, crystal_ratio: float = 1.0
) -> TxPacket:
    """The beacon of a GPS second, to be sent on the pulse of that second.

    `crystal_ratio` is how fast the concentrator's clock runs; its synthesizer is off by as much, and corrected.

    Raises:
        ValueError: there is no beacon in that second, or none of the plan's spreading factor.
    """
    if gps_s % BEACON_PERIOD_S:
        raise ValueError(f"no beacon at GPS second {gps_s}: it is no multiple of {BEACON_PERIOD_S}")
    return TxPacket(
        payload=beacon_payload(plan.spreading_factor, gps_s, position),
        freq_hz=round(beacon_freq_hz(plan, gps_s) / crystal_ratio),
        power_dbm=power_dbm,
        bandwidth_hz=plan.bandwidth_hz,
        spreading_factor=plan.spreading_factor,
        coding_rate=CodingRate.CR_4_5,
        preamble=PREAMBLE_SYMBOLS,
        crc=False,
        implicit_header=True,
    )
