"""Reports as they are kept, and a process that is killed while it keeps them."""

import json
import os
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from gateway.link.requests import report_store
from gateway.link.requests.report_book import KeptReport
from gateway.link.requests.report_store import ReportStore
from radio import atomic_file

KILLED = 9
WATCHED = {report_store.__file__, atomic_file.__file__}


def kept_report(number: int, text: str = "Plus rien depuis hier.\nSquare du Nord.", **more: Any) -> KeptReport:
    """One of which only the number differs."""
    fields: dict[str, Any] = {
        "id": f"{1_772_600_000_000 + number}-0a1b2c3d",
        "depositor": "metropole",
        "taken_ms": number,
        "unix_ms": 1_772_600_000_000 + number,
        "text": text,
        "dev_eui": "00005EEF10000001",
        "contact": "J. Martin, 04 00 00 00 00",
        "correlation_id": None,
        "digest": f"{number:064x}",
    }
    return KeptReport(**fields | more)


def keep_two(directory: Path, acknowledge: int) -> None:
    """What the process does: two reports, each acknowledged when it is kept, and room for two only."""
    store = ReportStore(directory, most_reports=2)
    for number in (3, 4):
        store.keep(kept_report(number))
        os.write(acknowledge, b"%d" % number)
        store.note_told(kept_report(number).id)


class KilledAt:
    """Ends the process, as a kill does, before one line of the modules that write."""

    def __init__(self, line: int) -> None:
        self._left = line

    def __call__(self, frame: FrameType, event: str, _: object) -> "KilledAt | None":
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            self._left -= 1
            if self._left < 0:
                os._exit(KILLED)
        return self


def killed_everywhere(parent: Path) -> None:
    """Print, for each line at which it was killed, what was acknowledged and what a store finds afterwards."""
    line, status = 0, KILLED
    while status == KILLED:
        directory = parent / str(line) / "reports"
        before = ReportStore(directory)
        before.keep(kept_report(1))
        before.keep(kept_report(2))
        before.note_told(kept_report(2).id)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            sys.settrace(KilledAt(line))
            keep_two(directory, writing)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            acknowledged = pipe.read().decode()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        # As a gateway that is started again: it finds, and keeps one more.
        found = ReportStore(directory, most_reports=2).load()
        ReportStore(directory, most_reports=2).keep(kept_report(5))
        after = ReportStore(directory).load()
        print(
            json.dumps(
                {
                    "acknowledged": acknowledged,
                    "found": [report.taken_ms for report in found.reports],
                    "whole": all(report == kept_report(report.taken_ms) for report in found.reports),
                    "untold": [report.taken_ms for report in found.untold],
                    "damaged": found.damaged,
                    "after": [report.taken_ms for report in after.reports],
                    "files": sorted(path.name for path in directory.iterdir()),
                }
            )
        )
        line += 1


if __name__ == "__main__":
    killed_everywhere(Path(sys.argv[1]))
