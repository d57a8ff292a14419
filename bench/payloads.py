"""The packets that are measured: 20 bytes of plausible LoRaWAN, each with a number of its own."""

from radio.simulator.records import encode, payload_crc

PAYLOAD_BYTES = 20
_HEADER = bytes.fromhex("40 0100002A 00 0000 01")
"""MHDR (unconfirmed data up), DevAddr, FCtrl, FCnt, FPort."""
_MIC = b"\xc0\xff\xee\x00"
_FILLER = b"\x00\x00\x00"
_NUMBER = slice(len(_HEADER), len(_HEADER) + 4)


def payload(number: int) -> bytes:
    """The payload of packet `number`."""
    return _HEADER + number.to_bytes(4, "big") + _FILLER + _MIC


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
