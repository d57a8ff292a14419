"""Time on air of a packet. Pure.

LoRa: Semtech AN1200.13 and SX1261/2 data sheet, section 6.1.4, with the reference's choice of the low data rate
optimisation (from SF11 on, whatever the bandwidth). FSK: preamble, sync word, length byte, payload, checksum.
"""

import functools
import math

import msgspec

from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket, TxPacket

CODING_RATE_NUMBERS = {CodingRate.CR_4_5: 1, CodingRate.CR_4_6: 2, CodingRate.CR_4_7: 3, CodingRate.CR_4_8: 4}
# The usual preamble and the shortest that receivers find (sx1302_hal 2.1.0, loragw_hal.h): symbols, bytes.
USUAL_PREAMBLE = {Modulation.LORA: 8, Modulation.FSK: 5}
SHORTEST_PREAMBLE = {Modulation.LORA: 6, Modulation.FSK: 3}
FSK_LENGTH_BYTES = 1
FSK_CRC_BYTES = 2


class LoraAirtime(msgspec.Struct, frozen=True):
    """A LoRa packet's duration and what it is made of."""

    airtime_us: int
    symbols: float
    payload_symbols: int
    symbol_us: int


@functools.lru_cache(maxsize=4096)  # a device sends packets of a few lengths
def lora_airtime(
    spreading_factor: int,
    bandwidth_hz: int,
    coding_rate: int,
    size_bytes: int,
    *,
    preamble_symbols: int = 8,
    crc: bool = True,
    header: bool = True,
) -> LoraAirtime:
    """The duration of a LoRa packet; `coding_rate` is 1 (4/5) to 4 (4/8).

    Raises:
        ValueError: spreading factor, bandwidth or coding rate is not one of LoRa's.
    """
    if spreading_factor not in range(5, 13) or coding_rate not in range(1, 5):
        raise ValueError(f"no LoRa modulation: SF{spreading_factor}, coding rate {coding_rate}")
    if bandwidth_hz not in {125_000, 250_000, 500_000}:
        raise ValueError(f"no LoRa bandwidth: {bandwidth_hz} Hz")
    symbol_us = (1 << spreading_factor) * 1_000_000 // bandwidth_hz
    optimised = 2 if spreading_factor >= 11 else 0
    bits = 8 * size_bytes + 16 * crc - 4 * spreading_factor + 20 * header + (8 if spreading_factor >= 7 else 0)
    payload_symbols = math.ceil(max(bits, 0) / (4 * (spreading_factor - optimised))) * (coding_rate + 4)
    symbols = preamble_symbols + (4.25 if spreading_factor >= 7 else 6.25) + 8 + payload_symbols
    return LoraAirtime(int(symbols * symbol_us), symbols, payload_symbols, symbol_us)


def fsk_airtime_us(
    bitrate_bps: int, size_bytes: int, *, preamble_bytes: int = 5, sync_word_bytes: int = 3, crc: bool = True
) -> int:
    """The duration of an FSK packet.

    Raises:
        ValueError: the bit rate is not positive.
    """
    if bitrate_bps <= 0:
        raise ValueError(f"no FSK bit rate: {bitrate_bps}")
    length = preamble_bytes + sync_word_bytes + FSK_LENGTH_BYTES + size_bytes + FSK_CRC_BYTES * crc
    return 8 * length * 1_000_000 // bitrate_bps


def preamble_sent(packet: TxPacket) -> int:
    """The length of preamble that a packet goes out with, in symbols for LoRa and bytes for FSK."""
    return max(packet.preamble or USUAL_PREAMBLE[packet.modulation], SHORTEST_PREAMBLE[packet.modulation])


def tx_airtime_us(packet: TxPacket) -> int:
    """The duration of a packet to transmit.

    Raises:
        ValueError: its modulation is none that the radio has.
    """
    if packet.modulation is Modulation.FSK:
        return fsk_airtime_us(
            packet.bitrate_bps, len(packet.payload), preamble_bytes=preamble_sent(packet), crc=packet.crc
        )
    return lora_airtime(
        packet.spreading_factor,
        packet.bandwidth_hz,
        CODING_RATE_NUMBERS[packet.coding_rate] if packet.coding_rate else 0,
        len(packet.payload),
        preamble_symbols=preamble_sent(packet),
        crc=packet.crc,
        header=not packet.implicit_header,
    ).airtime_us


def rx_airtime_us(packet: RxPacket) -> int:
    """How long a received packet was on the air, with the usual preamble.

    0 where the chip does not tell the modulation. A coding rate that it does not know counts as the slowest.
    """
    has_crc = packet.crc_status is not CrcStatus.ABSENT
    if packet.modulation is Modulation.FSK:
        return fsk_airtime_us(packet.bitrate_bps, len(packet.payload), crc=has_crc) if packet.bitrate_bps > 0 else 0
    coding_rate = CODING_RATE_NUMBERS[packet.coding_rate or CodingRate.CR_4_8]
    size_bytes = len(packet.payload)
    try:
        airtime = lora_airtime(packet.spreading_factor, packet.bandwidth_hz, coding_rate, size_bytes, crc=has_crc)
    except ValueError:
        return 0
    return airtime.airtime_us
