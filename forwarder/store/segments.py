"""The store's files: segments of uplinks, and the one file that says what became of them. Blocking.

They lie in a directory that is the service's own; links are not followed. A segment is named by its number and its
salt, and is only ever appended to, cut at its end, or removed. Zeros at its end are room taken ahead.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from forwarder.store.places import MEMORY, MOST_SEGMENT

_NAME = re.compile(r"(\d{10})-([0-9a-f]{8})\.uplinks")
_MARKS = "marks"
_MARKS_UNFINISHED = "marks.unfinished"
_SET_ASIDE = "unreadable"
_MODE = 0o600
_DIRECTORY_MODE = 0o700
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ = os.O_RDONLY | _FLAGS
_WRITE = os.O_WRONLY | _FLAGS
# More than any limit lets a file grow to: what is larger is not ours.
_MOST_READ_BYTES = 256 << 20


class SegmentName(msgspec.Struct, frozen=True, order=True):
    """Which segment it is, and what its checksums begin with."""

    number: int
    salt: int

    def __str__(self) -> str:
        return f"{self.number:010}-{self.salt:08x}.uplinks"


class SegmentFiles:
    """The directory, made where it is missing.

    Raises:
        OSError: it cannot be made or entered, or is a link.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with suppress(OSError):  # a directory that can only be read is still read
            os.fchmod(self._directory, _DIRECTORY_MODE)

    def close(self) -> None:
        """Leave the directory."""
        os.close(self._directory)

    def names(self) -> list[SegmentName]:
        """All segments, the oldest first.

        Raises:
            OSError: the directory cannot be read.
        """
        with os.scandir(self._directory) as entries:
            matches = [_NAME.fullmatch(entry.name) for entry in entries]
        names = [SegmentName(int(match[1]), int(match[2], 16)) for match in matches if match is not None]
        return sorted(name for name in names if MEMORY < name.number <= MOST_SEGMENT)

    def read(self, name: SegmentName) -> bytes:
        """A segment's content.

        Raises:
            OSError: it cannot be read, or is no file.
        """
        return self._read(str(name))

    def read_part(self, name: SegmentName, begin: int, length: int) -> bytes:
        """So many bytes of a segment from a place on, or what there is of them.

        Raises:
            OSError: they cannot be read.
        """
        with self._opened(str(name), _READ) as descriptor:
            return os.pread(descriptor, length, begin)

    def create(self, number: int, room_bytes: int) -> tuple[SegmentName, int]:
        """Make a segment of zeros; its name and a descriptor to append with.

        Raises:
            OSError: it cannot be made.
        """
        name = SegmentName(number, secrets.randbits(32))
        descriptor = os.open(str(name), _WRITE | os.O_CREAT | os.O_EXCL, _MODE, dir_fd=self._directory)
        _take_room(descriptor, room_bytes)
        return name, descriptor

    def reopen(self, name: SegmentName, room_bytes: int) -> int:
        """A descriptor to go on appending with.

        Raises:
            OSError: it cannot be opened.
        """
        descriptor = os.open(str(name), _WRITE, dir_fd=self._directory)
        _take_room(descriptor, room_bytes)
        return descriptor

    def cut(self, name: SegmentName, length: int) -> None:
        """Take off what lies behind a segment's good part.

        Raises:
            OSError: it stays.
        """
        with self._opened(str(name), _WRITE) as descriptor:
            os.ftruncate(descriptor, length)

    def remove(self, name: SegmentName) -> None:
        """Remove a segment, if it is still there.

        Raises:
            OSError: it stays.
        """
        with suppress(FileNotFoundError):
            os.unlink(str(name), dir_fd=self._directory)

    def set_aside(self, name: SegmentName) -> str:
        """Take away a segment of which nothing can be read; the name that it now has, in place of an earlier one.

        Raises:
            OSError: it stays.
        """
        os.rename(str(name), _SET_ASIDE, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        return _SET_ASIDE

    def read_marks(self) -> bytes:
        """What is written of the uplinks' fates; nothing where there is no file.

        Raises:
            OSError: it cannot be read.
        """
        with suppress(FileNotFoundError):
            return self._read(_MARKS)
        return b""

    def reserve_marks(self, length: int) -> None:
        """Take room for so many bytes of fates, if the disk has it: zeros, until they are written."""
        with suppress(OSError), self._opened(_MARKS, _WRITE | os.O_CREAT) as descriptor:
            _take_room(descriptor, length)

    def append_marks(self, content: bytes, length: int) -> None:
        """Write behind the first `length` bytes, which are the good ones.

        Raises:
            OSError: nothing of it counts as written; the next write goes over it.
        """
        with self._opened(_MARKS, _WRITE | os.O_CREAT) as descriptor:
            _write_all(descriptor, content, length)

    def cut_marks(self, length: int) -> None:
        """Take off what a power cut left at the end.

        Raises:
            OSError: it stays.
        """
        with self._opened(_MARKS, _WRITE) as descriptor:
            os.ftruncate(descriptor, length)

    def replace_marks(self, content: bytes) -> None:
        """Write the fates anew. On the disk when this returns, and before it the removals that it takes for granted.

        Raises:
            OSError: it is as it was, or as it should be.
        """
        with suppress(FileNotFoundError):
            os.unlink(_MARKS_UNFINISHED, dir_fd=self._directory)
        self.sync_names()
        with self._opened(_MARKS_UNFINISHED, _WRITE | os.O_CREAT | os.O_EXCL) as descriptor:
            _write_all(descriptor, content, 0)
            os.fsync(descriptor)
        os.rename(_MARKS_UNFINISHED, _MARKS, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        self.sync_names()

    def sync_marks(self) -> None:
        """Bring the fates on the disk.

        Raises:
            OSError: it is not known what of them is there.
        """
        with suppress(FileNotFoundError), self._opened(_MARKS, _READ) as descriptor:
            os.fdatasync(descriptor)

    def sync_names(self) -> None:
        """Bring on the disk which files there are.

        Raises:
            OSError: it is not known whether they are.
        """
        os.fsync(self._directory)

    def _read(self, name: str) -> bytes:
        with self._opened(name, _READ) as descriptor:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_READ_BYTES:
                raise OSError(f"{name} is no file of the store; remove it")
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()

    @contextmanager
    def _opened(self, name: str, flags: int) -> Iterator[int]:
        descriptor = os.open(name, flags, _MODE, dir_fd=self._directory)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _take_room(descriptor: int, length: int) -> None:
    """Have a file grow to this size now, if the disk has so much.

    What is written there later changes no size and no list of blocks, which a journal would write too: on ext4 that
    halves what an hour of outage costs.
    """
    with suppress(OSError):
        os.posix_fallocate(descriptor, 0, length)


def append(descriptor: int, content: bytes, length: int) -> None:
    """Write all of it behind the first `length` bytes: over whatever a write that failed has left there.

    Raises:
        OSError: nothing of it counts, and nothing of it is left where that can be brought about.
    """
    try:
        _write_all(descriptor, content, length)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, length)
        raise


def _write_all(descriptor: int, content: bytes, begin: int) -> None:
    written = 0
    # A disk that takes a part only says at the next try why.
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], begin + written)
