"""A local tool's end of the daemon's traffic socket."""

import contextlib
import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.traffic.first_answering import NobodyAnswersError, first_answering, group_of
from gateway.traffic.tap_socket import Wishes


class TapError(Exception):
    """There is no connection to the daemon; the message says what to do."""


def connect(paths: Sequence[Path], wishes: Wishes) -> socket.socket:
    """Ask for traffic at the first of these sockets at which a gateway answers. Raises TapError."""
    try:
        connection = first_answering(paths)
    except NobodyAnswersError as error:
        reason = _silent(error.tried) if error.forbidden is None else _not_permitted(error.forbidden)
        raise TapError(reason) from error
    except OSError as error:
        raise TapError(f"{error.filename}: {error.strerror}") from error
    # A gateway that refuses does not listen: its reason is there to be read all the same.
    with contextlib.suppress(ConnectionError):
        connection.sendall(msgspec.json.encode(wishes) + b"\n")
    connection.settimeout(None)
    return connection


def _silent(paths: Sequence[Path]) -> str:
    tried = " or ".join(map(str, paths))
    return (
        f"no gateway answers at {tried}: start it (`candelabre run`), or name its configuration with --config; "
        'where it runs, its log says "traffic cannot be recorded", and why'
    )


def _not_permitted(path: Path) -> str:
    group = group_of(path)
    remedy = "run this command as root (sudo)"
    if group is not None:
        remedy += f", or become a member of the group {group} (sudo usermod -aG {group} NAME) and log in again"
    return f"you may not connect to {path}: {remedy}"
