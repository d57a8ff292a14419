"""Clients at a Unix socket, each served by a task of its own, and let go without waiting for one that takes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from gateway.traffic.listening import listening_at

TURNS_OF_THE_LOOP = 5

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

            server = await asyncio.start_unix_server(
                begin, sock=listening, limit=longest_line_bytes, start_serving=False
            )
            try:
                # Here, so that an end in the middle of it closes it, too: the loop would watch a socket that is gone.
                await server.start_serving()
                await asyncio.Event().wait()
            finally:
                is_over.set()
                await leave(server)


async def leave(server: asyncio.Server) -> None:
    """Accept nobody any more, and close the server once those that were accepted are known.

    One that is closed at once forgets connections that it has accepted in the same moment: asyncio makes a transport of
    each, tells of it and closes it, a turn of the loop each.
    """
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening)
    try:
        for _ in range(TURNS_OF_THE_LOOP):
            await asyncio.sleep(0)
    finally:
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
