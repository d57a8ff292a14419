"""How the backend finds its server, loses it and finds it again, over real sockets."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import closing, suppress

import pytest
from structlog.testing import capture_logs

from forwarder.semtech_udp.address import ServerAddress
from forwarder.semtech_udp.backend import MAX_WAITING_UPLINKS, SemtechUdpBackend
from forwarder.semtech_udp.messages import decode_gateway_datagram
from forwarder.semtech_udp.rxpk import decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd
from tests.forwarder.semtech_udp.loopback import (
    ELSEWHERE,
    EUI,
    HOME,
    NOBODY,
    STATS,
    PushLog,
    backend_for,
    config,
    payloads,
    resolves_to,
    running,
    until,
)
from tests.forwarder.semtech_udp.uplinks import uplink


def test_pushes_and_pulls_may_have_ports_of_their_own() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd() as up, NetworkServerEnd() as down:
            settings = config(up.port, port_down=down.port)
            async with running(SemtechUdpBackend(settings, EUI)) as backend:
                await until(lambda: down.datagrams_received == 1)
                backend.send_stats(STATS)
                await until(lambda: up.datagrams_received == 1)

    asyncio.run(scenario())


def has_ipv6() -> bool:
    with suppress(OSError), closing(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as sock:
        sock.bind(("::1", 0))
        return True
    return False


def test_ipv6() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd(host="::1") as server, running(backend_for(server, host="::1")) as backend:
            await until(lambda: backend.counters.connected)

    if not has_ipv6():
        pytest.skip("no IPv6 on this machine")
    asyncio.run(scenario())


def test_packets_wait_for_the_name_to_be_resolved() -> None:
    async def scenario() -> None:
        pushed = PushLog()
        async with NetworkServerEnd(on_datagram=pushed) as server:
            resolve = resolves_to(OSError("no name server"), OSError("no name server"), [HOME])
            backend = SemtechUdpBackend(config(server.port), EUI, resolve, retry_delays_s=(0.001,))
            backend.send_uplinks([uplink(payload=b"1"), uplink(payload=b"2")])
            backend.send_stats(STATS)
            async with running(backend):
                await until(lambda: len(pushed) == 2)
        assert payloads(pushed) == [b"1", b"2"]
        assert (backend.counters.uplinks_sent, backend.counters.uplinks_dropped) == (2, 0)
        assert decode_push_body(pushed[1].body).stat is not None

    asyncio.run(scenario())


def test_too_many_waiting_packets_lose_the_oldest() -> None:
    async def scenario() -> None:
        pushed = PushLog()
        async with NetworkServerEnd(on_datagram=pushed) as server:
            backend = SemtechUdpBackend(config(server.port), EUI)
            backend.send_uplinks([uplink(payload=b"old")])
            backend.send_uplinks([uplink(payload=b"new")] * MAX_WAITING_UPLINKS)
            assert backend.counters.uplinks_dropped == 1
            async with running(backend):
                await until(lambda: backend.counters.uplinks_sent == MAX_WAITING_UPLINKS)
                await until(lambda: len(pushed) > 0)
        assert payloads(pushed)[0] == b"new"

    asyncio.run(scenario())


def test_packets_that_still_wait_at_the_end_are_dropped() -> None:
    async def scenario() -> None:
        backend = SemtechUdpBackend(config(1700), EUI, resolves_to(OSError("no name server")))
        async with running(backend):
            backend.send_uplinks([uplink()])
        assert backend.counters.uplinks_dropped == 1

    asyncio.run(scenario())


def test_a_server_that_moves_is_found_again() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd() as old, NetworkServerEnd(ELSEWHERE.host, old.port) as new:
            # The same port at another address, as after a change in the name service.
            resolve = resolves_to([HOME], [ELSEWHERE])
            settings = config(old.port, keepalive_s=0.02)
            async with running(SemtechUdpBackend(settings, EUI, resolve, retry_delays_s=(0.001,))) as backend:
                await until(lambda: backend.counters.connected)
                old.acknowledge = None
                await until(lambda: new.datagrams_received > 0 and backend.counters.connected)

    asyncio.run(scenario())


def test_a_server_that_answers_again_is_not_left() -> None:
    async def scenario() -> None:
        asked_again, answer = asyncio.Event(), asyncio.Event()
        answer.set()

        async def resolve(_host: str) -> Sequence[ServerAddress]:
            if not answer.is_set():
                asked_again.set()
            await answer.wait()
            answer.clear()
            return [NOBODY]

        async with NetworkServerEnd(NOBODY.host) as gone:
            settings = config(gone.port, keepalive_s=0.02, silent_after_keepalives=1_000_000)
        backend = SemtechUdpBackend(settings, EUI, resolve, retry_delays_s=(0.001,))
        async with running(backend):
            await until(asked_again.is_set)
            async with NetworkServerEnd(NOBODY.host, gone.port):
                await until(lambda: backend.counters.connected)
                answer.set()
                await until(lambda: not answer.is_set())
                await asyncio.sleep(0)

    with capture_logs() as logs:
        asyncio.run(scenario())
    assert [log["event"] for log in logs].count("sending to server") == 1


def test_the_next_address_of_a_name_is_tried_when_the_first_refuses() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd() as server:
            # The keepalive is so long that silence cannot be what is noticed.
            settings = config(server.port, keepalive_s=1000.0)
            resolve = resolves_to([NOBODY, HOME])
            async with running(SemtechUdpBackend(settings, EUI, resolve, retry_delays_s=(0.001,))) as backend:
                await until(lambda: backend.counters.connected)

    asyncio.run(scenario())


def test_a_closed_port_is_survived_and_the_server_found_when_it_is_back() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd(NOBODY.host) as gone:
            port = gone.port
        backend = SemtechUdpBackend(config(port, host=NOBODY.host), EUI, retry_delays_s=(0.001,))
        async with running(backend):
            await until(lambda: backend.counters.bytes_up > 0)
            for _ in range(10):
                # The second meets the error that the first one caused.
                backend.send_uplinks([uplink()])
                backend.send_uplinks([uplink()])
                await asyncio.sleep(0.001)
            async with NetworkServerEnd(NOBODY.host, port):
                await until(lambda: backend.counters.connected)
        assert (backend.counters.uplinks_sent, backend.counters.uplinks_dropped) == (20, 0)

    asyncio.run(scenario())


def test_the_refusal_of_one_datagram_does_not_cost_the_next() -> None:
    def listening(port: int = 0) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((NOBODY.host, port))
        sock.settimeout(20)
        return sock

    async def scenario() -> None:
        with closing(listening()) as server:
            port = server.getsockname()[1]
            backend = SemtechUdpBackend(config(port, host=NOBODY.host), EUI)
            async with running(backend):
                await until(lambda: backend.counters.bytes_up > 0)
                # No turn of the event loop from here on: sending itself meets the refusal.
                server.close()
                backend.send_uplinks([uplink(payload=b"refused")])
                with closing(listening(port)) as again:
                    backend.send_uplinks([uplink(payload=b"next")])
                    assert payloads([decode_gateway_datagram(again.recv(1000))]) == [b"next"]

    asyncio.run(scenario())


def test_the_log_tells_the_state_of_the_server() -> None:
    async def scenario() -> None:
        async with NetworkServerEnd() as server, running(backend_for(server, keepalive_s=0.02)) as backend:
            await until(lambda: backend.counters.connected)
            server.acknowledge = None
            await until(lambda: not backend.counters.connected)

    with capture_logs() as logs:
        asyncio.run(scenario())
    told = [log["event"] for log in logs]
    assert told[0] == "sending to server"
    assert "server is silent" in told[told.index("server answers") :]
    assert {log["backend"] for log in logs} == {"town"}
