"""A Unix socket to listen at, made and removed so that none is left that nobody answers at."""

import contextlib
import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

# The service's user, and whoever the host puts into its group.
SOCKET_MODE = 0o660
# As systemd makes them: nobody else has business there.
DIRECTORY_MODE = 0o750


@contextlib.contextmanager
def listening_at(path: Path) -> Iterator[socket.socket]:
    """Listen there, and remove the socket at the end. One that is left from a process that died is replaced.

    Makes the directory where it is missing.

    Raises:
        OSError: it cannot be made, or somebody answers there.
    """
    path.parent.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
    if _is_left_over(path):
        path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        made = path.lstat()
        try:
            # Nobody can connect before listen(), so that nobody gets in by a more generous mode.
            path.chmod(SOCKET_MODE)
            listening.listen()
            yield listening
        finally:
            _remove(path, made)


def _is_left_over(path: Path) -> bool:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
    except FileNotFoundError:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except BlockingIOError:
            # Somebody listens, and has more callers than it takes.
            pass
    raise OSError(errno.EADDRINUSE, "another gateway serves it", str(path))


def _remove(path: Path, made: os.stat_result) -> None:
    """Remove the socket, unless somebody has put another one there."""
    with contextlib.suppress(OSError):
        if os.path.samestat(path.lstat(), made):
            path.unlink()
