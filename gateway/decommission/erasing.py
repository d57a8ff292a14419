"""Erasing files: what is secret is written over first, which helps on a disk and proves nothing on flash. Blocks."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.decommission.closing import NotErased

_PIECE_BYTES = 1 << 16


def erase(path: Path, *, secret: bool) -> tuple[NotErased, ...]:
    """Erase a file, or a folder with all in it; what could not be erased, and why. A link goes, not what it leads to.

    What is not there any more is erased. Once this returns, the names are gone from the disk too.
    """
    failures = []
    for found in _deepest_first(path):
        try:
            _erase_one(found, secret=secret)
        except OSError as error:
            failures.append(NotErased(str(found), error.strerror or str(error)))
    return tuple(failures)


def _deepest_first(path: Path) -> Iterator[Path]:
    """All that is below a path, and the path itself. What cannot be looked into is not empty, and then says so."""
    if path.is_dir() and not path.is_symlink():
        for directory, directories, files in os.walk(path, topdown=False):
            yield from (Path(directory, name) for name in files)
            # Links to directories are listed among them, and not walked into.
            yield from (Path(directory, name) for name in directories)
    if os.path.lexists(path):
        yield path


def _erase_one(path: Path, *, secret: bool) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        path.rmdir()
    else:
        if secret and stat.S_ISREG(mode):
            _overwrite(path)
        path.unlink()
    _sync(path.parent)


def _overwrite(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        left = os.fstat(descriptor).st_size
        while left > 0:
            left -= os.write(descriptor, bytes(min(left, _PIECE_BYTES)))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
