"""The packets that are measured: 20 bytes of plausible LoRaWAN, each with a number of its own."""

import struct

from radio.simulator.records import encode, payload_crc

PAYLOAD_BYTES = 20
# They take turns: at any rate that is measured a device is silent for seconds between two of its frames, as devices
# are. The gateway keeps what one device sends in order, and may wait for a server's confirmation in between.
DEVICES = 100_000
_FIRST_DEV_ADDR = 0x2A00_0000
_HEADER = struct.Struct("<BIBHB")
"""MHDR, DevAddr, FCtrl, FCnt, FPort."""
_UNCONFIRMED_DATA_UP = 0x40
_MIC = b"\xc0\xff\xee\x00"
_FILLER = b"\x00\x00\x00"
_NUMBER = slice(_HEADER.size, _HEADER.size + 4)


def payload(number: int) -> bytes:
    """The payload of packet `number`; a device's frame counter rises with each of its packets."""
    fcnt, device = divmod(number, DEVICES)
    header = _HEADER.pack(_UNCONFIRMED_DATA_UP, _FIRST_DEV_ADDR + device, 0, fcnt & 0xFFFF, 1)
    return header + number.to_bytes(4, "big") + _FILLER + _MIC


def number_of(data: bytes) -> int | None:
    """Which of our packets this is, or None if it is none."""
    number = int.from_bytes(data[_NUMBER], "big")
    return number if data == payload(number) else None


def record(number: int, ticks: int) -> bytes:
    """What the chip writes into its buffer for packet `number`: SF7, 125 kHz, its eight channels in turn."""
    content = payload(number)
    return encode(
        content,
        channel=number % 8,
        modem=number % 16,
        spreading_factor=7,
        coding_rate=1,
        crc_present=True,
        crc=payload_crc(content),
        frequency_error=0,
        flags=0,
        snr_quarter_db=36,
        raw_rssi_channel=125,
        raw_rssi_signal=125,
        timestamp=ticks,
    )
