"""A socket's last words, until whoever is at its other end has read them."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator

READ_BYTES = 64 * 1024


@contextlib.contextmanager
def kept_open(descriptor: int) -> Iterator[socket.socket]:
    """The same connection, which remains when its owner closes the descriptor."""
    with socket.socket(fileno=os.dup(descriptor)) as rest:
        rest.setblocking(False)
        yield rest


async def drain(rest: socket.socket) -> None:
    """Say no more, and wait until the other end has closed too.

    A socket that is closed while something unread is in it takes back what it said: the other end is reset.
    """
    with contextlib.suppress(OSError):
        rest.shutdown(socket.SHUT_WR)
        while await asyncio.get_running_loop().sock_recv(rest, READ_BYTES):
            pass
