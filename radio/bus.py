"""The seam between driver and chip: full-duplex SPI transfers."""

import socket
import struct
from typing import Protocol

from radio.errors import BusError


class SpiBus(Protocol):
    """One SPI device. Chip select is held for the length of a transfer."""

    def transfer(self, out: bytes) -> bytes:
        """Send `out` and return as many bytes, clocked in meanwhile.

        Raises:
            BusError: the transfer could not be made.
        """

    def close(self) -> None:
        """Release the device. A second call does nothing."""


class SocketBus:
    """A chip served on a Unix socket, framed as a little-endian 32-bit length and that many bytes."""

    def __init__(self, path: str, timeout_s: float = 5.0) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise BusError(f"cannot connect to the simulated concentrator at {path}: {error}") from error

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`. The first failure closes the connection: a late answer must not pass for another's."""
        try:
            return self._exchange(out)
        except (OSError, BusError) as error:
            self.close()
            raise BusError(f"transfer with the chip at {self._path} failed: {error}") from error

    def _exchange(self, out: bytes) -> bytes:
        self._socket.sendall(struct.pack("<I", len(out)) + out)
        (length,) = struct.unpack("<I", self._receive(4))
        if length != len(out):
            raise BusError(f"it answered {length} bytes to a transfer of {len(out)}")
        return self._receive(length)

    def _receive(self, length: int) -> bytes:
        data = self._socket.recv(length, socket.MSG_WAITALL)
        while len(data) < length:
            more = self._socket.recv(length - len(data), socket.MSG_WAITALL)
            if not more:
                raise BusError("it closed the connection")
            data += more
        return data

    def close(self) -> None:
        """See `SpiBus.close`."""
        self._socket.close()
