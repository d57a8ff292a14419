"""A started chip reduced to what a receiver reads, on a clock that only a test moves."""

import random

from radio.errors import BusError

FIFO, LEVEL, COUNTERS, ENABLES = 0x4000, 0x58C8, 0x6101, 0x5605
ENABLED_AND_VERSION = b"\x0f\x10"
READ_HEADER_BYTES = 4
TICKS_A_SECOND = 32_000_000


class ScriptedBus:
    """Answers reads truly, with 1 transfer in `spoilt_one_in` spoilt (never, where that is 0).

    A spoilt transfer fails, or answers zeros, ones or noise; the chip takes no notice of it.
    """

    def __init__(self, chance: random.Random, spoilt_one_in: int = 0) -> None:
        self.buffer = bytearray()
        self.enabled_and_version = ENABLED_AND_VERSION
        self.now_s = 10.0
        self.spoilt_one_in = spoilt_one_in
        self._chance = chance

    def transfer(self, out: bytes) -> bytes:
        """See `radio.bus.SpiBus.transfer`."""
        if self.spoilt_one_in and self._chance.randrange(self.spoilt_one_in) == 0:
            return self._spoilt(len(out))
        address = int.from_bytes(out[1:3], "big")
        return bytes(READ_HEADER_BYTES) + self._read(address, len(out) - READ_HEADER_BYTES)

    def close(self) -> None:
        """See `radio.bus.SpiBus.close`."""

    def _spoilt(self, length: int) -> bytes:
        answer = self._chance.choice((None, bytes(length), b"\xff" * length, self._chance.randbytes(length)))
        if answer is None:
            raise BusError("scripted: the transfer failed")
        return answer

    def _read(self, address: int, length: int) -> bytes:
        if address == FIFO:
            taken = bytes(self.buffer[:length])
            del self.buffer[:length]
            return taken.ljust(length, b"\0")
        if address == LEVEL:
            return len(self.buffer).to_bytes(2, "big")
        if address == COUNTERS:
            ticks = int(self.now_s * TICKS_A_SECOND)
            pps_ticks = ticks - ticks % TICKS_A_SECOND
            return (pps_ticks % 2**32).to_bytes(4, "big") + (ticks % 2**32).to_bytes(4, "big")
        return self.enabled_and_version if address == ENABLES else bytes(length)
