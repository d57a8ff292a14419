"""The files of months: one for each depositor and month, old ones removed, damaged ones set aside."""

import re
from pathlib import Path

import msgspec
import structlog

from gateway.link.months.tally import MonthTally
from gateway.link.months.tallying import UNDATED
from radio.atomic_file import write_atomically

DIRECTORY_MODE, MODE = 0o700, 0o600
MONTHS_KEPT = 14
MOST_BYTES = 64 * 1024 * 1024
# Several times what as many devices as a tally lists can make.
LARGEST_FILE_BYTES = 16 * 1024 * 1024
DAMAGED = ".damaged"

_NAME = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}|{UNDATED})\.([a-z0-9][a-z0-9-]{{0,31}})\.json({re.escape(DAMAGED)})?")
_decoder = msgspec.json.Decoder(MonthTally)
_log = structlog.get_logger()

Key = tuple[str, str]
"""Depositor and month."""


class MonthFiles:
    """The files in one directory. All of it blocks for as long as the disk takes."""

    def __init__(self, directory: Path, most_bytes: int = MOST_BYTES) -> None:
        self._directory = directory
        self._most_bytes = most_bytes

    def path_of(self, key: Key) -> Path:
        """Where a depositor's month is kept."""
        depositor, month = key
        return self._directory / f"{month}.{depositor}.json"

    def latest(self) -> list[Key]:
        """Each depositor's last month, and what could not be dated.

        Raises:
            OSError: the directory cannot be listed.
        """
        keys = sorted((depositor, month) for month, depositor, suffix, _ in self._found() if not suffix)
        undated = [key for key in keys if key[1] == UNDATED]
        return [*{depositor: (depositor, month) for depositor, month in keys if month != UNDATED}.values(), *undated]

    def read(self, key: Key) -> MonthTally | None:
        """What is kept; None where there is nothing, or nothing that can be used: that is set aside and logged.

        Raises:
            OSError: it can be neither read nor set aside.
        """
        path = self.path_of(key)
        try:
            if path.stat().st_size > LARGEST_FILE_BYTES:
                reason = "it is too large"
            else:
                tally = _decoder.decode(path.read_bytes())
                if (tally.depositor, tally.month) == key:
                    return tally
                reason = f"it is of {tally.depositor} and {tally.month}"
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = str(error)
        aside = path.with_name(path.name + DAMAGED)
        path.replace(aside)
        _log.error("a month's counts are damaged: set aside, a new file is begun", path=aside, reason=reason)
        return None

    def write(self, key: Key, content: bytes) -> None:
        """Put this in a month's place, on disk when this returns.

        Raises:
            OSError: it could not be written; the old content stays.
        """
        self._directory.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
        write_atomically(self.path_of(key), content, MODE)

    def remove(self, key: Key) -> None:
        """Remove a depositor's month, which may be gone already.

        Raises:
            OSError: it cannot be removed.
        """
        self.path_of(key).unlink(missing_ok=True)

    def prune(self) -> None:
        """Remove the oldest months, beyond what is kept and what there is room for; never one of the last month.

        Raises:
            OSError: the directory cannot be listed, or a file not be removed.
        """
        found = sorted(self._found())
        months = sorted({month for month, *_ in found if month != UNDATED})
        taken = sum(size for *_, size in found)
        for month, depositor, suffix, size in found:
            is_old = month != UNDATED and month not in months[-MONTHS_KEPT:]
            if is_old or (taken > self._most_bytes and month not in (UNDATED, *months[-1:])):
                (self._directory / f"{month}.{depositor}.json{suffix}").unlink(missing_ok=True)
                taken -= size

    def _found(self) -> list[tuple[str, str, str, int]]:
        """Month, depositor, suffix and size of each file."""
        try:
            entries = [(entry, _NAME.fullmatch(entry.name)) for entry in self._directory.iterdir()]
        except FileNotFoundError:
            return []
        return [(name[1], name[2], name[3] or "", entry.stat().st_size) for entry, name in entries if name is not None]
