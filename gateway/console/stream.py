"""A watcher's end of the console: lines as they come, and a new connection when the gateway comes back."""

import contextlib
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.console.connecting import ConsoleError, GarbledError, RefusedByGatewayError, connect
from gateway.console.lines import Line, Refused, Wishes, read_line

RECEIVED_BYTES = 65_536
# A snapshot every other second, and some room.
LONGEST_LINE_BYTES = 4 * 1024 * 1024
AGAIN_EVERY_S = 1.0
# Snapshots come every 2 s: a gateway that is silent for so long is stuck.
SILENT_S = 15.0


class Stream:
    """The lines of the gateway at one of `paths`. `is_connected` changes while they are read.

    The kernel takes connections for a gateway that is stuck, too: one that was gone is back when it says something.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        """Connect. Raises ConsoleError where no gateway answers."""
        self._paths = paths
        self._rest = b""
        self._again_s = 0.0
        self._heard_s = time.monotonic()
        self._connection: socket.socket | None = connect(paths, Wishes("watch"))
        self._is_back = True

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    @property
    def is_connected(self) -> bool:
        """Whether there is a gateway at the other end, and speaks."""
        return self._connection is not None and self._is_back

    def descriptors(self) -> list[int]:
        """What to wait for."""
        return [] if self._connection is None else [self._connection.fileno()]

    def read(self) -> list[Line]:
        """What has come, without waiting; connects again where there is no connection, once a second at most.

        Raises:
            RefusedByGatewayError: it does not want this client.
            GarbledError: what comes is no console's.
        """
        if self._connection is None:
            self._connect_again()
            return []
        received = self._received(self._connection)
        if received is None:
            self._leave()
            return []
        *complete, self._rest = (self._rest + received).split(b"\n")
        if len(self._rest) > LONGEST_LINE_BYTES:
            raise GarbledError
        lines = [_read(line) for line in complete]
        for line in lines:
            if isinstance(line, Refused):
                raise RefusedByGatewayError(line.refused)
        return lines

    def _received(self, connection: socket.socket) -> bytes | None:
        """What there is; None where the gateway has gone, or is stuck."""
        if not select.select([connection], [], [], 0)[0]:
            return None if time.monotonic() - self._heard_s > SILENT_S else b""
        try:
            received = connection.recv(RECEIVED_BYTES)
        except OSError:
            return None
        self._heard_s = time.monotonic()
        self._is_back = self._is_back or bool(received)
        return received or None

    def _connect_again(self) -> None:
        now_s = time.monotonic()
        if now_s < self._again_s:
            return
        self._again_s = now_s + AGAIN_EVERY_S
        with contextlib.suppress(ConsoleError):
            self._connection = connect(self._paths, Wishes("watch"))
            self._heard_s = time.monotonic()

    def _leave(self) -> None:
        connection, self._connection, self._rest = self._connection, None, b""
        self._is_back = False
        if connection is not None:
            connection.close()


def _read(line: bytes) -> Line:
    try:
        return read_line(line)
    except msgspec.DecodeError:
        raise GarbledError from None
