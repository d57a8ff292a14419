"""The SX1302 as registers: verbs that read and write fields over a bus."""

from collections.abc import Callable, Iterable

from radio.bus import SpiBus
from radio.sx1302.frames import RADIO_HEADER_BYTES, READ_HEADER_BYTES, radio_frame, read_frame, write_frame
from radio.sx1302.merging import bursts, field_bytes, merge, partial_registers, spans
from radio.sx1302.registers import Field, Memory, Write

# What sx1302_hal writes into program memory at once.
MEMORY_CHUNK_BYTES = 1024
# A frame of this many data bytes and its header is the most that spidev takes by default.
LONGEST_BURST_BYTES = 4092

# The SX1250 is left this long before each command, in place of a look at its BUSY pin.
RADIO_PAUSE_S = 0.001


class Chip:
    """One chip on one bus, with a shadow of the registers that only the host changes.

    Not safe to share between threads. `sleep` is how the driver waits, in seconds.
    """

    def __init__(self, bus: SpiBus, sleep: Callable[[float], None]) -> None:
        self._bus = bus
        self.sleep = sleep
        self._shadow: dict[int, int] = {}
        self.transfers = 0
        self.bytes = 0

    def _transfer(self, frame: bytes) -> bytes:
        self.transfers += 1
        self.bytes += len(frame)
        return self._bus.transfer(frame)

    def read_bytes(self, address: int, length: int) -> bytes:
        """Read consecutive registers."""
        return self._transfer(read_frame(address, length))[READ_HEADER_BYTES:]

    def read(self, field: Field) -> int:
        """Read a field from the chip."""
        raw = int.from_bytes(self.read_bytes(field.address, field.length), "big")
        return (raw >> field.offset) & ((1 << field.bits) - 1)

    def write(self, field: Field, value: int) -> None:
        """Write one field now, leaving its neighbours in the same register as they are."""
        self.write_all((Write(field, value),))

    def write_all(self, writes: Iterable[Write]) -> None:
        """Write many fields at once, in no particular order."""
        listed = tuple(writes)
        self._learn(partial_registers(listed))
        for address, data in bursts(merge(listed, self._shadow)):
            self._write_bytes(address, data)

    def _learn(self, addresses: set[int]) -> None:
        """Read what the shadow lacks, once."""
        for start, length in spans(addresses - self._shadow.keys()):
            for offset, value in enumerate(self.read_bytes(start, length)):
                if start + offset in addresses:
                    self._shadow.setdefault(start + offset, value)

    def _write_bytes(self, address: int, data: bytes) -> None:
        self._transfer(write_frame(address, data))
        self._shadow.update(enumerate(data, address))

    def astray(self, addresses: Iterable[int]) -> list[tuple[int, int, int]]:
        """(address, written, found) of each of these registers that does not hold what the host last wrote."""
        written = {address: self._shadow[address] for address in addresses if address in self._shadow}
        result = []
        for start, length in spans(written):
            for address, found in enumerate(self.read_bytes(start, length), start):
                if found != written.get(address, found):
                    result.append((address, written[address], found))
        return result

    def remembers(self, field: Field) -> int:
        """What the host last wrote into a field of one register.

        Raises:
            KeyError: the register was never written.
        """
        return (self._shadow[field.address] >> field.offset) & ((1 << field.bits) - 1)

    def forget(self, field: Field) -> None:
        """Drop a field's registers from the shadow, where the chip may have changed them."""
        for address, _, _ in field_bytes(field, 0):
            self._shadow.pop(address, None)

    def write_memory(self, address: int, data: bytes) -> None:
        """Write program memory."""
        for offset in range(0, len(data), MEMORY_CHUNK_BYTES):
            self._transfer(write_frame(address + offset, data[offset : offset + MEMORY_CHUNK_BYTES]))

    def read_memory(self, address: int, length: int) -> bytes:
        """Read program memory."""
        return b"".join(
            self.read_bytes(address + offset, min(LONGEST_BURST_BYTES, length - offset))
            for offset in range(0, length, LONGEST_BURST_BYTES)
        )

    def read_fifo(self, length: int) -> bytes:
        """Take bytes out of the receive buffer; up to `LONGEST_BURST_BYTES`."""
        return self.read_bytes(Memory.RX_FIFO, length)

    def radio_command(self, radio: int, opcode: int, data: bytes) -> None:
        """Command an SX1250."""
        self.sleep(RADIO_PAUSE_S)
        self._transfer(radio_frame(radio, opcode, data))

    def radio_query(self, radio: int, opcode: int, length: int) -> bytes:
        """Ask an SX1250; the first byte of the answer is its status."""
        self.sleep(RADIO_PAUSE_S)
        return self._transfer(radio_frame(radio, opcode, bytes(length)))[RADIO_HEADER_BYTES:]
