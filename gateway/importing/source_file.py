"""Files to import from, read with care: they come from other machines and other people."""

import os
import stat
from pathlib import Path

from forwarder.secret_file import READABLE_BY_OTHERS
from gateway.importing.refusal import ImportRefusedError

LARGEST_FILE_BYTES = 1 << 20
"""A real one has a few kilobytes."""
BEGINNING_BYTES = 64


def read_text(path: Path) -> str:
    """A file's text. Blocks for a disk at most.

    Raises:
        ImportRefusedError: it cannot be read, is no file, is too large, or no UTF-8.
    """
    content = _read(path, LARGEST_FILE_BYTES + 1)
    if len(content) > LARGEST_FILE_BYTES:
        raise ImportRefusedError(f"{path}: longer than {LARGEST_FILE_BYTES} bytes: no configuration of a gateway")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        found = f"line {line}, column {column}: byte 0x{content[error.start]:02X}"
        raise ImportRefusedError(
            f"{path}: {found}: not UTF-8 text; save the file as UTF-8, or remove what is there"
        ) from error


def is_pem(path: Path) -> bool | None:
    """Whether a certificate or key is text; None where there is none: no file, an empty one, or one that is not ours.

    Only its beginning is looked at, and nothing of it is kept.
    """
    try:
        beginning = _read(path, BEGINNING_BYTES)
    except ImportRefusedError:
        return None
    return beginning[:1] != b"\x30" if beginning else None


def is_open_to_all(path: Path) -> bool:
    """Whether everybody on this machine can read or change a file, which the gateway does not take for a secret."""
    try:
        return bool(path.stat().st_mode & READABLE_BY_OTHERS)
    except OSError:
        return False


def is_there(path: Path) -> bool:
    """Whether there is a file with something in it: Station takes an empty one for none."""
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ImportRefusedError(f"{path}: cannot be opened: {reason}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ImportRefusedError(f"{path}: not a regular file")
        try:
            return file.read(most_bytes)
        except OSError as error:
            raise ImportRefusedError(f"{path}: cannot be read: {error.strerror}") from error
