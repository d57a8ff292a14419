"""Whether a file can be written: better known before the work than behind it."""

import errno
import os
import stat
from pathlib import Path


def hindrance(path: Path) -> OSError | None:
    """Why this user cannot write a file there, whose directory may still be made; None where nothing is in the way."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _of_directories(path)
    except OSError as error:
        return error
    if stat.S_ISDIR(mode):
        return _error(errno.EISDIR, path)
    return _of_directories(path) if stat.S_ISREG(mode) else OSError(errno.EINVAL, "it is no regular file", str(path))


def _of_directories(path: Path) -> OSError | None:
    """By the nearest directory that is there."""
    for directory in path.absolute().parents:
        try:
            mode = directory.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            return error
        if not stat.S_ISDIR(mode):
            return _error(errno.ENOTDIR, directory)
        writable = os.access(directory, os.W_OK | os.X_OK, effective_ids=True)
        return None if writable else _error(errno.EACCES, directory)
    return None


def _error(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))
