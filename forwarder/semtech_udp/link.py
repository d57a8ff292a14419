"""The way to one network server: connected sockets to one of its addresses.

Pushes and pulls each have a socket, as in Semtech's packet forwarder: the protocol allows a port for
either, and every server is used to it (the same port for both only gives two sockets to it). Connected
sockets let the kernel discard what comes from elsewhere, and tell us when the server's port is closed.
"""

import asyncio
import socket
from collections.abc import Callable

from forwarder.semtech_udp.address import ServerAddress
from forwarder.semtech_udp.messages import GatewayKind
from forwarder.semtech_udp.session import MAX_UNACKNOWLEDGED, Outgoing

# More than the longest PULL_RESP: 255 bytes in base64 and all keys come to less than 1 kB.
_MAX_RECEIVED_BYTES = 8192
# How long PUSH_ACKs may lie in their socket, and how many (the kernel's default buffer holds over 200). Nothing
# waits for them, and to wake up for each costs as much as a packet.
_ACKNOWLEDGEMENT_DELAY_S = 0.1
_MAX_UNREAD_ACKNOWLEDGEMENTS = 32
# Then the event loop gets its turn, however fast the server answers.
_MAX_DATAGRAMS_PER_WAKE = 64


class ServerLink:
    """Connected sockets to one address. Opening raises OSError where there is no route to it."""

    def __init__(
        self,
        address: ServerAddress,
        port_up: int,
        port_down: int,
        on_datagram: Callable[[bytes], None],
        on_error: Callable[[OSError], None],
    ) -> None:
        self.address = address
        self._on_datagram = on_datagram
        self._on_error = on_error
        self._loop = asyncio.get_running_loop()
        self._up = _connect(address, port_up)
        try:
            self._down = _connect(address, port_down)
        except OSError:
            self._up.close()
            raise
        self._unread = 0
        self._reading: asyncio.TimerHandle | None = None
        self._loop.add_reader(self._down, self._read, self._down)

    def send(self, outgoing: Outgoing) -> None:
        """Put a datagram on the wire at once. Raises OSError where that is not possible."""
        if outgoing.kind is GatewayKind.PUSH_DATA:
            self._expect_acknowledgement()
            self._send(self._up, outgoing)
        else:
            self._send(self._down, outgoing)

    def read_acknowledgements(self) -> None:
        """Take all that has come in answer to pushes so far, however long ago."""
        self._unread = 0
        self._read(self._up, most=MAX_UNACKNOWLEDGED)

    def _expect_acknowledgement(self) -> None:
        self._unread += 1
        if self._unread > _MAX_UNREAD_ACKNOWLEDGEMENTS:
            self.read_acknowledgements()
        if self._reading is None:
            self._reading = self._loop.call_later(_ACKNOWLEDGEMENT_DELAY_S, self._on_reading_due)

    def _on_reading_due(self) -> None:
        self._reading = None
        self.read_acknowledgements()

    def _send(self, sock: socket.socket, outgoing: Outgoing) -> None:
        try:
            sock.send(outgoing.data)
        except ConnectionRefusedError as error:
            # It is about an earlier datagram, and was raised instead of sending this one.
            self._on_error(error)
            sock.send(outgoing.data)

    def close(self) -> None:
        """Give the sockets back."""
        if self._reading is not None:
            self._reading.cancel()
        self._loop.remove_reader(self._down)
        self._up.close()
        self._down.close()

    def _read(self, sock: socket.socket, most: int = _MAX_DATAGRAMS_PER_WAKE) -> None:
        for _ in range(most):
            try:
                data = sock.recv(_MAX_RECEIVED_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                self._on_error(error)
                return
            self._on_datagram(data)


def _connect(address: ServerAddress, port: int) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if address.family is socket.AddressFamily.AF_INET6:
            sock.connect((address.host, port, 0, address.scope_id))
        else:
            sock.connect((address.host, port))
    except OSError:
        sock.close()
        raise
    return sock
