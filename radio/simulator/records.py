"""The bytes of one record in the receive buffer."""

import struct
from binascii import crc_hqx

SINGLE_SF_CHANNEL, FSK_CHANNEL = 8, 9
SINGLE_SF_MODEM, FSK_MODEM = 16, 17
PAYLOAD_DAMAGED = 0b0000_0001
TIMING_SET = 0b0001_0000

_HEAD = struct.Struct("<2sBBBBBBB")
_TAIL = struct.Struct("<BbBBBBIHB")


def payload_crc(payload: bytes) -> int:
    """The CRC that the chip reports: the payload's remainder by the CCITT polynomial, not shifted up."""
    return crc_hqx(payload[:-2], 0) ^ int.from_bytes(payload[-2:], "big")


def encode(
    payload: bytes,
    *,
    channel: int,
    modem: int,
    spreading_factor: int,
    coding_rate: int,
    crc_present: bool,
    crc: int,
    frequency_error: int,
    flags: int,
    snr_quarter_db: int,
    raw_rssi_channel: int,
    raw_rssi_signal: int,
    timestamp: int,
    metrics: bytes = b"",
) -> bytes:
    """One record, checksum included. `frequency_error` has 20 bits; `metrics` come in pairs."""
    head = _HEAD.pack(
        b"\xa5\xc0",
        len(payload),
        channel,
        (spreading_factor << 4) | (coding_rate << 1) | crc_present,
        modem,
        frequency_error & 0xFF,
        (frequency_error >> 8) & 0xFF,
        (frequency_error >> 16) & 0x0F,
    )
    tail = _TAIL.pack(
        flags,
        snr_quarter_db,
        raw_rssi_channel,
        raw_rssi_signal,
        0,
        0,
        timestamp,
        crc,
        len(metrics) // 2,
    )
    record = head + payload + tail + metrics
    return record + bytes((sum(record) & 0xFF,))
