"""The records of a receive buffer, read by the letter of their layout and with none of the driver's code.

Layout: reference recordings, section "RX record in the FIFO".
"""

from typing import NamedTuple

from radio.packets import CrcStatus, RxPacket

SYNC = b"\xa5\xc0"
SHORTEST_BYTES = 23


class Record(NamedTuple):
    """What of a record can be told without a configuration."""

    channel: int
    modem: int
    payload: bytes
    payload_crc: int
    crc_bad: bool

    @classmethod
    def of(cls, packet: RxPacket) -> "Record":
        """The same of a packet."""
        bad = packet.crc_status is CrcStatus.BAD
        return cls(packet.channel, packet.modem_id, packet.payload, packet.payload_crc, bad)


def payload_crc(payload: bytes) -> int:
    """CCITT, bit by bit: the register moves on by eight steps, then takes the byte into its low bits."""
    crc = 0
    for byte in payload:
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
            crc &= 0xFFFF
        crc ^= byte
    return crc


def good_records(data: bytes, *, implicit_crc: bool = False) -> tuple[list[Record], int]:
    """The records that a host should get, and how many bytes belong to none of them.

    `implicit_crc` says that packets of the single-SF channel have a checksum without announcing it.
    """
    records = []
    at = lost = 0
    while at < len(data):
        record, length = _record_at(data, at, implicit_crc=implicit_crc)
        if record is not None:
            records.append(record)
        lost += 0 if record is not None else length
        at += length
    return records, lost


def _record_at(data: bytes, at: int, *, implicit_crc: bool) -> tuple[Record | None, int]:
    """The record at `at` and its length; without one, what to step over."""
    rest = data[at:]
    if not rest.startswith(SYNC) or len(rest) < SHORTEST_BYTES or len(rest) < SHORTEST_BYTES + rest[2]:
        return None, 1
    size = rest[2]
    length = SHORTEST_BYTES + size + 2 * rest[9 + size + 12]
    if len(rest) < length or sum(rest[: length - 1]) % 256 != rest[length - 1]:
        return None, 1
    channel, rates, modem = rest[3], rest[4], rest[5]
    tail = rest[9 + size :]
    crc = tail[10] | tail[11] << 8
    checked = rates & 1 or (channel == 8 and implicit_crc)
    bad = bool(checked and tail[0] & 1)
    plausible = modem <= 17 and channel <= 9 and (5 <= rates >> 4 <= 12 or (modem == 17 and channel == 9))
    mismatch = channel != 9 and checked and not bad and size and payload_crc(rest[9 : 9 + size]) != crc
    record = Record(channel, modem, rest[9 : 9 + size], crc, bad)
    return (record if plausible and not mismatch else None), length
