"""A depositor's part of the evidence: its own entries, those that concern all, and the others as hashes. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from gateway.link.evidence.chain import EVERYBODY, Head, Point, hidden_line, read_entry, token_of
from gateway.link.evidence.documents import BrokenError, Line, closed_export, export_opening, read_opening
from gateway.link.evidence.recovery import good_lines
from gateway.policy.source.signature import HostKey, SigningKey


class ExportError(Exception):
    """There is nothing that can be exported as one file; the text says why."""


class Period(msgspec.Struct, frozen=True):
    """From when until when, the end not included, in ms of Unix time; None where it is open."""

    begins_ms: int | None = None
    ends_ms: int | None = None


class _Run(msgspec.Struct, frozen=True):
    """Lines that follow each other without damage between them, and the head that they begin after."""

    after: Head | None
    lines: list[Line]


def export(segments: Iterable[bytes], key: SigningKey, depositor: str, period: Period) -> bytes:
    """An export of the log's segments, given in order, that covers a period.

    It begins and ends with a head, and so may hold some entries of just before and just after. An entry whose time is
    not sure goes with what comes after it.

    Raises:
        ExportError: nothing was logged in that period, or the disk has damaged the log in the middle of it.
    """
    concerned = _concerned(list(segments), period)
    parts = [part for run in _runs(concerned, key.public) if (part := _part(run, period)) is not None]
    if not parts:
        raise ExportError("nothing was logged in that period")
    if len(parts) > 1:
        number = parts[0].lines[-1].point.number
        raise ExportError(f"the log is damaged behind entry {number}: export what is before and after it one by one")
    part, token = parts[0], token_of(depositor, key)
    lines = (_shown(line, depositor) for line in part.lines)
    return closed_export(b"".join([export_opening(part.after, depositor, token), *lines]), key)


def _concerned(segments: Sequence[bytes], period: Period) -> list[bytes]:
    """The segments that may hold something of a period: those before and after need not be read line by line."""
    firsts_ms = [_first_sure_unix_ms(content) for content in segments]
    concerned = []
    for content, first_ms, next_ms in zip(segments, firsts_ms, [*firsts_ms[1:], None], strict=False):
        is_before = period.begins_ms is not None and next_ms is not None and next_ms < period.begins_ms
        is_after = period.ends_ms is not None and first_ms is not None and first_ms >= period.ends_ms
        if not is_before and not is_after:
            concerned.append(content)
    return concerned


def _first_sure_unix_ms(content: bytes) -> int | None:
    entries = (read_entry(line) for line in content.splitlines(keepends=True))
    return next((entry.draft.at.unix_ms for entry in entries if entry is not None and entry.draft.at.clock_sure), None)


def _runs(segments: Iterable[bytes], key: HostKey) -> list[_Run]:
    runs: list[_Run] = []
    end: Point | None = None
    for content in segments:
        try:
            opening = read_opening(content[: content.find(b"\n") + 1], key)
        except BrokenError:
            continue
        lines, _ = good_lines(content, opening, key)
        if opening.point != end:
            runs.append(_Run(opening.after, []))
        runs[-1].lines.extend(lines)
        end = lines[-1].point if lines else opening.point
    return runs


def _part(run: _Run, period: Period) -> _Run | None:
    """What covers a period, from behind a head up to a head; None where nothing does."""
    begin, end = _begin(run.lines, period.begins_ms), _end(run.lines, period.ends_ms)
    if begin >= end:
        return None
    heads = [index for index, line in enumerate(run.lines) if line.head is not None]
    before = [index for index in heads if index <= begin]
    until = next(index for index in heads if index >= end - 1)
    if not before:
        return _Run(run.after, run.lines[: until + 1])
    return _Run(run.lines[before[-1]].head, run.lines[before[-1] + 1 : until + 1])


def _begin(lines: Sequence[Line], begins_ms: int | None) -> int:
    """The first line that a period covers, with those before it whose time is not sure."""
    if begins_ms is None:
        return 0
    unsure_from = 0
    for index, line in enumerate(lines):
        unix_ms = _sure_unix_ms(line)
        if unix_ms is not None and unix_ms >= begins_ms:
            return unsure_from
        if unix_ms is not None:
            unsure_from = index + 1
    return len(lines)


def _end(lines: Sequence[Line], ends_ms: int | None) -> int:
    """The line behind the last one that a period covers."""
    if ends_ms is None:
        return len(lines)
    for index in range(len(lines) - 1, -1, -1):
        unix_ms = _sure_unix_ms(lines[index])
        if unix_ms is not None and unix_ms < ends_ms:
            return index + 1
    return 0


def _sure_unix_ms(line: Line) -> int | None:
    at = None if line.entry is None else line.entry.draft.at
    return at.unix_ms if at is not None and at.clock_sure else None


def _shown(line: Line, depositor: str) -> bytes:
    """A line as the depositor gets it."""
    if line.entry is None or line.leaf is None or line.entry.draft.whose in (EVERYBODY, depositor):
        return line.raw
    return hidden_line(line.point.number, line.leaf)
