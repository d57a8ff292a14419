"""Reading the log back from its files, and keeping them few. Blocking."""

from collections.abc import Callable, Iterable
from itertools import groupby

import msgspec

from gateway.policy.accounts.account import DAY_MS, HOUR_MS
from gateway.policy.accounts.journal import Charge, SegmentReader
from gateway.policy.accounts.journal_files import JournalFiles, SegmentName
from gateway.policy.accounts.ledger_clock import ClockMark

MEMORY_MS = DAY_MS + HOUR_MS // 6
"""For so long charges are kept: longer than any account looks back."""
SEGMENT_MS = HOUR_MS
MOST_SEGMENT_BYTES = 2 << 20

Recorder = Callable[[Iterable[Charge]], int]
"""Takes a segment's charges; returns the latest of their moments."""


class Past(msgspec.Struct):
    """A segment that nobody writes to any more. `last_ms` is None where none of it can be read."""

    name: SegmentName
    length: int
    last_ms: int | None


class Loaded(msgspec.Struct):
    """What was on disk. `problems` are sentences for the maintainer; `damaged` counts segments that were not whole.
    `covered` are segments that are also in another one.
    """

    past: list[Past] = []
    covered: list[SegmentName] = []
    mark: ClockMark | None = None
    last_ms: int = 0
    charges: int = 0
    damaged: int = 0
    problems: list[str] = []


def load(files: JournalFiles, record: Recorder, most_bytes: int) -> Loaded:
    """Read everything, the oldest first; changes nothing on disk.

    Damage ends the reading of one segment, is told, and stops nothing. A segment that was put into a whole one is not
    read again.
    """
    loaded = Loaded()
    covering: SegmentName | None = None
    for name in files.names():
        if covering is not None and covering.covers(name):
            loaded.covered.append(name)
        elif _load_segment(files, name, record, most_bytes, loaded):
            covering = name
    return loaded


def settle(files: JournalFiles, loaded: Loaded) -> list[str]:
    """After loading: remove what an interrupted merge left, and bring on the disk what was read. Returns the problems.

    The process that wrote it may have been killed before it was synced.
    """
    problems = removed(files, loaded.covered)
    try:
        files.remove_unfinished()
        for past in loaded.past:
            if past.last_ms is not None:
                files.sync(past.name)
        files.sync_names()
    except OSError as error:
        problems.append(f"accounts in {files.path} may not outlive a power cut: {error.strerror or error}")
    return problems


def outdated(past: Past, now_ms: int) -> bool:
    """Whether no account looks back to any charge of a segment."""
    return past.last_ms is not None and past.last_ms <= now_ms - MEMORY_MS


def removed(files: JournalFiles, names: Iterable[SegmentName]) -> list[str]:
    """Remove segments; returns the problems."""
    problems = []
    for name in names:
        try:
            files.remove(name)
        except OSError as error:
            problems.append(f"accounts in {files.path / str(name)} are not needed, and stay: {error.strerror}")
    return problems


def merge(files: JournalFiles, past: list[Past], most_bytes: int) -> tuple[list[Past], list[str]]:
    """Put neighbours together as long as they fit into one segment. Returns the segments and the problems."""
    after: list[Past] = []
    problems: list[str] = []
    for group in _groups(past):
        try:
            after.append(_merged(files, group, most_bytes))
        except OSError as error:
            after += group
            problems.append(f"small files of accounts in {files.path} stay: {error.strerror or error}")
    return after, problems


def _load_segment(files: JournalFiles, name: SegmentName, record: Recorder, most_bytes: int, loaded: Loaded) -> bool:
    """Read one segment; whether it was whole."""
    path = files.path / str(name)
    try:
        content = files.read(name, most_bytes)
    except OSError as error:
        loaded.past.append(Past(name, 0, None))
        loaded.damaged += 1
        loaded.problems.append(f"accounts in {path} are not read: {error.strerror or error}")
        return False
    reader = SegmentReader(content)
    last_ms = record(reader.charges())
    loaded.last_ms = max(loaded.last_ms, last_ms)
    loaded.charges += reader.count
    loaded.mark = reader.mark or loaded.mark
    if reader.damage is None:
        loaded.past.append(Past(name, len(content), last_ms))
        return True
    # What cannot be read was written within the hour.
    loaded.past.append(Past(name, len(content), None if reader.mark is None else last_ms + SEGMENT_MS))
    loaded.damaged += 1
    lost = len(content) - reader.end
    loaded.problems.append(f"accounts in {path}: {reader.damage} at byte {reader.end}; {lost} bytes are not read")
    return False


def _groups(past: list[Past]) -> list[list[Past]]:
    """Neighbours, as many as fit into one segment; one that cannot be read is alone."""
    groups: list[list[Past]] = []
    for readable, neighbours in groupby(past, key=lambda one: one.last_ms is not None):
        length = MOST_SEGMENT_BYTES
        for one in neighbours:
            if not readable or length + one.length > MOST_SEGMENT_BYTES:
                groups.append([])
                length = 0
            groups[-1].append(one)
            length += one.length
    return groups


def _merged(files: JournalFiles, group: list[Past], most_bytes: int) -> Past:
    if len(group) == 1:
        return group[0]
    name = SegmentName(group[0].name.first, max(one.name.last for one in group))
    content = b"".join(_good_part(files.read(one.name, most_bytes)) for one in group)
    files.replace(name, content, [one.name for one in group])
    return Past(name, len(content), max(one.last_ms or 0 for one in group))


def _good_part(content: bytes) -> bytes:
    reader = SegmentReader(content)
    for _ in reader.charges():
        pass
    return content[: reader.end]
