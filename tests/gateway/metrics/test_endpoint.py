"""The metrics over HTTP, on loopback."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from gateway.metrics import endpoint as endpoint_module
from gateway.metrics.endpoint import LONGEST_LINE_BYTES, MOST_CLIENTS, MetricsEndpoint

PATIENCE_S = 20
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"


@contextlib.asynccontextmanager
async def served(page: Callable[[], str] = lambda: "x 1\n", host: str = "127.0.0.1") -> AsyncIterator[MetricsEndpoint]:
    endpoint = MetricsEndpoint(host, 0, page)
    running = asyncio.create_task(endpoint.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await endpoint.bound.wait()
            yield endpoint
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@contextlib.asynccontextmanager
async def connected(endpoint: MetricsEndpoint) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def told_to(reader: asyncio.StreamReader) -> bytes:
    """All that comes; nothing where the connection is cut with something unread in it."""
    with contextlib.suppress(ConnectionError):
        return await reader.read()
    return b""


async def answer(endpoint: MetricsEndpoint, request: bytes) -> tuple[bytes, bytes]:
    """The head and the body."""
    async with connected(endpoint) as (reader, writer):
        writer.write(request)
        told = await reader.read()
    head, _, body = told.partition(b"\r\n\r\n")
    return head, body


async def taken(endpoint: MetricsEndpoint) -> bytes:
    """The body, nothing where there is no room."""
    async with connected(endpoint) as (reader, writer):
        writer.write(GET)
        return (await told_to(reader)).partition(b"\r\n\r\n")[2]


def asked(request: bytes) -> tuple[bytes, bytes]:
    async def scene() -> tuple[bytes, bytes]:
        async with served() as endpoint:
            return await answer(endpoint, request)

    return asyncio.run(scene())


def test_the_page_is_told_with_its_type_and_its_length() -> None:
    head, body = asked(GET)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: text/plain; version=0.0.4; charset=utf-8" in head
    assert b"Content-Length: 4" in head
    assert body == b"x 1\n"


def test_a_query_changes_nothing() -> None:
    assert asked(GET.replace(b"/metrics", b"/metrics?a=b"))[1] == b"x 1\n"


def test_head_has_no_body() -> None:
    head, body = asked(GET.replace(b"GET", b"HEAD"))
    assert b"200 OK" in head
    assert body == b""


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET / HTTP/1.1", b"404"),
        (b"POST /metrics HTTP/1.1", b"405"),
        (b"GET /metrics", b"400"),
        (b"\x16\x03\x01\x02", b"400"),
        (b"", b"400"),
    ],
)
def test_anything_else_is_refused(request_line: bytes, status: bytes) -> None:
    assert asked(request_line + b"\r\n\r\n")[0].startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    "request_bytes", [b"G" * (2 * LONGEST_LINE_BYTES), b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * 5_000]
)
def test_a_head_without_end_gets_no_answer_and_is_not_waited_for(
    request_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_module, "ASKED_WITHIN_S", 10 * PATIENCE_S)

    async def scene() -> bytes:
        async with served() as endpoint, connected(endpoint) as (reader, writer):
            writer.write(request_bytes)
            return await told_to(reader)

    assert asyncio.run(scene()) == b""


def test_whoever_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "ASKED_WITHIN_S", 0.05)

    async def scene() -> bytes:
        async with served() as endpoint, connected(endpoint) as (reader, _):
            return await reader.read()

    assert asyncio.run(scene()) == b""


def test_too_many_at_once_get_no_answer_and_the_next_one_does() -> None:
    async def scene() -> tuple[bytes, bytes]:
        async with served() as endpoint:
            async with contextlib.AsyncExitStack() as stack:
                waiting = [await stack.enter_async_context(connected(endpoint)) for _ in range(MOST_CLIENTS)]
                async with connected(endpoint) as (reader, writer):
                    writer.write(GET)
                    refused = await told_to(reader)
                for waiting_reader, writer in waiting:
                    writer.write_eof()
                    await waiting_reader.read()
            return refused, (await answer(endpoint, GET))[1]

    assert asyncio.run(scene()) == (b"", b"x 1\n")


def test_whoever_does_not_take_the_answer_is_let_go_and_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "TAKEN_WITHIN_S", 0.05)
    pages = ["x" * (32 << 20)] * MOST_CLIENTS

    async def scene() -> int:
        async with served(lambda: pages.pop() if pages else "x 1\n") as endpoint, contextlib.AsyncExitStack() as stack:
            slow = [await stack.enter_async_context(connected(endpoint)) for _ in range(MOST_CLIENTS)]
            for _, writer in slow:
                writer.write(GET)
            body = b""
            while body != b"x 1\n":
                body = await taken(endpoint)
            return min([len(await told_to(reader)) for reader, _ in slow])

    assert asyncio.run(scene()) < 32 << 20


def test_an_address_that_is_taken_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "TRY_AGAIN_S", 0.01)

    async def scene() -> bytes:
        taken = socket.create_server(("127.0.0.1", 0))
        endpoint = MetricsEndpoint("127.0.0.1", taken.getsockname()[1], lambda: "x 1\n")
        running = asyncio.create_task(endpoint.run())
        await asyncio.sleep(0.05)
        assert not endpoint.bound.is_set()
        taken.close()
        async with asyncio.timeout(PATIENCE_S):
            await endpoint.bound.wait()
            told = await answer(endpoint, GET)
        running.cancel()
        return told[1]

    assert asyncio.run(scene()) == b"x 1\n"


def test_the_end_waits_for_nobody() -> None:
    async def scene() -> None:
        stack = contextlib.AsyncExitStack()
        async with stack, asyncio.timeout(endpoint_module.ASKED_WITHIN_S / 2), served() as endpoint:
            await stack.enter_async_context(connected(endpoint))

    asyncio.run(scene())
