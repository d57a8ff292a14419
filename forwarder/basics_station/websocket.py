"""A WebSocket client on an asyncio transport: the protocol is websockets', the bytes leave within the call.

No extension is offered, so that nothing is compressed, and nothing is sent in fragments.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Protocol, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from forwarder.backend import BackendCounters
from forwarder.basics_station.endpoint import Endpoint
from forwarder.semtech_udp.address import ServerAddress

# Station reads 40 KiB at most; a router_config with all that there may be in it is far shorter.
LARGEST_MESSAGE_BYTES = 262_144
# What the transport may hold before uplinks wait in their own queue, where they are counted.
HIGH_WATER_BYTES = 65_536


class Listener(Protocol):
    """Who is told what happens on a WebSocket. None of these may raise."""

    def opened(self, socket: "WebSocket") -> None:
        """The server has agreed."""

    def received(self, socket: "WebSocket", message: str | bytes) -> None:
        """A message came."""

    def ponged(self, socket: "WebSocket", payload: bytes) -> None:
        """A ping was answered."""

    def pinged(self, socket: "WebSocket") -> None:
        """The server asked for a sign of life, and has it."""

    def paused(self, socket: "WebSocket", *, paused: bool) -> None:
        """The transport is full, or has room again."""

    def closed(self, socket: "WebSocket", reason: str) -> None:
        """It is over, or never began. Told once."""


class WebSocket(asyncio.Protocol):
    """One connection."""

    def __init__(
        self, endpoint: Endpoint, headers: Sequence[tuple[str, str]], listener: Listener, counters: BackendCounters
    ) -> None:
        self._endpoint = endpoint
        self._listener = listener
        self._counters = counters
        self._headers = headers
        self._protocol = ClientProtocol(parse_uri(endpoint.uri), max_size=LARGEST_MESSAGE_BYTES)
        self._transport: asyncio.Transport | None = None
        self._fragments: list[bytes] = []
        self._is_text = True
        self._is_unwanted = False

    async def connect(self, address: ServerAddress, tls: ssl.SSLContext | None) -> None:
        """Connect to one address of the server; the listener is told the rest.

        Raises:
            OSError: it cannot be reached, or its certificate is not to be trusted.
        """
        loop = asyncio.get_running_loop()
        made = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            name = (address.host, self._endpoint.port)
            is_ipv6 = address.family is socket.AF_INET6
            await loop.sock_connect(made, (*name, 0, address.scope_id) if is_ipv6 else name)
            server_name = None if tls is None else self._endpoint.host
            await loop.create_connection(lambda: self, sock=made, ssl=tls, server_hostname=server_name)
        except BaseException:
            made.close()
            raise

    @property
    def refused_status(self) -> int | None:
        """The HTTP status with which the server refused to open it; None where it did not."""
        error = self._protocol.handshake_exc
        return error.response.status_code if isinstance(error, InvalidStatus) else None

    def send(self, text: str) -> bool:
        """Write a message; whether there was a connection to write it to."""
        if self._transport is None or self._transport.is_closing() or self._protocol.state is not OPEN:
            return False
        self._protocol.send_text(text.encode())
        self._write()
        return True

    def ping(self, payload: bytes) -> None:
        """Ask for a sign of life."""
        if self._protocol.state is OPEN:
            self._protocol.send_ping(payload)
            self._write()

    def close(self) -> None:
        """Close in order: the server is told, and answers."""
        if self._transport is None:
            return
        if self._protocol.state is OPEN:
            self._protocol.send_close(1000)
            self._write()
        else:
            self._transport.close()

    def abort(self) -> None:
        """Close without waiting for anything, or as soon as there is something to close."""
        self._is_unwanted = True
        if self._transport is not None:
            self._transport.abort()

    def end(self) -> None:
        """Tell the server, and close without waiting for its answer."""
        self.close()
        if self._transport is not None:
            self._transport.close()

    # Below: called by the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The bytes flow: ask for a WebSocket."""
        self._transport = cast(asyncio.Transport, transport)
        if self._is_unwanted:
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        request = self._protocol.connect()
        for name, value in self._headers:
            request.headers[name] = value
        self._protocol.send_request(request)
        self._write()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._counters.bytes_down += len(data)
        self._protocol.receive_data(data)
        self._write()
        self._take_events()
        protocol = self._protocol
        is_over = protocol.handshake_exc or protocol.parser_exc or protocol.close_rcvd
        if is_over is not None and self._transport is not None:
            self._transport.close()

    def eof_received(self) -> None:
        """The server says no more; the transport closes."""
        self._protocol.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._transport = None
        self._listener.closed(self, self._reason(exc))

    def pause_writing(self) -> None:
        """The transport is full. Whoever asks and does not listen is not heard: each question would make it fuller."""
        if self._transport is not None:
            self._transport.pause_reading()
        self._listener.paused(self, paused=True)

    def resume_writing(self) -> None:
        """The transport has room again."""
        if self._transport is not None:
            self._transport.resume_reading()
        self._listener.paused(self, paused=False)

    def _write(self) -> None:
        for data in self._protocol.data_to_send():
            if data and self._transport is not None:
                self._transport.write(data)
                self._counters.bytes_up += len(data)

    def _take_events(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take_frame(event)
            elif self._protocol.handshake_exc is None:
                self._listener.opened(self)

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            if frame.opcode != Opcode.CONT:
                self._is_text = frame.opcode == Opcode.TEXT
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                message, self._fragments = b"".join(self._fragments), []
                self._listener.received(self, message.decode("utf-8", "replace") if self._is_text else message)
        elif frame.opcode == Opcode.PONG:
            self._listener.ponged(self, bytes(frame.data))
        elif frame.opcode == Opcode.PING:
            self._listener.pinged(self)

    def _reason(self, error: Exception | None) -> str:
        """Why it ended, for the log."""
        protocol = self._protocol
        if protocol.close_rcvd is not None:
            return f"closed by the server: {protocol.close_rcvd}"
        error = protocol.handshake_exc or protocol.parser_exc or error
        if error is None or isinstance(error, EOFError) or isinstance(error.__cause__, EOFError):
            return "the connection ended"
        return str(error) or type(error).__name__
