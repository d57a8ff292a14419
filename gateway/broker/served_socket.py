"""A socket that the event loop serves: whoever reads, writes and looks at the time is called when it is due."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

# Keepalives and their answers are looked at this often.
LOOK_S = 1.0


Step = Callable[[], None]


class ServedSocket:
    """Calls until it is closed, which may be from within a call. The socket itself is its owner's."""

    def __init__(
        self, sock: Any, read: Callable[[], None], write: Callable[[], None], look: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._read = read
        self._write = write
        self._look = look
        self._is_closed = False
        self._loop.add_reader(sock, self._on_readable)
        self._timer = self._loop.call_later(LOOK_S, self._on_look)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return int(self._socket.fileno())

    def want_write(self) -> None:
        """There is something to write."""
        self._loop.add_writer(self._socket, self._write)

    def want_no_write(self) -> None:
        """There is nothing to write any more."""
        self._loop.remove_writer(self._socket)

    def close(self) -> None:
        """Call nobody any more."""
        self._is_closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._timer.cancel()

    def _on_readable(self) -> None:
        if not self._is_closed:
            self._read()
        if self._has_more():
            self._loop.call_soon(self._on_readable)

    def _has_more(self) -> bool:
        """What TLS has deciphered already does not show at the socket."""
        return not self._is_closed and isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _on_look(self) -> None:
        self._look()
        if not self._is_closed:
            self._timer = self._loop.call_later(LOOK_S, self._on_look)
