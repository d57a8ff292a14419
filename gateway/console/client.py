"""A local tool's end of the console: asks the running gateway how it is."""

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from gateway.console.connecting import ConsoleError, GarbledError, RefusedByGatewayError, connect
from gateway.console.lines import SOCKET_NAME, Refused, Wishes, read_line
from gateway.console.snapshot import Snapshot
from gateway.traffic.tap_socket import paths_to_try

# A snapshot takes a millisecond to make; a machine that swaps takes longer, and one that hangs for ever.
ANSWER_WITHIN_S = 5.0
MOST_ANSWER_BYTES = 4 * 1024 * 1024
RECEIVED_BYTES = 65_536


def console_paths(state_dir: str, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where the gateway of this state directory may answer, the likeliest first."""
    return paths_to_try(state_dir, environ, SOCKET_NAME)


def ask(paths: Sequence[Path], within_s: float = ANSWER_WITHIN_S) -> Snapshot:
    """How the running gateway is.

    Raises:
        ConsoleError: NoGatewayError, NotPermittedError, RefusedByGatewayError or GarbledError, whose `in_words` says
            what to do.
    """
    with connect(paths, Wishes()) as connection:
        connection.settimeout(within_s)
        answer = _line_from(connection)
    if isinstance(answer, Refused):
        raise RefusedByGatewayError(answer.refused)
    if not isinstance(answer, Snapshot):
        raise GarbledError
    return answer


def _line_from(connection: socket.socket) -> object:
    received = bytearray()
    try:
        while not received.endswith(b"\n"):
            part = connection.recv(RECEIVED_BYTES)
            received += part
            if not part or len(received) > MOST_ANSWER_BYTES:
                raise GarbledError
        return read_line(bytes(received))
    except msgspec.DecodeError:
        raise GarbledError from None
    except OSError as error:
        raise GarbledError from error


__all__ = ["ConsoleError", "ask", "console_paths"]
