"""Standard output and standard error that are closed, full, or a pipe that nobody reads."""

import contextlib
import errno
import os
import sys

# What a write gives: the reader is gone, the disk or its quota full, the file too large, the device or descriptor bad.
FAILED_WRITES = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def open_missing_streams() -> None:
    """Put the null device in the place of each closed standard stream, which what is opened next would get."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def is_failed_write(error: BaseException) -> bool:
    """Whether this is a failure of a standard stream, and nothing else: an error about a named file is not."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_failed_write(inner) for inner in error.exceptions)
    return isinstance(error, OSError) and error.filename is None and error.errno in FAILED_WRITES


def give_up_output(error: BaseException) -> None:
    """Say why, unless the reader just had enough, and let nothing more be written: the end would try again."""
    if not _broken_pipe(error):
        with contextlib.suppress(OSError):
            print(f"the output cannot be written: {_reason(error)}", file=sys.stderr)
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(null, stream.fileno())
    os.close(null)


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _broken_pipe(error: BaseException) -> bool:
    return isinstance(_first(error), BrokenPipeError)


def _reason(error: BaseException) -> str:
    first = _first(error)
    return str(first.strerror) if isinstance(first, OSError) else str(first)
