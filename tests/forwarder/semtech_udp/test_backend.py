"""What the backend sends, gets and counts, over real sockets."""

import asyncio
import json
import socket
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from structlog.testing import capture_logs

from forwarder.backend import Backend, Downlink, TxReceipt
from forwarder.semtech_udp.backend import MAX_WAITING_UPLINKS, SemtechUdpBackend
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd
from forwarder.semtech_udp.txpk import decode_txpk
from radio.packets import CrcStatus, TxStatus
from tests.forwarder.semtech_udp.loopback import (
    EUI,
    STATS,
    PushLog,
    backend_for,
    config,
    payloads,
    resolves_to,
    running,
    until,
)
from tests.forwarder.semtech_udp.requests import txpk
from tests.forwarder.semtech_udp.uplinks import uplink


def test_it_is_a_backend() -> None:
    backend: Backend = SemtechUdpBackend(config(1700), EUI)
    assert backend.name == "town"


async def flow(acknowledge: Any) -> SemtechUdpBackend:
    pushed = PushLog()
    server = NetworkServerEnd(acknowledge=acknowledge, on_datagram=pushed)
    async with server, running(backend_for(server)) as backend:
        await until(lambda: server.datagrams_received > 0)
        for number in range(100):
            backend.send_uplinks([uplink(payload=bytes([number, half])) for half in (0, 1)])
            await asyncio.sleep(0)
        await until(lambda: len(pushed) == 100)
        assert payloads(pushed) == [bytes([number, half]) for number in range(100) for half in (0, 1)]
        if acknowledge is not None:
            await until(lambda: backend.counters.datagrams_acknowledged == 100)
    return backend


@pytest.mark.parametrize("acknowledge", ["now", 0.05])
def test_every_packet_arrives_in_order_and_is_acknowledged(acknowledge: Any) -> None:
    counters = asyncio.run(flow(acknowledge)).counters
    assert (counters.uplinks_sent, counters.uplinks_acknowledged, counters.uplinks_dropped) == (200, 200, 0)
    assert (counters.datagrams_sent, counters.datagrams_acknowledged) == (100, 100)
    assert counters.last_acknowledged_s is not None


def test_a_server_that_never_answers_costs_no_packet() -> None:
    counters = asyncio.run(flow(None)).counters
    assert (counters.uplinks_sent, counters.uplinks_acknowledged, counters.uplinks_dropped) == (200, 0, 0)
    assert not counters.connected


def test_the_server_has_the_datagram_before_send_uplinks_returns() -> None:
    async def scenario() -> None:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(20)
            settings = config(server.getsockname()[1])
            async with running(SemtechUdpBackend(settings, EUI)) as backend:
                # Blocks the event loop on purpose: nothing but send_uplinks can have sent.
                await until(lambda: backend.counters.bytes_up > 0)
                server.recv(100)
                backend.send_uplinks([uplink()])
                assert server.recv(1000)[3] == GatewayKind.PUSH_DATA

    asyncio.run(scenario())


def test_what_the_socket_refuses_is_counted_as_dropped_and_not_acknowledged() -> None:
    async def scenario() -> None:
        pushed = PushLog()
        too_long_for_udp = 1_000_000
        async with NetworkServerEnd(on_datagram=pushed) as server:
            backend = backend_for(server, max_datagram_bytes=too_long_for_udp)
            async with running(backend):
                await until(lambda: backend.counters.connected)
                backend.send_uplinks([uplink()] * 1000)
                backend.send_uplinks([uplink()])
                await until(lambda: backend.counters.datagrams_acknowledged == 1)
                backend.send_stats(STATS)
                await until(lambda: len(pushed) == 2)
        counters = backend.counters
        assert (counters.uplinks_sent, counters.uplinks_dropped, counters.datagrams_sent) == (1, 1000, 2)
        stat = decode_push_body(pushed[1].body).stat
        assert stat is not None
        assert stat.ackr == 50.0

    with capture_logs() as logs:
        asyncio.run(scenario())
    assert [log["so_far"] for log in logs if log["event"] == "datagram not sent"] == [1]


def test_every_packet_given_is_sent_or_filtered() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd() as server, running(backend_for(server)) as backend:
            await until(lambda: backend.counters.connected)
            backend.send_uplinks([uplink(), uplink(crc_status=CrcStatus.BAD), uplink()])
        counters = backend.counters
        assert (counters.uplinks_sent, counters.uplinks_filtered, counters.uplinks_dropped) == (2, 1, 0)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("receipt", "answer"),
    [
        (TxReceipt(TxStatus.OK), b""),
        (TxReceipt(TxStatus.OK, power_used_dbm=12), b'{"txpk_ack":{"warn":"TX_POWER","value":12}}'),
        (TxReceipt(TxStatus.COLLISION_PACKET), b'{"txpk_ack":{"error":"COLLISION_PACKET"}}'),
    ],
)
def test_a_request_to_transmit_is_decided_on_and_answered(receipt: TxReceipt, answer: bytes) -> None:
    async def scenario() -> None:
        delivered: list[Downlink] = []

        def deliver(downlink: Downlink) -> TxReceipt:
            delivered.append(downlink)
            return receipt

        answers: list[GatewayDatagram] = []
        async with (
            NetworkServerEnd(on_datagram=answers.append) as server,
            running(backend_for(server), deliver) as backend,
        ):
            await until(lambda: backend.counters.connected)
            server.request_downlink(EUI, 7, txpk())
            await until(lambda: any(datagram.kind is GatewayKind.TX_ACK for datagram in answers))
        assert delivered == [Downlink("town", 7, *decode_txpk(txpk()))]
        assert GatewayDatagram(GatewayKind.TX_ACK, 7, EUI, answer) in answers
        accepted = int(receipt.status is TxStatus.OK)
        assert (backend.counters.downlinks_received, backend.counters.downlinks_accepted) == (1, accepted)

    asyncio.run(scenario())


def test_every_request_of_a_flood_is_answered() -> None:
    flood = 200

    async def scenario() -> None:
        tokens: list[int] = []

        def take(datagram: GatewayDatagram) -> None:
            if datagram.kind is GatewayKind.TX_ACK:
                tokens.append(datagram.token)

        async with NetworkServerEnd(on_datagram=take) as server, running(backend_for(server)) as backend:
            await until(lambda: backend.counters.connected)
            for token in range(flood):
                server.request_downlink(EUI, token, txpk())
            await until(lambda: len(tokens) == flood)
        assert tokens == list(range(flood))

    asyncio.run(scenario())


def test_a_failure_to_deliver_is_not_swallowed() -> None:
    def deliver(_downlink: Downlink) -> TxReceipt:
        raise LookupError

    async def scenario() -> None:
        async with NetworkServerEnd() as server:
            backend = backend_for(server)
            run = asyncio.create_task(backend.run(deliver))
            await until(lambda: backend.counters.connected)
            server.request_downlink(EUI, 7, txpk())
            with pytest.raises(ExceptionGroup):
                await run
        assert not backend.counters.connected

    asyncio.run(scenario())


def test_bad_requests_are_counted_and_seldom_logged() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd() as server, running(backend_for(server)) as backend:
            await until(lambda: backend.counters.connected)
            for _ in range(12):
                server.request_downlink(EUI, 7, b"not JSON")
            await until(lambda: backend.counters.downlinks_received == 12)
            assert backend.counters.downlinks_accepted == 0

    with capture_logs() as logs:
        asyncio.run(scenario())
    malformed = [log for log in logs if log["event"] == "bad request to transmit refused"]
    assert [log["so_far"] for log in malformed] == [1, 10]
    assert "not JSON" not in json.dumps(malformed)


class Fates(dict[int, bool]):
    """What a backend told of each key; it tells each once."""

    def __call__(self, keys: Sequence[int], delivered: bool) -> None:
        for key in keys:
            assert key not in self
            self[key] = delivered


def test_the_fate_of_each_uplink_is_told_once() -> None:
    async def scenario() -> None:
        fates = Fates()
        server = NetworkServerEnd()
        async with server:
            backend = backend_for(server, push_timeout_ms=1)
            backend.on_fate = fates
            backend.send_uplinks([uplink(key=1)])
            async with running(backend):
                await until(lambda: 1 in fates)
                server.acknowledge = None
                backend.send_uplinks([uplink(key=2), uplink(key=0)])
                await until(lambda: 2 in fates)
                backend.send_uplinks([uplink(key=3, crc_status=CrcStatus.BAD), uplink(key=4)])
        # An acknowledgement may come later than a millisecond.
        assert fates.keys() == {1, 2, 3, 4}
        assert (fates[2], fates[3], fates[4]) == (False, True, False)

    asyncio.run(scenario())


def test_what_waited_for_an_address_in_vain_is_told_so() -> None:
    async def scenario() -> None:
        fates = Fates()
        backend = SemtechUdpBackend(config(9), EUI, resolves_to(OSError("no such name")), (0.001,))
        backend.on_fate = fates
        async with running(backend):
            backend.send_uplinks([uplink(key=key) for key in range(1, MAX_WAITING_UPLINKS + 3)])
            assert fates == {1: False, 2: False}
        assert len(fates) == MAX_WAITING_UPLINKS + 2
        assert not any(fates.values())

    asyncio.run(scenario())


def test_what_was_acknowledged_before_the_end_and_not_read_yet_was_delivered() -> None:
    async def scenario() -> None:
        fates = Fates()
        async with NetworkServerEnd() as server:
            backend = backend_for(server, push_timeout_ms=20_000)
            backend.on_fate = fates
            async with running(backend):
                await until(lambda: backend.counters.connected)
                received = server.datagrams_received
                backend.send_uplinks([uplink(key=1)])
                # Acknowledgements lie in their socket for a tenth of a second: to wake up for each costs too much.
                await until(lambda: server.datagrams_received > received)
        assert fates == {1: True}

    asyncio.run(scenario())
