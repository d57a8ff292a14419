"""Takes lines from the daemon and writes them down, whole lines only, until told to stop or there are enough."""

import enum
import os
import select
import socket
import time
import zlib
from typing import Protocol

import msgspec

from gateway.traffic.line import Lost
from gateway.traffic.stop_request import StopRequest
from gateway.traffic.tap_socket import Refused

RECEIVED_BYTES = 65_536
# What goes into a pipe that select() calls writable, without waiting: pipe(7).
AT_ONCE_BYTES = select.PIPE_BUF
GZIP_WBITS = 31


class Ending(enum.Enum):
    """Why a recording ended."""

    STOPPED = enum.auto()
    COMPLETE = enum.auto()
    """So long, or so many frames, as were asked for."""
    GATEWAY_GONE = enum.auto()
    REFUSED = enum.auto()


class Recorded(msgspec.Struct):
    """What a recording came to. `refusal` is the daemon's reason, where it refused."""

    frames: int = 0
    lost: int = 0
    ending: Ending = Ending.STOPPED
    refusal: str = ""


class Output(Protocol):
    """Where lines go."""

    def write(self, lines: bytes) -> int:
        """Write whole lines, so that they are readable whatever happens next; how many could not be."""

    def finish(self) -> None:
        """Write the end, where the format has one."""


class PlainOutput:
    """Lines as they are, to an open file or pipe; its reader's slowness does not keep a stop waiting."""

    def __init__(self, descriptor: int, stop: StopRequest) -> None:
        self._descriptor = descriptor
        self._stop = stop

    def write(self, lines: bytes) -> int:
        """See `Output`."""
        left = memoryview(lines)
        while left and self._stop.wait_to_write(self._descriptor):
            left = left[os.write(self._descriptor, left[:AT_ONCE_BYTES]) :]
        return bytes(left).count(b"\n")

    def finish(self) -> None:
        """See `Output`."""


class GzipOutput:
    """Lines compressed, to a file. Each write can be read whatever follows, and costs half as much again for it."""

    def __init__(self, plain: PlainOutput) -> None:
        self._plain = plain
        self._compressor = zlib.compressobj(wbits=GZIP_WBITS)

    def write(self, lines: bytes) -> int:
        """See `Output`."""
        self._plain.write(self._compressor.compress(lines) + self._compressor.flush(zlib.Z_SYNC_FLUSH))
        return 0

    def finish(self) -> None:
        """See `Output`."""
        self._plain.write(self._compressor.flush(zlib.Z_FINISH))


def record(
    connection: socket.socket, output: Output, stop: StopRequest, *, duration_s: float | None, count: int | None
) -> Recorded:
    """Write down what comes; `count` is in frames. Raises OSError where the output cannot be written."""
    recorded = Recorded()
    ends_s = None if duration_s is None else time.monotonic() + duration_s
    rest = b""
    while recorded.ending is Ending.STOPPED:
        left_s = None if ends_s is None else max(ends_s - time.monotonic(), 0)
        if not stop.wait_to_read(connection.fileno(), left_s):
            if not stop.asked:
                recorded.ending = Ending.COMPLETE
            break
        received = _receive(connection)
        if not received:
            recorded.ending = Ending.GATEWAY_GONE
            break
        *lines, rest = (rest + received).split(b"\n")
        unwritten = output.write(b"".join(line + b"\n" for line in _counted(lines, recorded, count)))
        recorded.frames, recorded.lost = recorded.frames - unwritten, recorded.lost + unwritten
    output.finish()
    return recorded


def _counted(lines: list[bytes], recorded: Recorded, count: int | None) -> list[bytes]:
    """The lines to be written; more than enough are left out."""
    for index, line in enumerate(lines):
        told = _told(line)
        match told:
            case Lost():
                recorded.lost += told.lost
            case Refused():
                recorded.ending, recorded.refusal = Ending.REFUSED, told.refused
                return lines[:index]
            case None:
                recorded.frames += 1
                if recorded.frames == count:
                    recorded.ending = Ending.COMPLETE
                    return lines[: index + 1]
    return lines


def _told(line: bytes) -> Lost | Refused | None:
    """What the daemon says besides traffic."""
    if line.startswith(b'{"lost"'):
        return msgspec.json.decode(line, type=Lost)
    return msgspec.json.decode(line, type=Refused) if line.startswith(b'{"refused"') else None


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(RECEIVED_BYTES)
    except ConnectionError:
        return b""
