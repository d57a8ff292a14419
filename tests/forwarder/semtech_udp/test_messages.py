"""Datagrams, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.semtech_udp.messages import (
    GatewayDatagram,
    GatewayKind,
    MalformedDatagramError,
    ServerDatagram,
    ServerKind,
    decode_gateway_datagram,
    decode_server_datagram,
    encode_gateway_datagram,
    encode_server_datagram,
)

EUI = 0xAA555A0000000000
TXPK = b'{"txpk":{"imme":true}}'

tokens = st.integers(0, 0xFFFF)
euis = st.integers(0, 2**64 - 1)


def test_a_gateway_names_itself() -> None:
    assert encode_gateway_datagram(GatewayKind.PULL_DATA, 0x1BE8, EUI).hex() == "021be802aa555a0000000000"
    assert encode_gateway_datagram(GatewayKind.PUSH_DATA, 0x6973, EUI, b"{}").hex() == (
        "02697300aa555a0000000000" + "7b7d"
    )


def test_a_server_repeats_the_token() -> None:
    assert encode_server_datagram(ServerKind.PUSH_ACK, 0x6973).hex() == "02697301"
    assert encode_server_datagram(ServerKind.PULL_ACK, 0x6973).hex() == "02697304"
    assert decode_server_datagram(bytes.fromhex("02697304")) == ServerDatagram(ServerKind.PULL_ACK, 0x6973)


@given(st.sampled_from(GatewayKind), tokens, euis, st.binary())
def test_a_server_reads_what_a_gateway_sends(kind: GatewayKind, token: int, eui: int, body: bytes) -> None:
    data = encode_gateway_datagram(kind, token, eui, body)
    assert decode_gateway_datagram(data) == GatewayDatagram(kind, token, eui, body)


@given(st.sampled_from(ServerKind), tokens)
def test_a_gateway_reads_what_a_server_sends(kind: ServerKind, token: int) -> None:
    body = TXPK if kind is ServerKind.PULL_RESP else b""
    assert decode_server_datagram(encode_server_datagram(kind, token, body)) == ServerDatagram(kind, token, body)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "too few"),
        (b"\x02\x00\x00", "too few"),
        (b"\x01\x00\x00\x01", "version 1"),
        (b"\x02\x00\x00\x00", "kind 0"),
        (b"\x02\x00\x00\x06", "kind 6"),
    ],
)
def test_a_gateway_refuses_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedDatagramError, match=reason):
        decode_server_datagram(data)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"\x02\x00\x00\x01", "kind 1"), (b"\x02\x00\x00\x02" + bytes(7), "gateway EUI")]
)
def test_a_server_refuses_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedDatagramError, match=reason):
        decode_gateway_datagram(data)
