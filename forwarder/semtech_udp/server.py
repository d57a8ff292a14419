"""A small network-server end: answers gateways and hands on what they send. For demo, tests and bench."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Literal, Self

import msgspec

from forwarder.semtech_udp.messages import (
    GatewayDatagram,
    GatewayKind,
    MalformedDatagramError,
    ServerKind,
    decode_gateway_datagram,
    encode_server_datagram,
)

# Bursts wait here while the process is busy; the kernel grants what net.core.rmem_max allows.
_RECEIVE_BUFFER_BYTES = 4 << 20

_ANSWERS = {GatewayKind.PUSH_DATA: ServerKind.PUSH_ACK, GatewayKind.PULL_DATA: ServerKind.PULL_ACK}

_TOKEN_MASK = 0xFFFF
# Some gateways name success instead of leaving the JSON out.
_SUCCESS_NAMES = {None, "NONE"}

SocketAddress = tuple[str, int] | tuple[str, int, int, int]


class TxAck(msgspec.Struct, frozen=True):
    """A gateway's answer to a downlink: `error` None if it accepted it, `warning` what it changed.

    Names and values are the protocol's: `TX_POWER` as a warning has the power used as its value, in dBm.
    """

    gateway_eui: int
    token: int
    error: str | None = None
    warning: str | None = None
    value: float | None = None


class _TxpkAck(msgspec.Struct):
    error: str | None = None
    warn: str | None = None
    value: float | None = None


class _TxAckBody(msgspec.Struct):
    txpk_ack: _TxpkAck


_tx_ack_decoder = msgspec.json.Decoder(_TxAckBody)


class NetworkServerEnd(asyncio.DatagramProtocol):
    """Listens on one port for pushes and pulls; use it as an asynchronous context manager.

    `acknowledge` is "now", a delay in seconds, or None for a server that never answers.
    `on_datagram` gets every well-formed datagram; the JSON in it is left to its reader, who calls
    `rxpk.decode_push_body(datagram.body)` for PUSH_DATA. `on_tx_ack` gets each readable TX_ACK too.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        acknowledge: Literal["now"] | float | None = "now",
        on_datagram: Callable[[GatewayDatagram], None] | None = None,
        on_tx_ack: Callable[[TxAck], None] | None = None,
    ) -> None:
        self.acknowledge = acknowledge
        self.datagrams_received = 0
        self.malformed_received = 0
        self._address = (host, port)
        self._on_datagram = on_datagram
        self._on_tx_ack = on_tx_ack
        self._downlinks_sent = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._gateways: dict[int, SocketAddress] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self._address)
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        self._address = sock.getsockname()[:2]

    def close(self) -> None:
        """Stop listening; acknowledgements still due are not sent."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    @property
    def port(self) -> int:
        """The port listened on: once started, the real one where 0 was asked for."""
        return self._address[1]

    def datagram_received(self, data: bytes, addr: SocketAddress) -> None:
        """Count, acknowledge and hand on one datagram; called by the event loop."""
        self.datagrams_received += 1
        try:
            datagram = decode_gateway_datagram(data)
        except MalformedDatagramError:
            self.malformed_received += 1
            return
        if datagram.kind is GatewayKind.PULL_DATA:
            self._gateways[datagram.gateway_eui] = addr
        self._answer(datagram, addr)
        if self._on_datagram is not None:
            self._on_datagram(datagram)
        if datagram.kind is GatewayKind.TX_ACK:
            self._tx_acknowledged(datagram)

    def request_downlink(self, gateway_eui: int, token: int, body: bytes) -> None:
        """Send PULL_RESP to a gateway. Raises KeyError for one that never sent PULL_DATA."""
        self._send(encode_server_datagram(ServerKind.PULL_RESP, token, body), self._gateways[gateway_eui])

    def send_downlink(self, gateway_eui: int, txpk: Mapping[str, object]) -> int:
        """Ask a gateway to transmit and return the token that its TX_ACK will carry.

        Raises:
            KeyError: the gateway never sent PULL_DATA.
        """
        self._downlinks_sent += 1
        token = self._downlinks_sent & _TOKEN_MASK
        self.request_downlink(gateway_eui, token, msgspec.json.encode({"txpk": txpk}))
        return token

    def _tx_acknowledged(self, datagram: GatewayDatagram) -> None:
        try:
            answer = _tx_ack_decoder.decode(datagram.body).txpk_ack if datagram.body else _TxpkAck()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.malformed_received += 1
            return
        if self._on_tx_ack is not None:
            error = None if answer.error in _SUCCESS_NAMES else answer.error
            self._on_tx_ack(TxAck(datagram.gateway_eui, datagram.token, error, answer.warn, answer.value))

    def _answer(self, datagram: GatewayDatagram, addr: SocketAddress) -> None:
        kind = _ANSWERS.get(datagram.kind)
        if kind is None or self.acknowledge is None:
            return
        data = encode_server_datagram(kind, datagram.token)
        if self.acknowledge == "now":
            self._send(data, addr)
        else:
            asyncio.get_running_loop().call_later(self.acknowledge, self._send, data, addr)

    def _send(self, data: bytes, addr: SocketAddress) -> None:
        if self._transport is not None:
            self._transport.sendto(data, addr)
