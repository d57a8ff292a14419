"""A simulated concentrator served on a Unix socket, for any driver that can frame its transfers.

Each transfer is a 4-byte little-endian length and that many bytes, answered in the same form.
"""

import errno
import socket
import struct
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from radio.bus import SpiBus
from radio.errors import BusError

MAX_TRANSFER_BYTES = 1 << 16
_LENGTH = struct.Struct("<I")


class ChipServer:
    """Serves one connection after another, in a thread between `start` and `stop` or in the caller's.

    A socket that a dead process left at `path` is replaced. Raises OSError where the path cannot be had, as when
    something answers there.
    """

    def __init__(self, chip: SpiBus, path: str | Path) -> None:
        self._chip = chip
        self._path = Path(path)
        _remove_stale(self._path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(str(self._path))
        except OSError:
            self._listener.close()
            raise
        self._listener.listen()
        self._connection: socket.socket | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self.serve_forever, name="chip-server", daemon=True)

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the connection that is served and accept no other; the socket's path is removed."""
        self._stopping = True
        for open_socket in (self._listener, self._connection):
            if open_socket is not None:
                _shut(open_socket)
        if self._thread.is_alive():
            self._thread.join()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def serve_forever(self) -> None:
        """Serve until `stop` is called from another thread."""
        while not self._stopping:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._stopping:
                    return
                raise
            with connection:
                self._connection = connection
                self._serve(connection)
                self._connection = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, connection: socket.socket) -> None:
        """Answer transfers until the host hangs up, sends nonsense, or the bus fails."""
        try:
            while not self._stopping:
                header = _receive(connection, _LENGTH.size)
                length = _LENGTH.unpack(header)[0] if header else 0
                if header is None or length > MAX_TRANSFER_BYTES:
                    return
                out = _receive(connection, length)
                if out is None:
                    return
                connection.sendall(header + self._chip.transfer(out))
        except (BusError, OSError):
            # A broken bus and a broken connection look the same to the host: it hangs up.
            return


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody listens on."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except BlockingIOError:
            # One who is too busy to take another connection is not dead.
            pass
    raise OSError(errno.EADDRINUSE, "another process serves on this socket")


def serve(chip: SpiBus, path: str | Path) -> None:
    """Serve a chip on a Unix socket until the process is interrupted."""
    server = ChipServer(chip, path)
    try:
        server.serve_forever()
    finally:
        server.stop()


def _receive(connection: socket.socket, length: int) -> bytes | None:
    data = connection.recv(length, socket.MSG_WAITALL) if length else b""
    while len(data) < length:
        more = connection.recv(length - len(data), socket.MSG_WAITALL)
        if not more:
            return None
        data += more
    return data


def _shut(open_socket: socket.socket) -> None:
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Already shut by the other side.
        return
