"""Files that a power cut leaves either old or new, never half."""

import contextlib
import errno
import fcntl
import os
import re
import stat
import tempfile
from pathlib import Path

UNFINISHED = ".unfinished"
MOST_REMOVED = 16


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file's content, on disk when this returns. Makes the directory where it is missing.

    What a writer of the same file left that was killed is removed.

    Raises:
        OSError: it could not be written; the old content stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _refuse_what_is_no_file(path)
    descriptor, temporary = _make_unfinished(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
            # While it is locked, so that nobody takes it for left over.
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)
    remove_left_over(path.parent, re.escape(path.name))


def remove_left_over(directory: Path, names: str) -> None:
    """Remove unfinished files whose writers are gone, a few at a time; `names` is a pattern of the finished ones'."""
    unfinished = re.compile(rf"\.(?:{names})\.[a-z0-9_]{{8}}{re.escape(UNFINISHED)}")
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        found = [entry.path for entry in entries if unfinished.fullmatch(entry.name)]
        for path in found[:MOST_REMOVED]:
            # It may be locked, gone already, or somebody else's.
            with contextlib.suppress(OSError):
                _remove_if_left_over(path)


def _refuse_what_is_no_file(path: Path) -> None:
    """A device or a pipe, such as /dev/stdout, would be replaced by a file, for everybody on this computer."""
    with contextlib.suppress(FileNotFoundError):
        mode = path.stat().st_mode
        # A directory is refused by the system itself.
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))


def _make_unfinished(path: Path) -> tuple[int, Path]:
    """A new file beside that one; its lock says that its writer lives."""
    while True:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED)
        # Where the file system knows no locks, nothing is ever taken for left over either.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor, Path(temporary)
        # Another writer saw it before it was locked, and has removed it.
        os.close(descriptor)


def _remove_if_left_over(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            Path(path).unlink()
    finally:
        os.close(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
