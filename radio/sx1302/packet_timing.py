"""What lies between the chip's time stamp and the end of the packet, in microseconds. Pure.

The terms are the pipeline of the SX1302's demodulator as sx1302_hal 2.1.0 models it (loragw_sx1302_timestamp.c);
see the reference recordings, section on the receive record. Everything is in picoseconds until the last line.
"""

from functools import lru_cache

from radio.airtime import lora_airtime
from radio.sx1302.settings import low_data_rate

FILTER_PS = 16_000_000
DECIMATOR_PS = 2_031_250
MODEM_CLOCK_PS = 250_000
HALF_US_PS = 500_000
PS_PER_US = 1_000_000


@lru_cache(maxsize=8192)
def end_of_packet_correction_us(
    spreading_factor: int, bandwidth_hz: int, coding_rate: int, size_bytes: int, crc: bool
) -> int:
    """What to add to a legacy time stamp, taken when the packet was decoded; never positive.

    0 where the coding rate is unknown (0 or above 4).
    """
    if coding_rate not in range(1, 5):
        return 0
    scale = bandwidth_hz // 125_000
    clock = MODEM_CLOCK_PS // scale
    chips = 1 << spreading_factor
    ppm = int(low_data_rate(bandwidth_hz, spreading_factor))
    content = size_bytes + 2 * crc
    header_nibbles = spreading_factor if spreading_factor <= 6 else spreading_factor - 2
    in_header = 2 * content <= spreading_factor - 7 or content == 0
    if in_header:
        last_block, block_rate = header_nibbles, 4
        demodulation = clock * (2 * chips + 3)
        mapping = clock * (4 + spreading_factor - 2) + chips * clock * 3 // 4
    else:
        block = spreading_factor - 2 * ppm
        last_block, block_rate = (2 * content + 5 - header_nibbles) % block or block, coding_rate
        demodulation = (5 - 2 * ppm) * (chips + 7) * clock + 2 * clock
        mapping = clock * (4 + chips + block)
    passes = (spreading_factor + 1) // 2
    search = clock * (chips - 6 + 2 * (chips * (passes - 1) + 6)) + 4 * clock
    decoding = 8 * clock + (9 + block_rate) * clock * last_block
    filtering = FILTER_PS // scale + DECIMATOR_PS
    return -((filtering + search + demodulation + mapping + decoding + HALF_US_PS) // PS_PER_US)


@lru_cache(maxsize=8192)
def end_of_header_correction_us(
    spreading_factor: int, bandwidth_hz: int, coding_rate: int, size_bytes: int, crc: bool
) -> int:
    """What to add to a fine time stamp, taken at the end of the header. 0 where the coding rate is unknown."""
    if coding_rate not in range(1, 5):
        return 0
    airtime = lora_airtime(spreading_factor, bandwidth_hz, coding_rate, size_bytes, preamble_symbols=0, crc=crc)
    filtering_ps = FILTER_PS // (bandwidth_hz // 125_000) + DECIMATOR_PS
    return int(airtime.payload_symbols * airtime.symbol_us - (filtering_ps + HALF_US_PS) / PS_PER_US)


def fsk_correction_us(bitrate_bps: int) -> int:
    """What to add to the time stamp of an FSK packet."""
    return 680_000 // bitrate_bps - 20
