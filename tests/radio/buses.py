"""Buses between the driver and a simulated chip that misbehave on request."""

from collections.abc import Collection, Mapping

from radio.bus import SpiBus
from radio.errors import BusError

CHIP, WRITE = 0x00, 0x80
READ_HEADER_BYTES = 4


class FailingBus:
    """Transfers whose number is in `failing`, counted from 0, do not reach the chip."""

    def __init__(self, bus: SpiBus, failing: Collection[int]) -> None:
        self.transfers = 0
        self._bus = bus
        self._failing = failing

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        number = self.transfers
        self.transfers += 1
        if number in self._failing:
            raise BusError(f"transfer {number} failed")
        return self._bus.transfer(out)

    def close(self) -> None:
        """See `SpiBus.close`."""
        self._bus.close()


class SpoiltBus:
    """Transfers whose number is in `spoilt`, counted from 0, do not reach the chip and are answered by one byte."""

    def __init__(self, bus: SpiBus, spoilt: Collection[int], byte: int) -> None:
        self._bus = bus
        self._transfers = 0
        self._spoilt = spoilt
        self._byte = byte

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        number = self._transfers
        self._transfers += 1
        return bytes((self._byte,)) * len(out) if number in self._spoilt else self._bus.transfer(out)

    def close(self) -> None:
        """See `SpiBus.close`."""
        self._bus.close()


class TamperedBus:
    """Reads of the registers in `lies` show other values than the chip's."""

    def __init__(self, bus: SpiBus, lies: Mapping[int, int]) -> None:
        self._bus = bus
        self._lies = lies

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        answer = bytearray(self._bus.transfer(out))
        if out[0] == CHIP and not out[1] & WRITE:
            first = int.from_bytes(out[1:3], "big")
            for offset in range(len(out) - READ_HEADER_BYTES):
                answer[READ_HEADER_BYTES + offset] = self._lies.get(first + offset, answer[READ_HEADER_BYTES + offset])
        return bytes(answer)

    def close(self) -> None:
        """See `SpiBus.close`."""
        self._bus.close()


class RegisterFile:
    """A chip that is nothing but memory; `touched` are the addresses that were written."""

    def __init__(self, content: Mapping[int, int]) -> None:
        self.content = dict(content)
        self.touched: set[int] = set()
        self.reads = 0

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        first = int.from_bytes(out[1:3], "big") & 0x7FFF
        if out[1] & WRITE:
            written = dict(enumerate(out[3:], first))
            self.content |= written
            self.touched |= written.keys()
            return bytes(len(out))
        self.reads += 1
        data = (self.content.get(first + offset, 0) for offset in range(len(out) - READ_HEADER_BYTES))
        return bytes(READ_HEADER_BYTES) + bytes(data)

    def close(self) -> None:
        """Nothing to release."""
