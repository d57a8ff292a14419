"""The metrics over HTTP, to whoever asks: one page, one answer a connection. It reads nothing but the first line."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from gateway.metrics.exposition import CONTENT_TYPE
from gateway.traffic.serving import leave

PATH = "/metrics"
LONGEST_LINE_BYTES = 8_192
MOST_CLIENTS = 4
ASKED_WITHIN_S = 5.0
TAKEN_WITHIN_S = 10.0
TRY_AGAIN_S = 60.0

_log = structlog.get_logger()


class MetricsEndpoint:
    """Serves `page()` at an address. Where it cannot, that is told once, and tried again."""

    def __init__(self, host: str, port: int, page: Callable[[], str]) -> None:
        self._host = host
        self._port = port
        self.page = page
        self._connected = 0
        self.bound = asyncio.Event()
        self._is_over = False
        self.port = port
        """The port that is served: the configured one, or the system's choice for 0."""

    async def run(self) -> None:
        """Serve until cancelled."""
        is_told = False
        while True:
            async with asyncio.TaskGroup() as clients:
                server = await self._listen(clients, is_told=is_told)
                if server is not None:
                    try:
                        await asyncio.Event().wait()
                    finally:
                        # Nobody is waited for: the group ends its tasks.
                        self._is_over = True
                        await leave(server)
            is_told = True
            await asyncio.sleep(TRY_AGAIN_S)

    async def _listen(self, clients: asyncio.TaskGroup, *, is_told: bool) -> asyncio.Server | None:
        """The server, whose clients are tasks of the group; None where the address cannot be had."""

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self._is_over:
                # It was accepted before the end; the group takes no further task.
                writer.transport.abort()
                return
            clients.create_task(self._serve(reader, writer))

        try:
            server = await asyncio.start_server(begin, self._host, self._port, limit=LONGEST_LINE_BYTES)
        except OSError as error:
            if not is_told:
                reason = error.strerror or str(error)
                _log.error("the metrics cannot be served", address=self._host, port=self._port, reason=reason)
            return None
        self.port = server.sockets[0].getsockname()[1]
        _log.info("metrics are served", address=self._host, port=self.port)
        self.bound.set()
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connected += 1
        try:
            words = await _asked(reader) if self._connected <= MOST_CLIENTS else None
            if words is not None:
                writer.write(self._answer(words))
                writer.close()
                # Whoever does not take it, or has left, misses it.
                with contextlib.suppress(TimeoutError, OSError):
                    async with asyncio.timeout(TAKEN_WITHIN_S):
                        await writer.wait_closed()
        finally:
            self._connected -= 1
            writer.close()
            if writer.transport.get_write_buffer_size():
                # Closing alone would wait until it is taken.
                writer.transport.abort()

    def _answer(self, words: list[bytes]) -> bytes:
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return _response("400 Bad Request", "not HTTP/1.1\n")
        if words[0] not in {b"GET", b"HEAD"}:
            return _response("405 Method Not Allowed", "GET only\n")
        if words[1].partition(b"?")[0] != PATH.encode():
            return _response("404 Not Found", f"see {PATH}\n")
        return _response("200 OK", self.page(), with_body=words[0] == b"GET")


async def _asked(reader: asyncio.StreamReader) -> list[bytes] | None:
    """The request's first line; None for whoever says nothing sensible in time.

    Its head is read to the end, or the answer might be lost with the connection.
    """
    try:
        async with asyncio.timeout(ASKED_WITHIN_S):
            first = await reader.readline()
            left = LONGEST_LINE_BYTES
            while left > 0 and (line := await reader.readline()).strip():
                left -= len(line)
    except (TimeoutError, OSError, ValueError):
        return None
    return first.split() if left > 0 else None


def _response(status: str, body: str, *, with_body: bool = True) -> bytes:
    content = body.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {len(content)}\r\n"
        "Connection: close\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n"
    )
    return head.encode() + (content if with_body else b"")
