"""A socket that the event loop serves: whoever reads, writes and looks at the time is called when it is due."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

# Keepalives and their answers are looked at this often.
LOOK_S = 1.0


class ServedSocket:
    """Calls from when there is a socket until it is closed, which may be from within a call. It remains its owner's."""

    def __init__(self, read: Callable[[], None], write: Callable[[], None], look: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._read = read
        self._write = write
        self._look = look

    def attach(self, sock: Any) -> None:
        """Serve this one, from here on."""
        self._socket = sock
        self._loop.add_reader(sock, self._on_readable)
        self._timer = self._loop.call_later(LOOK_S, self._on_look)

    @property
    def is_attached(self) -> bool:
        """Whether there is a socket."""
        return self._socket is not None

    def fileno(self) -> int:
        """The socket's descriptor."""
        return int(self._socket.fileno())

    def want_write(self) -> None:
        """There is something to write. Before there is a socket this does nothing, and any thread may call it."""
        if self.is_attached:
            self._loop.add_writer(self._socket, self._write)

    def want_no_write(self) -> None:
        """There is nothing to write any more."""
        if self.is_attached:
            self._loop.remove_writer(self._socket)

    def close(self) -> None:
        """Call nobody any more."""
        if self._timer is None:
            return
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._timer.cancel()
        self._socket = self._timer = None

    def _on_readable(self) -> None:
        if self.is_attached:
            self._read()
        if self._has_more():
            self._loop.call_soon(self._on_readable)

    def _has_more(self) -> bool:
        """What TLS has deciphered already does not show at the socket."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _on_look(self) -> None:
        self._look()
        if self.is_attached:
            self._timer = self._loop.call_later(LOOK_S, self._on_look)
