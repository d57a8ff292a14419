"""A backend and a server, joined by the loopback interface."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from forwarder.backend import Deliver, Downlink, GatewayStats, TxReceipt
from forwarder.semtech_udp.address import Resolve, ServerAddress
from forwarder.semtech_udp.backend import SemtechUdpBackend
from forwarder.semtech_udp.config import SemtechUdpConfig
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd
from radio.packets import TxStatus

EUI = 0xAA555A0000000000
HOME = ServerAddress(socket.AF_INET, "127.0.0.1")
ELSEWHERE = ServerAddress(socket.AF_INET, "127.0.0.2")
NOBODY = ServerAddress(socket.AF_INET, "127.0.0.3")
STATS = GatewayStats(1_700_000_000, 0, 0, 0, 0, 0)


def config(port: int, **settings: Any) -> SemtechUdpConfig:
    plain = SemtechUdpConfig(name="town", host="127.0.0.1", port_up=port, port_down=port)
    return msgspec.structs.replace(plain, **settings)


def resolves_to(*answers: Sequence[ServerAddress] | OSError) -> Resolve:
    """A resolver that gives one answer after the other, and then the last one for ever."""
    left = list(answers)

    async def resolve(_host: str) -> Sequence[ServerAddress]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, OSError):
            raise answer
        return answer

    return resolve


def discard(_downlink: Downlink) -> TxReceipt:
    return TxReceipt(TxStatus.RADIO_DOWN)


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run; a condition that never comes true fails the test."""
    for _ in range(20_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    pytest.fail("what was waited for did not come")


@asynccontextmanager
async def running(backend: SemtechUdpBackend, deliver: Deliver = discard) -> AsyncIterator[SemtechUdpBackend]:
    task = asyncio.create_task(backend.run(deliver))
    await asyncio.sleep(0)
    try:
        yield backend
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def backend_for(server: NetworkServerEnd, **settings: Any) -> SemtechUdpBackend:
    return SemtechUdpBackend(config(server.port, **settings), EUI, retry_delays_s=(0.001,))


def payloads(pushed: Sequence[GatewayDatagram]) -> list[bytes]:
    return [rxpk.data for datagram in pushed for rxpk in decode_push_body(datagram.body).rxpk]


class PushLog(list[GatewayDatagram]):
    """The PUSH_DATA that a server got."""

    def __call__(self, datagram: GatewayDatagram) -> None:
        if datagram.kind is GatewayKind.PUSH_DATA:
            self.append(datagram)
