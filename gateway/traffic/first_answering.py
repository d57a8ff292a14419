"""The first of several sockets at which a gateway answers."""

import grp
import socket
from collections.abc import Sequence
from pathlib import Path

CONNECTED_WITHIN_S = 5.0


class NobodyAnswersError(Exception):
    """At none of them. `forbidden` is the last one that this user may not connect to, None where there is none."""

    def __init__(self, tried: Sequence[Path], forbidden: Path | None) -> None:
        super().__init__()
        self.tried = tuple(tried)
        self.forbidden = forbidden


def first_answering(paths: Sequence[Path]) -> socket.socket:
    """A connection to it. A socket that this user may not use keeps nobody from the next.

    Raises:
        NobodyAnswersError: there is none.
        OSError: one is no path for a socket, or who listens there is stuck.
    """
    forbidden = None
    for path in paths:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECTED_WITHIN_S)
        try:
            connection.connect(str(path))
        except PermissionError:
            connection.close()
            forbidden = path
        except (FileNotFoundError, ConnectionError):
            connection.close()
        except OSError as error:
            connection.close()
            raise OSError(error.errno, error.strerror or str(error), str(path)) from error
        else:
            return connection
    raise NobodyAnswersError(paths, forbidden)


def group_of(path: Path) -> str | None:
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
