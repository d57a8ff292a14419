"""The segments of the log as files of a directory that is the service's own. Blocking; links are not followed.

A segment is named by the numbers of the first and the last segment that are in it: the same, unless it was made of
several. One that lies within another's range was put into it, and is only still there because the power went.
"""

import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

_NAME = re.compile(r"(\d{10})-(\d{10})\.ledger")
_BEING_MERGED = "merge.unfinished"
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE = 0o600
_DIRECTORY_MODE = 0o700


class SegmentName(msgspec.Struct, frozen=True, order=True):
    """The numbers of the segments in a file."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first:010}-{self.last:010}.ledger"

    def covers(self, other: "SegmentName") -> bool:
        """Whether the other one's charges are in this one, too."""
        return self != other and self.first <= other.first and other.last <= self.last


class JournalFiles:
    """The directory, made where it is missing.

    Raises:
        OSError: it cannot be made or entered, or is a link.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory
        directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with suppress(OSError):  # a directory that can only be read is still read
            os.fchmod(self._directory, _DIRECTORY_MODE)

    def close(self) -> None:
        """Leave the directory."""
        os.close(self._directory)

    def names(self) -> list[SegmentName]:
        """All segments, in the order of their charges; one that covers others comes before them."""
        with os.scandir(self._directory) as found:
            matches = [_NAME.fullmatch(entry.name) for entry in found]
        names = [SegmentName(int(match[1]), int(match[2])) for match in matches if match is not None]
        return sorted(names, key=lambda name: (name.first, -name.last))

    def read(self, name: SegmentName, most_bytes: int) -> bytes:
        """A segment's content.

        Raises:
            OSError: it cannot be read, is a link or no file, or is larger than any segment.
        """
        descriptor = os.open(str(name), _READ_FLAGS, dir_fd=self._directory)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise OSError("it is not a file")
            if found.st_size > most_bytes:
                raise OSError(f"it has {found.st_size} bytes, and a segment {most_bytes} at most")
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)

    def sync(self, name: SegmentName) -> None:
        """Bring a segment on the disk."""
        descriptor = os.open(str(name), _READ_FLAGS, dir_fd=self._directory)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def create(self, name: SegmentName) -> int:
        """Descriptor of a new, empty segment, to append to."""
        return os.open(str(name), _CREATE_FLAGS, _MODE, dir_fd=self._directory)

    def remove(self, name: SegmentName) -> None:
        """Remove a segment, if it is still there."""
        with suppress(FileNotFoundError):
            os.unlink(str(name), dir_fd=self._directory)

    def sync_names(self) -> None:
        """Bring on disk which files there are."""
        os.fsync(self._directory)

    def remove_unfinished(self) -> None:
        """Remove what a merge left that was interrupted."""
        with suppress(FileNotFoundError):
            os.unlink(_BEING_MERGED, dir_fd=self._directory)

    def replace(self, merged: SegmentName, content: bytes, names: Iterable[SegmentName]) -> None:
        """Put one segment in the place of several. It is whole and on disk before the first of them goes."""
        self.remove_unfinished()
        descriptor = os.open(_BEING_MERGED, _CREATE_FLAGS, _MODE, dir_fd=self._directory)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.rename(_BEING_MERGED, str(merged), src_dir_fd=self._directory, dst_dir_fd=self._directory)
        self.sync_names()
        for name in names:
            self.remove(name)
