"""Writing gateway.toml: whole or not at all, and what was there before is kept beside it."""

import contextlib
import datetime
import itertools
import os
import shutil
from pathlib import Path

from radio.atomic_file import write_atomically

MODE = 0o644
"""It holds no secret: it names the files that do."""


def replace_keeping(path: Path, text: str, now: datetime.datetime) -> Path | None:
    """Write the file; the former, if there was one, stays under the name that is returned.

    At every instant there is a whole file of that name, unless there was none before. A link stays one: what it leads
    to is written, and kept there.

    Raises:
        OSError: it could not be written; all is as it was, but for the copy.
    """
    path = Path(os.path.realpath(path))
    former = None if _is(path, text) else _kept(path, now)
    write_atomically(path, text.encode(), MODE)
    return former


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _kept(path: Path, now: datetime.datetime) -> Path | None:
    """A second name for what is there, by a link where the file system has them."""
    if not path.exists():
        return None
    stem = f"{path.name}.{now:%Y-%m-%d-%H%M%S}"
    for number in itertools.count(1):
        beside = path.with_name(stem if number == 1 else f"{stem}-{number}")
        with contextlib.suppress(FileExistsError):
            try:
                os.link(path, beside)
            except PermissionError:
                # A file system without links.
                _copy(path, beside)
            return beside
    raise AssertionError


def _copy(path: Path, beside: Path) -> None:
    with path.open("rb") as source, beside.open("xb") as target:
        shutil.copyfileobj(source, target)
    shutil.copystat(path, beside)
