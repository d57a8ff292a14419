"""Bytes as a receive buffer may hold them: good records and, among them, anything at all.

Good records come from the simulated chip's encoder and are looked for here by the letter of their layout; neither
shares code with the driver.
"""

import random
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from radio.simulator.records import FSK_CHANNEL, FSK_MODEM, SINGLE_SF_CHANNEL, SINGLE_SF_MODEM, encode, payload_crc

SYNC = b"\xa5\xc0"
SHORTEST_BYTES = 23
LONGEST_BYTES = SHORTEST_BYTES + 255 + 2 * 255


class Stream(NamedTuple):
    """Some bytes, and where in them the records are that nothing has touched."""

    data: bytes
    untouched: dict[int, bytes]

    @property
    def has_chance_record(self) -> bool:
        """Whether some bytes that nobody wrote as a record are one, checksum included.

        Only then may a reader take them for a record, and lose what they cover of an untouched one.
        """
        at = self.data.find(SYNC)
        while at >= 0:
            if at not in self.untouched and record_bytes_at(self.data, at):
                return True
            at = self.data.find(SYNC, at + 1)
        return False


def record_bytes_at(data: bytes, at: int) -> int:
    """The length of the good record at `at`, 0 where there is none."""
    rest = data[at : at + LONGEST_BYTES]
    if rest[:2] != SYNC or len(rest) < SHORTEST_BYTES or len(rest) < SHORTEST_BYTES + rest[2]:
        return 0
    length = SHORTEST_BYTES + rest[2] + 2 * rest[rest[2] + 21]
    if len(rest) < length or sum(rest[: length - 1]) % 256 != rest[length - 1]:
        return 0
    return length


def greedy_records(data: bytes) -> list[bytes]:
    """What a reader finds that goes from left to right and takes the first good record each time."""
    found = []
    at = data.find(SYNC)
    while at >= 0:
        length = record_bytes_at(data, at)
        if length:
            found.append(data[at : at + length])
        at = data.find(SYNC, at + max(length, 1))
    return found


def lora_record(chance: random.Random, payload: bytes) -> bytes:
    """A packet of any data rate on any LoRa channel."""
    channel = chance.randint(0, SINGLE_SF_CHANNEL)
    crc_present = chance.random() < 0.9
    return encode(
        payload,
        channel=channel,
        modem=SINGLE_SF_MODEM if channel == SINGLE_SF_CHANNEL else chance.randint(0, 15),
        spreading_factor=chance.randint(5, 12),
        coding_rate=chance.randint(0, 7),
        crc_present=crc_present,
        crc=payload_crc(payload) if crc_present else 0,
        frequency_error=chance.getrandbits(20),
        flags=chance.choice((0x00, 0x00, 0x01, 0x10, 0x14)),
        snr_quarter_db=chance.randint(-128, 127),
        raw_rssi_channel=chance.randrange(256),
        raw_rssi_signal=chance.randrange(256),
        timestamp=chance.getrandbits(32),
        metrics=chance.randbytes(2 * chance.choice((0, 0, 0, 1, 12, 32, 255))),
    )


def fsk_record(chance: random.Random, payload: bytes) -> bytes:
    """A packet on the FSK channel."""
    return encode(
        payload,
        channel=FSK_CHANNEL,
        modem=FSK_MODEM,
        spreading_factor=0,
        coding_rate=0,
        crc_present=chance.random() < 0.9,
        crc=chance.getrandbits(16),
        frequency_error=0,
        flags=chance.choice((0x00, 0x01)),
        snr_quarter_db=0,
        raw_rssi_channel=chance.randrange(256),
        raw_rssi_signal=0,
        timestamp=chance.getrandbits(32),
    )


def odd_record(chance: random.Random, record: bytes) -> bytes:
    """A record whose checksum is right and whose content need not make sense."""
    odd = bytearray(record)
    odd[chance.choice((3, 4, 5, 9 + record[2]))] = chance.randrange(256)
    odd[-1] = sum(odd[:-1]) & 0xFF
    return bytes(odd)


def any_record(chance: random.Random) -> bytes:
    """A record with a right checksum; its payload is as long as the field lets it be, but mostly short."""
    payload = chance.randbytes(chance.choice((0, 1, 12, 12, 23, 51, 255)))
    record = fsk_record(chance, payload) if chance.random() < 0.1 else lora_record(chance, payload)
    return odd_record(chance, record) if chance.random() < 0.2 else record


def _noise(chance: random.Random, _record: bytes) -> bytes:
    return chance.randbytes(chance.randint(0, 60))


def _marks(chance: random.Random, _record: bytes) -> bytes:
    """Garbage that is rich in what begins a record."""
    return b"".join(chance.choices((SYNC, b"\xa5", b"\xc0", b"\x00", b"\xff"), k=chance.randint(1, 24)))


def _stuck_line(chance: random.Random, _record: bytes) -> bytes:
    return chance.choice((b"\x00", b"\xff")) * chance.randint(1, 40)


def _cut_short(chance: random.Random, record: bytes) -> bytes:
    return record[: chance.randrange(len(record))]


def _headless(chance: random.Random, record: bytes) -> bytes:
    return record[chance.randint(1, len(record) - 1) :]


def _flipped(chance: random.Random, record: bytes) -> bytes:
    """Up to three bits wrong, anywhere: the length, the number of metrics, the checksum."""
    spoilt = bytearray(record)
    for _ in range(chance.randint(1, 3)):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


DAMAGE: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _noise,
    _marks,
    _stuck_line,
    _cut_short,
    _headless,
    _flipped,
)


def any_stream(chance: random.Random, pool: list[bytes]) -> Stream:
    """Up to four untouched records of the pool, in any order, with and without damage around them."""
    data, untouched = b"", {}
    for _ in range(chance.randint(0, 4)):
        if chance.random() < 0.6:
            data += chance.choice(DAMAGE)(chance, chance.choice(pool))
        if chance.random() < 0.8:
            record = chance.choice(pool)
            untouched[len(data)] = record
            data += record
    if chance.random() < 0.4:
        data += chance.choice(DAMAGE)(chance, chance.choice(pool))
    return Stream(data, untouched)


def cut_in_pieces(chance: random.Random, data: bytes) -> list[bytes]:
    """The data as successive reads may return it."""
    cuts = sorted({0, len(data), *(chance.randint(0, len(data)) for _ in range(chance.randint(0, 3)))})
    return [data[start:end] for start, end in pairwise(cuts)]
