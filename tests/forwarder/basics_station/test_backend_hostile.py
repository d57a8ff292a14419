"""Servers that do not behave: each is given up in time, and none ends the backend."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.server import ServerConnection

from forwarder.backend import BackendCounters
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.endpoint import Endpoint
from forwarder.basics_station.websocket import LARGEST_MESSAGE_BYTES, WebSocket
from forwarder.semtech_udp.address import ServerAddress
from tests.forwarder.basics_station.lns import ROUTER_CONFIG, Lns, Script, config, running, talk, until
from tests.forwarder.basics_station.test_backend import uplinks

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
IMPATIENT: dict[str, Any] = {
    "connect_timeout_s": 1,
    "answer_timeout_s": 1,
    "keepalive_s": 1,
    "silent_after_keepalives": 1,
}


async def losses(logs: Sequence[Mapping[str, object]], number: int = 1) -> list[str]:
    """So many reasons why there was no connection."""

    def reasons() -> list[str]:
        return [str(line["reason"]) for line in logs if line["event"] == "no connection to server"]

    await until(lambda: len(reasons()) >= number)
    return reasons()


def reason_with(lns: Lns) -> str:
    async def story() -> str:
        with capture_logs() as logs:
            async with lns.serving(), running(config(lns, **IMPATIENT)) as backend:
                reason = (await losses(logs))[0]
                backend.send_uplinks(uplinks(1))
        return reason

    return asyncio.run(story())


async def silence(_lns: Lns, connection: ServerConnection) -> None:
    await connection.wait_closed()


async def hang_up(_lns: Lns, connection: ServerConnection) -> None:
    await connection.recv()
    await connection.close(1008, "go away")


async def break_off(_lns: Lns, connection: ServerConnection) -> None:
    await connection.recv()
    connection.transport.abort()


async def too_much(_lns: Lns, connection: ServerConnection) -> None:
    await connection.recv()
    await connection.send("x" * (LARGEST_MESSAGE_BYTES + 1))
    await connection.wait_closed()


def answering(*messages: str | bytes) -> Script:
    async def script(_lns: Lns, connection: ServerConnection) -> None:
        await connection.recv()
        for message in messages:
            await connection.send(message)
        await connection.wait_closed()

    return script


@pytest.mark.parametrize(
    ("discovery", "words"),
    [
        (silence, "does not answer"),
        (hang_up, "1008"),
        (break_off, "ended"),
        (too_much, "exceeds limit"),
        (answering('{"router":"1","error":"unknown gateway"}'), "unknown gateway"),
        (answering("{}"), "uri is missing"),
        (answering("{"), "no JSON"),
        (answering(b"\x00\x01"), "no JSON"),
        (answering('{"uri":"http://x"}'), "must begin with wss:// or ws://"),
    ],
)
def test_a_discovery_that_gives_no_address(discovery: Script, words: str) -> None:
    lns = Lns(discovery=discovery)
    assert words in reason_with(lns)
    assert lns.data_connections == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (silence, "sends no router_config"),
        (hang_up, "1008"),
        (break_off, "ended"),
        (too_much, "exceeds limit"),
        (answering("{", b"\x00", '{"msgtype":"dnmsg"}'), "sends no router_config"),
    ],
)
def test_a_data_connection_that_comes_to_nothing(data: Script, words: str) -> None:
    assert words in reason_with(Lns(data))


def test_garbage_between_good_messages_is_counted_and_passed_over() -> None:
    async def story() -> None:
        async def script(lns: Lns, connection: ServerConnection) -> None:
            for said in ("{", "[]", "\x00", b"\xff\x00", '{"msgtype":"nonsense"}', "9" * 50_000):
                await connection.send(said)
            await talk(lns, connection)

        async with Lns(script).serving() as lns, running(config(lns)) as backend:
            await until(lambda: backend.counters.connected)
            assert backend.counters.malformed_received == 4
            backend.send_uplinks(uplinks(1))
            await lns.until(lambda: len(lns.of("updf")) == 1)

    asyncio.run(story())


def test_a_message_in_pieces_is_put_together() -> None:
    async def story() -> None:
        async def script(lns: Lns, connection: ServerConnection) -> None:
            text = json.dumps(ROUTER_CONFIG)
            await connection.send([text[:10], text[10:500], text[500:]])
            await connection.wait_closed()

        async with Lns(script).serving() as lns, running(config(lns)) as backend:
            await until(lambda: backend.counters.connected)

    asyncio.run(story())


def test_a_server_that_falls_silent_in_traffic_is_left() -> None:
    async def story() -> None:
        async def script(lns: Lns, connection: ServerConnection) -> None:
            await connection.recv()
            await connection.send(json.dumps(ROUTER_CONFIG))
            connection.transport.pause_reading()
            await connection.wait_closed()

        with capture_logs() as logs:
            async with Lns(script).serving() as lns, running(config(lns, keepalive_s=1, silent_after_keepalives=1)):
                assert "silent" in (await losses(logs))[0]
                assert lns.connection is not None
                lns.connection.transport.abort()

    asyncio.run(story())


class TestBelowWebSocket:
    """What answers is no WebSocket server at all."""

    def reason(self, serve: Serve, **changes: float) -> str:
        async def story() -> str:
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            wanted = BasicsStationConfig("lns", f"ws://127.0.0.1:{port}", **(IMPATIENT | changes))
            with capture_logs() as logs:
                async with server, running(wanted):
                    return (await losses(logs))[0]

        return asyncio.run(story())

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "401"),
            (b"HTTP/1.1 301 Moved\r\nLocation: ws://x/\r\nContent-Length: 0\r\n\r\n", "301"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", "valid HTTP"),
            (b"\x00" * 10_000, ""),
            (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "missing Connection"),
            (b"", "ended"),
        ],
    )
    def test_an_answer_that_is_no_upgrade(self, answer: bytes, words: str) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            with contextlib.suppress(OSError):
                await writer.drain()
            writer.close()

        assert words.lower() in self.reason(serve, answer_timeout_s=20, connect_timeout_s=20).lower()

    def test_one_that_accepts_and_never_answers(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                await reader.read()
            writer.close()

        assert "does not answer" in self.reason(serve)

    def test_one_that_answers_without_end(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while True:
                    writer.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000)
                    await writer.drain()
            writer.close()

        assert self.reason(serve)


def test_a_look_up_that_comes_too_late_leaves_no_connection_behind() -> None:
    async def story() -> None:
        asked: list[asyncio.Future[None]] = []

        async def resolve(_host: str) -> Sequence[ServerAddress]:
            asked.append(asyncio.get_running_loop().create_future())
            await asked[-1]
            return [ServerAddress(socket.AF_INET, "127.0.0.1")]

        async with Lns().serving() as lns, running(config(lns, **IMPATIENT), resolve=resolve) as backend:
            await until(lambda: len(asked) == 2)
            assert asked[0].cancelled()
            asked[1].set_result(None)
            await until(lambda: len(asked) == 3)
            asked[2].set_result(None)
            await until(lambda: backend.counters.connected)
            assert (len(lns.routers), lns.data_connections) == (1, 1)

    asyncio.run(story())


def test_what_a_server_says_does_nothing_to_a_terminal() -> None:
    assert "\x1b" not in reason_with(Lns(discovery=answering(json.dumps({"error": "a\x1b[2J\nb"}))))


def test_a_connection_that_comes_after_it_was_given_up_is_closed_at_once() -> None:
    async def story() -> None:
        gone = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.read() == b""
            gone.set()
            writer.close()

        async with running(config(Lns(), uri="ws://lns.invalid:1")) as backend:
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            endpoint = Endpoint(False, "127.0.0.1", server.sockets[0].getsockname()[1])
            late = WebSocket(endpoint, (), backend, BackendCounters())
            late.abort()
            async with server, asyncio.timeout(20):
                await late.connect(ServerAddress(socket.AF_INET, "127.0.0.1"), None)
                await gone.wait()

    asyncio.run(story())
