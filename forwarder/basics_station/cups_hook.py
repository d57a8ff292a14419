"""An update's way to the program that the maintainer chose: a private file, and its path as the last argument.

Nothing of the server's is ever executed here, and nothing is left that a later start might take up.
"""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from forwarder.run_command import run_command

DIRECTORY, FILE = "update", "update.bin"


async def hand_over(directory: Path, argv: Sequence[str], update: bytes, timeout_s: float) -> str:
    """Run the hook on an update and remove it again: "" where the hook took it, else why it did not.

    The file lies in a directory of its own in `directory`; both are for their owner alone, and the file cannot be
    executed. What the hook left running is killed when it ends, or when its time is over.
    """
    path = directory / DIRECTORY / FILE
    try:
        await asyncio.to_thread(_write, path, update)
        result = await run_command((*argv, str(path)), b"", timeout_s)
    except OSError as error:
        return f"{path}: cannot be written: {error.strerror}"
    finally:
        remove_update(directory)
    return result.error


def remove_update(directory: Path) -> None:
    """What was left when the program was killed."""
    with contextlib.suppress(OSError):
        (directory / DIRECTORY / FILE).unlink()


def _write(path: Path, update: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(update)
        file.flush()
        os.fsync(file.fileno())
