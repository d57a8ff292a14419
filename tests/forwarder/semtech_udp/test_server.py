"""The network-server end that demo, tests and bench listen with."""

import asyncio
import socket
from contextlib import closing

import pytest

from forwarder.semtech_udp.messages import (
    GatewayKind,
    ServerKind,
    decode_server_datagram,
    encode_gateway_datagram,
)
from forwarder.semtech_udp.server import NetworkServerEnd, TxAck
from tests.forwarder.semtech_udp.loopback import until

EUI = 0xAA555A0000000000
PUSH = encode_gateway_datagram(GatewayKind.PUSH_DATA, 0x6973, EUI, b"{}")
PULL = encode_gateway_datagram(GatewayKind.PULL_DATA, 0x1BE8, EUI)


async def answers(server: NetworkServerEnd, *datagrams: bytes) -> list[bytes]:
    """What a gateway gets back for each datagram."""
    loop = asyncio.get_running_loop()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as gateway:
        gateway.setblocking(False)
        gateway.connect(("127.0.0.1", server.port))
        received = []
        for datagram in datagrams:
            gateway.send(datagram)
            async with asyncio.timeout(20):
                received.append(await loop.sock_recv(gateway, 100))
        return received


@pytest.mark.parametrize("acknowledge", ["now", 0.001])
def test_pushes_and_pulls_are_acknowledged(acknowledge: float) -> None:
    async def scenario() -> None:
        async with NetworkServerEnd(acknowledge=acknowledge) as server:
            assert [data.hex() for data in await answers(server, PUSH, PULL)] == ["02697301", "021be804"]

    asyncio.run(scenario())


def test_an_acknowledgement_may_be_delayed() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd(acknowledge=1000.0) as server:
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as gateway:
                gateway.setblocking(False)
                gateway.connect(("127.0.0.1", server.port))
                gateway.send(PUSH)
                await until(lambda: server.datagrams_received == 1)
                with pytest.raises(BlockingIOError):
                    gateway.recv(100)

    asyncio.run(scenario())


def test_what_is_malformed_is_counted_and_not_answered() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd() as server:
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as stranger:
                stranger.sendto(b"hello", ("127.0.0.1", server.port))
            assert len(await answers(server, PULL)) == 1
            assert (server.datagrams_received, server.malformed_received) == (2, 1)

    asyncio.run(scenario())


def test_a_downlink_needs_a_gateway_that_has_pulled() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd() as server:
            with pytest.raises(KeyError):
                server.request_downlink(EUI, 1, b"{}")
            with pytest.raises(KeyError):
                server.send_downlink(EUI, {"imme": True})

    asyncio.run(scenario())


def test_downlinks_go_to_where_the_gateway_last_pulled_from_each_with_its_token() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        async with NetworkServerEnd() as server:
            await answers(server, PULL)
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as gateway:
                gateway.setblocking(False)
                gateway.connect(("127.0.0.1", server.port))
                gateway.send(PULL)
                async with asyncio.timeout(20):
                    await loop.sock_recv(gateway, 100)
                    tokens = [server.send_downlink(EUI, {"imme": True, "freq": freq}) for freq in (868.1, 869.525)]
                    received = [decode_server_datagram(await loop.sock_recv(gateway, 500)) for _ in tokens]
        assert [datagram.kind for datagram in received] == [ServerKind.PULL_RESP] * 2
        assert [datagram.token for datagram in received] == tokens
        assert tokens[0] != tokens[1]
        assert received[1].body == b'{"txpk":{"imme":true,"freq":869.525}}'

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("body", "ack"),
    [
        (b"", TxAck(EUI, 7)),
        (b'{"txpk_ack":{"error":"NONE"}}', TxAck(EUI, 7)),
        (b'{"txpk_ack":{"error":"TOO_LATE"}}', TxAck(EUI, 7, error="TOO_LATE")),
        (b'{"txpk_ack":{"warn":"TX_POWER","value":14}}', TxAck(EUI, 7, warning="TX_POWER", value=14)),
        (b'{"txpk_ack":{"error":5}}', None),
        (b"hello", None),
        (b"\xff", None),
    ],
)
def test_a_gateway_s_answer_to_a_downlink_is_read(body: bytes, ack: TxAck | None) -> None:
    acks: list[TxAck] = []

    async def scenario() -> int:
        async with NetworkServerEnd(on_tx_ack=acks.append) as server:
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as gateway:
                datagram = encode_gateway_datagram(GatewayKind.TX_ACK, 7, EUI, body)
                gateway.sendto(datagram, ("127.0.0.1", server.port))
                await until(lambda: server.datagrams_received == 1)
            return server.malformed_received

    malformed = asyncio.run(scenario())
    assert acks == [] if ack is None else acks == [ack]
    assert malformed == (ack is None)
