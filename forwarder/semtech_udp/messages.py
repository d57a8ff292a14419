"""Datagrams of the Semtech UDP protocol version 2, as in PROTOCOL.md of Semtech's packet forwarder.

Both directions are here: what a gateway sends and what a network server answers. The JSON inside is that of `rxpk`
and `txpk`.
"""

import enum
import struct

import msgspec

PROTOCOL_VERSION = 2

_SERVER_HEADER = struct.Struct(">BHB")
_GATEWAY_HEADER = struct.Struct(">BHBQ")


class GatewayKind(enum.IntEnum):
    """What a gateway sends."""

    PUSH_DATA = 0
    PULL_DATA = 2
    TX_ACK = 5


class ServerKind(enum.IntEnum):
    """What a network server sends."""

    PUSH_ACK = 1
    PULL_RESP = 3
    PULL_ACK = 4


class MalformedDatagramError(ValueError):
    """A datagram that is not one of the protocol's, with the reason."""


class GatewayDatagram(msgspec.Struct, frozen=True, gc=False):
    """PUSH_DATA, PULL_DATA or TX_ACK; `body` is the JSON text, empty where there is none."""

    kind: GatewayKind
    token: int
    gateway_eui: int
    body: bytes = b""


class ServerDatagram(msgspec.Struct, frozen=True, gc=False):
    """PUSH_ACK, PULL_ACK or PULL_RESP; `body` is the JSON text of a PULL_RESP, else empty."""

    kind: ServerKind
    token: int
    body: bytes = b""


_GATEWAY_KINDS = {int(kind): kind for kind in GatewayKind}
_SERVER_KINDS = {int(kind): kind for kind in ServerKind}


def encode_gateway_datagram(kind: GatewayKind, token: int, gateway_eui: int, body: bytes = b"") -> bytes:
    """The datagram that a gateway sends."""
    return _GATEWAY_HEADER.pack(PROTOCOL_VERSION, token, kind, gateway_eui) + body


def encode_server_datagram(kind: ServerKind, token: int, body: bytes = b"") -> bytes:
    """The datagram that a network server sends."""
    return _SERVER_HEADER.pack(PROTOCOL_VERSION, token, kind) + body


def decode_server_datagram(data: bytes) -> ServerDatagram:
    """Read what a server sent; the JSON is not looked at. Raises MalformedDatagramError only."""
    kind_byte, token = _read_header(data)
    kind = _SERVER_KINDS.get(kind_byte)
    if kind is None:
        raise MalformedDatagramError(f"kind {kind_byte} is none that a server sends")
    return ServerDatagram(kind, token, data[_SERVER_HEADER.size :] if kind is ServerKind.PULL_RESP else b"")


def decode_gateway_datagram(data: bytes) -> GatewayDatagram:
    """Read what a gateway sent; the JSON is not looked at. Raises MalformedDatagramError only."""
    kind_byte, token = _read_header(data)
    kind = _GATEWAY_KINDS.get(kind_byte)
    if kind is None:
        raise MalformedDatagramError(f"kind {kind_byte} is none that a gateway sends")
    if len(data) < _GATEWAY_HEADER.size:
        raise MalformedDatagramError(f"{kind.name} of {len(data)} bytes ends within the gateway EUI")
    gateway_eui = int.from_bytes(data[_SERVER_HEADER.size : _GATEWAY_HEADER.size], "big")
    return GatewayDatagram(kind, token, gateway_eui, data[_GATEWAY_HEADER.size :])


def _read_header(data: bytes) -> tuple[int, int]:
    if len(data) < _SERVER_HEADER.size:
        raise MalformedDatagramError(f"{len(data)} bytes are too few for a header")
    version, token, kind = _SERVER_HEADER.unpack_from(data)
    if version != PROTOCOL_VERSION:
        raise MalformedDatagramError(f"protocol version {version} instead of {PROTOCOL_VERSION}")
    return kind, token
