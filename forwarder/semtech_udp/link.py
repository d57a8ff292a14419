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
from forwarder.semtech_udp.session import Outgoing

# More than the longest PULL_RESP: 255 bytes in base64 and all keys come to less than 1 kB.
_MAX_RECEIVED_BYTES = 8192
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
        for sock in (self._up, self._down):
            self._loop.add_reader(sock, self._read, sock)

    def send(self, outgoing: Outgoing) -> None:
        """Put a datagram on the wire at once. Raises OSError where that is not possible."""
        sock = self._up if outgoing.kind is GatewayKind.PUSH_DATA else self._down
        try:
            sock.send(outgoing.data)
        except ConnectionRefusedError as error:
            # It is about an earlier datagram, and was raised instead of sending this one.
            self._on_error(error)
            sock.send(outgoing.data)

    def close(self) -> None:
        """Give the sockets back."""
        for sock in (self._up, self._down):
            self._loop.remove_reader(sock)
            sock.close()

    def _read(self, sock: socket.socket) -> None:
        for _ in range(_MAX_DATAGRAMS_PER_WAKE):
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
