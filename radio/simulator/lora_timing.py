"""How long things take: packets on the air, and the chip's work on them.

Time on air follows the LoRa modem's definition (SX1276 data sheet, section 4.1.1), with low data rate
optimisation where a symbol lasts 16 ms or longer. The chip's delays follow from the corrections that
the reference host subtracts (reference recordings).
"""

from functools import lru_cache

LOW_RATE_SYMBOL_S = 0.016
HEADER_SYMBOLS = 8
FSK_PREAMBLE_BYTES = 5
FSK_LENGTH_BYTES = 1
FSK_CRC_BYTES = 2
_PS_PER_US = 1_000_000


def symbol_s(spreading_factor: int, bandwidth_hz: int) -> float:
    """Duration of one LoRa symbol."""
    return (1 << spreading_factor) / bandwidth_hz


def low_rate(spreading_factor: int, bandwidth_hz: int) -> bool:
    """Whether devices and gateways optimise for low data rates."""
    return symbol_s(spreading_factor, bandwidth_hz) >= LOW_RATE_SYMBOL_S


@lru_cache(maxsize=4096)
def payload_symbols(
    length: int, spreading_factor: int, bandwidth_hz: int, coding_rate: int, crc: bool, *, header: bool = True
) -> int:
    """Symbols after the eight that carry the header, or the first of the payload where there is none."""
    bits = 8 * length + (16 if crc else 0) - 4 * spreading_factor + (20 if header else 0)
    if spreading_factor >= 7:
        bits += 8
    bits_per_block = 4 * (spreading_factor - (2 if low_rate(spreading_factor, bandwidth_hz) else 0))
    return max(-(-bits // bits_per_block), 0) * (coding_rate + 4)


def header_end_s(spreading_factor: int, bandwidth_hz: int, preamble: int) -> float:
    """From the first preamble symbol to the end of the header."""
    sync_symbols = 6.25 if spreading_factor < 7 else 4.25
    return (preamble + sync_symbols + HEADER_SYMBOLS) * symbol_s(spreading_factor, bandwidth_hz)


def lora_airtime_s(
    length: int,
    spreading_factor: int,
    bandwidth_hz: int,
    *,
    coding_rate: int,
    crc: bool,
    preamble: int,
    header: bool = True,
) -> float:
    """Time on air of a LoRa packet, with an explicit header or without."""
    payload = payload_symbols(length, spreading_factor, bandwidth_hz, coding_rate, crc, header=header)
    header_s = header_end_s(spreading_factor, bandwidth_hz, preamble)
    return header_s + payload * symbol_s(spreading_factor, bandwidth_hz)


def fsk_airtime_s(
    length: int, bitrate_bps: int, sync_word_bytes: int, *, preamble: int = FSK_PREAMBLE_BYTES, crc: bool = True
) -> float:
    """Time on air of an FSK packet with its length byte; the preamble counts bytes."""
    checked = FSK_LENGTH_BYTES + length + (FSK_CRC_BYTES if crc else 0)
    return (preamble + sync_word_bytes + checked) * 8 / bitrate_bps


def fsk_delay_us(bitrate_bps: int) -> int:
    """From the end of an FSK packet to the chip's timestamp; negative where the chip is early."""
    return 20 - 680_000 // bitrate_bps


def front_end_delay_ps(bandwidth_hz: int) -> int:
    """What filtering and decimation take."""
    return 16_000_000 * 125_000 // bandwidth_hz + 2_031_250


@lru_cache(maxsize=4096)
def demodulation_delay_us(length: int, spreading_factor: int, bandwidth_hz: int, coding_rate: int, crc: bool) -> int:
    """From the end of a LoRa packet to the chip's legacy timestamp, to the nearest microsecond."""
    sf, chips = spreading_factor, 1 << spreading_factor
    cycle_ps = 250_000 * 125_000 // bandwidth_hz
    optimised = 1 if low_rate(sf, bandwidth_hz) else 0
    header_nibbles = sf if sf < 7 else sf - 2
    payload_nibbles = 2 * (length + (2 if crc else 0))
    if payload_nibbles <= sf - 7 or payload_nibbles == 0:
        last_nibbles, coding_rate = header_nibbles, 4
        peak_cycles = 2 * chips + 3
        demap_cycles = 4 + sf - 2 + 3 * chips // 4
    else:
        per_block = sf - 2 * optimised
        last_nibbles = (payload_nibbles + 5 - header_nibbles) % per_block or per_block
        peak_cycles = (5 - 2 * optimised) * (chips + 7) + 2
        demap_cycles = 4 + chips + per_block
    transform_cycles = chips - 6 + 2 * (chips * ((sf + 1) // 2 - 1) + 6) + 4
    decode_cycles = 8 + (9 + coding_rate) * last_nibbles
    cycles = transform_cycles + peak_cycles + demap_cycles + decode_cycles
    total_ps = front_end_delay_ps(bandwidth_hz) + cycles * cycle_ps
    return (total_ps + _PS_PER_US // 2) // _PS_PER_US
