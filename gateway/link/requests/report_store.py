"""Reports on disk, one file each, the oldest removed where there are too many. Blocking; links are not followed.

A file is whole or not there, whatever a kill or a power cut interrupts. `told` holds the identity of the last report
of which everybody was told.
"""

import contextlib
import os
import re
from pathlib import Path

import msgspec

from gateway.link.requests.report_book import KeptReport, stamp_of
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from radio.atomic_file import remove_left_over, write_atomically

MOST_REPORTS = 500
MOST_BYTES = 1 << 20
LARGEST_REPORT_BYTES = 32 << 10
TOLD = "told"
_ID = r"[0-9]{13,15}-[0-9a-f]{8}"
_NAME = re.compile(rf"({_ID})\.json")
# They name people.
_MODE, _DIRECTORY_MODE = 0o600, 0o700

_decoder = msgspec.json.Decoder(KeptReport)


class Stored(msgspec.Struct, frozen=True):
    """What was found: the reports, the oldest first; the last that was told; and what cannot be read, and why."""

    reports: tuple[KeptReport, ...]
    told: str | None
    damaged: tuple[str, ...] = ()

    @property
    def untold(self) -> tuple[KeptReport, ...]:
        """Those that were kept, and perhaps told nobody."""
        stamp = -1 if self.told is None else stamp_of(self.told)
        return tuple(report for report in self.reports if stamp_of(report.id) > stamp)


def report_directory(state_dir: Path) -> Path:
    """Where a gateway keeps what depositors reported."""
    return state_dir / "reports"


class ReportStore:
    """The reports in one directory, made with the first of them. One thread uses it at a time."""

    def __init__(self, directory: Path, most_reports: int = MOST_REPORTS, most_bytes: int = MOST_BYTES) -> None:
        self._directory = directory
        self._most_reports = most_reports
        self._most_bytes = most_bytes
        self._is_made = False

    def load(self) -> Stored:
        """Read all. Writes nothing.

        Raises:
            OSError: the directory cannot be read.
        """
        reports, damaged = list[KeptReport](), list[str]()
        for name in self._sizes():
            try:
                report = self._read(self._directory / name)
            except (UnreadableError, msgspec.MsgspecError, UnicodeError) as error:
                damaged.append(f"{self._directory / name}: {error}")
            else:
                # None: it has made room meanwhile.
                reports += [] if report is None else [report]
        return Stored(tuple(reports), self._read_told(), tuple(damaged))

    def keep(self, report: KeptReport) -> None:
        """Keep one more, the newest; on the disk when this returns.

        Raises:
            OSError: it is not kept.
        """
        path = self._directory / f"{report.id}.json"
        try:
            self._make_directory()
            write_atomically(path, msgspec.json.encode(report), _MODE)
        except OSError:
            # It may lie there, and yet not outlive a power cut: nobody is to find what was refused.
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        # What cannot be removed now goes with the next report.
        with contextlib.suppress(OSError):
            self._remove_oldest()
        remove_left_over(self._directory, _NAME.pattern)

    def note_told(self, identity: str) -> None:
        """Note that everybody was told of this report and of all before it.

        Raises:
            OSError: it is not noted; they are told again after a restart.
        """
        write_atomically(self._directory / TOLD, identity.encode(), _MODE)

    def _sizes(self) -> dict[str, int]:
        """The reports' files, the oldest first, and their bytes."""
        found = {}
        with contextlib.suppress(FileNotFoundError), os.scandir(self._directory) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    found[entry.name] = entry.stat(follow_symlinks=False).st_size
        return dict(sorted(found.items(), key=lambda item: (stamp_of(item[0]), item[0])))

    def _read(self, path: Path) -> KeptReport | None:
        content = read_regular_file(path, LARGEST_REPORT_BYTES)
        if content is None:
            return None
        report = _decoder.decode(content)
        if path.name != f"{report.id}.json":
            raise UnreadableError("it is named after another report")
        return report

    def _read_told(self) -> str | None:
        try:
            content = read_regular_file(self._directory / TOLD, 64)
        except UnreadableError:
            return None
        text = "" if content is None else content.decode("ascii", "replace")
        return text if re.fullmatch(_ID, text) else None

    def _remove_oldest(self) -> None:
        """All that there is no room for. The newest stays, whatever its size."""
        sizes = self._sizes()
        count, total = len(sizes), sum(sizes.values())
        for name in list(sizes)[:-1]:
            if count <= self._most_reports and total <= self._most_bytes:
                return
            (self._directory / name).unlink(missing_ok=True)
            count, total = count - 1, total - sizes[name]

    def _make_directory(self) -> None:
        """Once for each start: one that was killed may have made it without bringing its name on the disk."""
        if self._is_made:
            return
        self._directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        descriptor = os.open(self._directory.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._is_made = True
