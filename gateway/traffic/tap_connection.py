"""A local tool's end of the daemon's traffic socket."""

import contextlib
import grp
import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.traffic.tap_socket import Wishes

CONNECTED_WITHIN_S = 5.0


class TapError(Exception):
    """There is no connection to the daemon; the message says what to do."""


def connect(paths: Sequence[Path], wishes: Wishes) -> socket.socket:
    """Ask for traffic at the first of these sockets at which a gateway answers. Raises TapError."""
    silent: list[Path] = []
    for path in paths:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECTED_WITHIN_S)
        try:
            connection.connect(str(path))
        except PermissionError as error:
            connection.close()
            raise TapError(_not_permitted(path)) from error
        except (FileNotFoundError, ConnectionError):
            connection.close()
            silent.append(path)
        except OSError as error:
            connection.close()
            raise TapError(f"{path}: {error.strerror or error}") from error
        else:
            # A gateway that refuses does not listen: its reason is there to be read all the same.
            with contextlib.suppress(ConnectionError):
                connection.sendall(msgspec.json.encode(wishes) + b"\n")
            connection.settimeout(None)
            return connection
    tried = " or ".join(str(path) for path in silent)
    raise TapError(
        f"no gateway answers at {tried}: start it (`candelabre run`), or name its configuration with --config; "
        'where it runs, its log says "traffic cannot be recorded", and why'
    )


def _not_permitted(path: Path) -> str:
    group = _group_of(path)
    remedy = "run this command as root (sudo)"
    if group is not None:
        remedy += f", or become a member of the group {group} (sudo usermod -aG {group} NAME) and log in again"
    return f"you may not connect to {path}: {remedy}"


def _group_of(path: Path) -> str | None:
    """The group that may connect; None where it cannot be told, or is root's own."""
    for place in (path, path.parent):
        try:
            group = place.stat().st_gid
        except OSError:
            continue
        try:
            return grp.getgrgid(group).gr_name if group else None
        except KeyError:
            return str(group)
    return None
