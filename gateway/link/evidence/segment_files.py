"""The segments of the evidence log as files, each named after its first entry. Blocking; links are not followed.

They lie in a directory that is named after the key: with another key, another log begins.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.policy.source.policy_file import UnreadableError, read_regular_file

LARGEST_SEGMENT_BYTES = 64 << 20
_NAME = re.compile(r"(\d{18})\.evidence")
_MODE = 0o600
_DIRECTORY_MODE = 0o700
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_FLAGS = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def log_directory(state_dir: Path, key_id: str) -> Path:
    """Where a gateway keeps the log that a key signs."""
    return state_dir / "evidence" / key_id


class SegmentFiles:
    """The segments in one directory, made with the first of them."""

    def __init__(self, directory: Path) -> None:
        self.path = directory

    def path_of(self, first: int) -> Path:
        """Where the segment lies that begins with an entry."""
        return self.path / f"{first:018}.evidence"

    def sizes(self) -> dict[int, int]:
        """All segments by their first entries, in order, and their bytes.

        Raises:
            OSError: the directory cannot be read.
        """
        found = {}
        with suppress(FileNotFoundError), os.scandir(self.path) as entries:
            for entry in entries:
                if (match := _NAME.fullmatch(entry.name)) is not None:
                    found[int(match[1])] = entry.stat(follow_symlinks=False).st_size
        return dict(sorted(found.items()))

    def read_synced(self, first: int) -> bytes:
        """A segment's content, once all of it is on the disk.

        Raises:
            OSError: it cannot be read, or not be brought on the disk.
        """
        path = self.path_of(first)
        try:
            content = read_regular_file(path, LARGEST_SEGMENT_BYTES)
        except UnreadableError as error:
            raise OSError(f"{path}: {error}") from error
        if content is None:
            raise FileNotFoundError(None, "there is no such file", str(path))
        with _opened(path, _READ_FLAGS) as descriptor:
            os.fsync(descriptor)
        self._sync_names(self.path)
        return content

    def write(self, first: int, begin: int, content: bytes) -> None:
        """Make a segment end with this content, from a byte on; on the disk when this returns.

        Raises:
            OSError: it is not known how much of it was written.
        """
        is_new = begin == 0
        if is_new:
            self._make_directory()
        with _opened(self.path_of(first), _WRITE_FLAGS | (os.O_CREAT if is_new else 0)) as descriptor:
            place = begin
            while place < begin + len(content):
                place += os.pwrite(descriptor, content[place - begin :], place)
            # What was there is overwritten before it is cut: a kill in between leaves a trace of it.
            os.ftruncate(descriptor, place)
            os.fdatasync(descriptor)
        if is_new:
            self._sync_names(self.path)

    def remove(self, first: int) -> None:
        """Remove a segment, if it is still there.

        Raises:
            OSError: it stays.
        """
        self.path_of(first).unlink(missing_ok=True)

    def set_aside(self, first: int) -> str:
        """Take away a segment of which nothing can be believed, and return the name that it now has.

        Raises:
            OSError: it stays.
        """
        path = self.path_of(first)
        aside = path.with_suffix(".unreadable")
        path.rename(aside)
        self._sync_names(self.path)
        return aside.name

    def _make_directory(self) -> None:
        self.path.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        for parent in (self.path.parent, self.path.parent.parent):
            self._sync_names(parent)

    def _sync_names(self, directory: Path) -> None:
        with _opened(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as descriptor:
            os.fsync(descriptor)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags, _MODE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
