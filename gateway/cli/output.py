"""Standard output and standard error that are closed, full, or a pipe that nobody reads."""

import codecs
import contextlib
import errno
import io
import os
import sys
import unicodedata

# What a write gives: the reader is gone, the disk or its quota full, the file too large, the device or descriptor bad.
FAILED_WRITES = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
NEAREST = "candelabre-nearest"
# What taking a letter apart from its accent does not make ASCII of.
SIGNS = str.maketrans(
    {
        "✓": "+",
        "✗": "X",
        "●": "*",
        "◐": "~",
        "○": "o",
        "▮": "#",
        "▯": ".",
        "↑": "^",
        "↓": "v",
        "·": "-",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "«": '"',
        "»": '"',
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "°": "o",
        "œ": "oe",
    }
)


def open_missing_streams() -> None:
    """Put the null device in the place of each closed standard stream, which what is opened next would get."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def take_any_characters() -> None:
    """Characters that a terminal's locale does not have are no internal error, neither read nor written.

    What is written is the nearest that there is; what was typed and cannot be read is U+FFFD.
    """
    codecs.register_error(NEAREST, _nearest)
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, NEAREST), (sys.stderr, NEAREST)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


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


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """An error handler of `codecs`: what to write for characters that cannot be written, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    apart = unicodedata.normalize("NFKD", error.object[error.start : error.end].translate(SIGNS))
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return kept.encode("ascii", "replace").decode("ascii"), error.end


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _broken_pipe(error: BaseException) -> bool:
    return isinstance(_first(error), BrokenPipeError)


def _reason(error: BaseException) -> str:
    first = _first(error)
    return str(first.strerror) if isinstance(first, OSError) else str(first)
