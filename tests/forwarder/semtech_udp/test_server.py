"""The network-server end that demo, tests and bench listen with."""

import asyncio
import socket
from contextlib import closing

import pytest

from forwarder.semtech_udp.messages import GatewayKind, encode_gateway_datagram
from forwarder.semtech_udp.server import NetworkServerEnd
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

    asyncio.run(scenario())
