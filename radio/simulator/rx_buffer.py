"""The receive buffer: 4096 bytes, first in, first out, and no mercy when it is full."""

CAPACITY = 4096


class RxBuffer:
    """Records back to back; what does not fit is lost, even in the middle of a record."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.bytes_lost = 0
        self.records_cut = 0
        self.records_lost = 0

    @property
    def level(self) -> int:
        """Bytes that wait for the host."""
        return len(self._bytes)

    def clear(self) -> None:
        """Forget what waits."""
        self._bytes.clear()

    def append(self, record: bytes) -> bool:
        """Store as much of a record as fits; tell whether all of it did."""
        room = CAPACITY - len(self._bytes)
        if len(record) <= room:
            self._bytes += record
            return True
        self._bytes += record[:room]
        self.bytes_lost += len(record) - room
        if room:
            self.records_cut += 1
        else:
            self.records_lost += 1
        return False

    def take(self, length: int) -> bytes:
        """Remove and return the oldest bytes; an empty buffer yields zeros."""
        taken = bytes(self._bytes[:length])
        del self._bytes[:length]
        return taken.ljust(length, b"\0")
