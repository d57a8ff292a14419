"""Clients at a Unix socket, each served by a task of its own, and let go without waiting for one that takes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from gateway.traffic.listening import listening_at

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serve_at(path: Path, serve: Serve, longest_line_bytes: int) -> None:
    """Serve until cancelled.

    Raises:
        OSError: the socket cannot be made, or another gateway serves it.
    """
    with listening_at(path) as listening:
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:

            def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                if is_over.is_set():
                    # It was accepted before the end; the group takes no further task.
                    writer.transport.abort()
                    return
                tasks.create_task(_serve_one(serve, reader, writer))

            server = await asyncio.start_unix_server(begin, sock=listening, limit=longest_line_bytes)
            try:
                await asyncio.Event().wait()
            finally:
                is_over.set()
                server.close()


async def _serve_one(serve: Serve, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await serve(reader, writer)
    except ConnectionError:
        # It has left, with lines still to be read.
        pass
    finally:
        if writer.transport.get_write_buffer_size():
            writer.transport.abort()
        else:
            writer.close()
