"""A server that speaks Semtech UDP, and acknowledges at once."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from bench.payloads import number_of
from bench.servers.received import Received
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd


def numbers_in_push(body: bytes) -> Iterator[int | None]:
    """Those of a PUSH_DATA's packets."""
    for rxpk in decode_push_body(body).rxpk:
        yield number_of(rxpk.data)


@asynccontextmanager
async def udp_end(received: Received) -> AsyncIterator[int]:
    """Listen on the port that this gives."""

    def take(datagram: GatewayDatagram) -> None:
        if datagram.kind is GatewayKind.PUSH_DATA:
            received.take(datagram.body)
        elif datagram.kind is GatewayKind.PULL_DATA:
            received.gateway_came()

    async with NetworkServerEnd(on_datagram=take) as server:
        yield server.port
