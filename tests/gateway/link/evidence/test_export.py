"""A depositor gets its own entries; of another's it learns nothing but that they are there."""

from pathlib import Path

import pytest

from gateway.link.evidence.chain import (
    BEGINNING,
    EVERYBODY,
    Kind,
    after_entry,
    entry_line,
    hidden_line,
    read_entry,
    seal_of,
    sign_head,
    tag_of,
    token_of,
)
from gateway.link.evidence.documents import BrokenError, closed_export, export_opening, read_lines, read_opening
from gateway.link.evidence.export import ExportError, Period, export
from gateway.link.evidence.verification import Proven, verify
from tests.gateway.link.evidence.scene import HOUR_MS, KEY, NOON_MS, PUBLIC, SECRET, contents, draft, sample, written

ALWAYS = Period()


def hours(first: float | None, last: float | None) -> Period:
    return Period(*(None if hour is None else NOON_MS + int(hour * HOUR_MS) for hour in (first, last)))


def covered(segments: list[bytes], period: Period) -> tuple[int, int]:
    proven: Proven = verify(export(segments, KEY, "city", period), PUBLIC)
    return proven.first, proven.last


def with_hidden(exported: bytes, number: int) -> bytes:
    """What a host makes that wants to withhold an entry, with its key."""
    body = exported[: exported.rfind(b"end ")]
    opening = read_opening(body[: body.find(b"\n") + 1], PUBLIC)
    lines = list(read_lines(body, opening, PUBLIC))
    raws = [
        hidden_line(number, line.leaf) if line.leaf is not None and line.point.number == number else line.raw
        for line in lines
    ]
    return closed_export(body[: body.find(b"\n") + 1] + b"".join(raws), KEY)


def test_a_depositor_sees_its_own_entries_and_those_that_concern_all(tmp_path: Path) -> None:
    exported = export(sample(tmp_path), KEY, "city", ALWAYS)
    entries = [entry for line in exported.splitlines(keepends=True) if (entry := read_entry(line)) is not None]
    assert [(entry.number, entry.draft.whose) for entry in entries] == [(1, "*"), (2, "city"), (5, "city")]


def test_of_others_there_is_nothing_in_it(tmp_path: Path) -> None:
    segments = sample(tmp_path)
    exported = export(segments, KEY, "city", ALWAYS)
    others = [read_entry(line) for line in segments[0].splitlines(keepends=True)]
    for entry in others:
        if entry is not None and entry.draft.whose not in ("*", "city"):
            assert entry.seal not in exported
    for text in (b"syndicate", SECRET.encode(), b"refusals", b"operator", b" - ", b"14:00:00"):
        assert text in segments[0]
        assert text not in exported


def test_what_a_hidden_entry_says_cannot_be_guessed(tmp_path: Path) -> None:
    """Who knows all of an entry but its seal does not get to its digest; the city has no way to the seal."""
    exported = export(sample(tmp_path), KEY, "city", ALWAYS)
    tokens = (b"", token_of("city", KEY))
    tags = [tag_of(seal_of(token, number)).hex().encode() for token in tokens for number in range(1, 7)]
    assert not any(b"hidden %d %s" % (number, tag) in exported for tag in tags for number in range(1, 7))


@pytest.mark.parametrize(("number", "whose"), [(2, "one of city"), (5, "one of city"), (1, "concerns all")])
def test_the_host_cannot_withhold_what_the_depositor_must_see(tmp_path: Path, number: int, whose: str) -> None:
    exported = export(sample(tmp_path), KEY, "city", ALWAYS)
    assert with_hidden(exported, 3) == exported
    with pytest.raises(BrokenError, match=f"entry {number} is hidden, and .*{whose}"):
        verify(with_hidden(exported, number), PUBLIC)


def test_the_host_cannot_give_a_depositor_another_token(tmp_path: Path) -> None:
    """With which its entries could be hidden."""
    (segment,) = sample(tmp_path)
    lines = export([segment], KEY, "nobody", ALWAYS).splitlines(keepends=True)
    opening = export_opening(None, "city", token_of("nobody", KEY))
    with pytest.raises(BrokenError, match=f"line 1: key {PUBLIC.key_id} made no export for city"):
        verify(closed_export(b"".join([opening, *lines[1:-1]]), KEY), PUBLIC)


@pytest.mark.parametrize(("whose", "token"), [("city", b"another"), (EVERYBODY, b"another")])
def test_an_entry_has_the_seal_of_whose_it_is(whose: str, token: bytes) -> None:
    """Else the host could hide later what it shows now."""
    line, leaf = entry_line(1, draft(whose), token)
    lines = line + sign_head(after_entry(BEGINNING, leaf), KEY).line
    with pytest.raises(BrokenError, match="line 2: the seal of entry 1 is not that of an entry of"):
        verify(closed_export(export_opening(None, "city", token_of("city", KEY)) + lines, KEY), PUBLIC)


def test_an_export_with_another_depositors_entry_is_no_export(tmp_path: Path) -> None:
    (segment,) = sample(tmp_path)
    exported = export([segment], KEY, "city", ALWAYS)
    first, rest = exported[: exported.find(b"\n") + 1], segment[segment.find(b"\n") + 1 :]
    with pytest.raises(BrokenError, match="line 5: an export for city with an entry of syndicate"):
        verify(closed_export(first + rest, KEY), PUBLIC)


def test_a_segment_hides_nothing(tmp_path: Path) -> None:
    (segment,) = sample(tmp_path)
    exported = export([segment], KEY, "city", ALWAYS)
    body = exported[exported.find(b"\n") + 1 : exported.rfind(b"end ")]
    with pytest.raises(BrokenError, match="entry 3 is hidden, and this is no export"):
        verify(segment[: segment.find(b"\n") + 1] + body, PUBLIC)


def test_every_depositors_export_is_whole_whichever_entries_it_has(tmp_path: Path) -> None:
    segments = sample(tmp_path)
    for depositor, shown in (("city", 3), ("syndicate", 3), ("nobody", 1)):
        proven = verify(export(segments, KEY, depositor, ALWAYS), PUBLIC)
        assert (proven.depositor, proven.shown, proven.first, proven.last) == (depositor, shown, 1, 6)


def test_several_segments_are_one_export(tmp_path: Path) -> None:
    written(tmp_path, *([draft("city", number)] for number in range(5)), segment_bytes=300)
    assert len(contents(tmp_path)) == 5
    assert covered(contents(tmp_path), ALWAYS) == (1, 9)


@pytest.mark.parametrize(
    ("first", "last", "numbers"),
    [
        (None, None, (1, 6)),
        (None, 0.5, (1, 1)),
        (0.5, 1.5, (2, 3)),
        (1, 2, (2, 3)),
        (1, 2.001, (2, 4)),
        (2.5, None, (5, 6)),
        (0, 3.001, (1, 6)),
    ],
)
def test_an_export_covers_a_period(
    tmp_path: Path, first: float | None, last: float | None, numbers: tuple[int, int]
) -> None:
    assert covered(sample(tmp_path), hours(first, last)) == numbers


@pytest.mark.parametrize(
    ("first", "last"), [(None, None), (0.5, 1.5), (2, 3), (2.5, 9), (None, 2), (4, None), (0, 0.1)]
)
def test_a_period_is_covered_the_same_whatever_the_segments(
    tmp_path: Path, first: float | None, last: float | None
) -> None:
    batches = [[draft("city", hour, sure=hour != 3)] for hour in range(6)]
    written(tmp_path / "one", *batches)
    written(tmp_path / "many", *batches, segment_bytes=100)
    found = []
    for directory in (tmp_path / "one", tmp_path / "many"):
        exported = export(contents(directory), KEY, "city", hours(first, last))
        entries = [entry for line in exported.splitlines(keepends=True) if (entry := read_entry(line)) is not None]
        found.append([entry.draft for entry in entries if entry.draft.kind != Kind.LOG])
    assert found[0] == found[1]
    assert found[0]


def test_it_is_widened_to_what_heads_sign(tmp_path: Path) -> None:
    written(tmp_path, [draft("city", 1), draft("city", 2), draft("city", 3)], [draft("city", 4)])
    assert covered(contents(tmp_path), hours(1.5, 2.5)) == (1, 3)


def test_entries_without_a_sure_time_go_with_what_comes_after_them(tmp_path: Path) -> None:
    batches = [
        [draft("city", 1)],
        [draft(EVERYBODY, 0, sure=False)],
        [draft("city", 2)],
        [draft("city", 9, sure=False)],
    ]
    written(tmp_path, *batches)
    assert covered(contents(tmp_path), hours(1.5, 2.5)) == (2, 3)
    assert covered(contents(tmp_path), hours(0, 1.5)) == (1, 1)
    assert covered(contents(tmp_path), hours(1.5, None)) == (2, 4)


def test_nothing_cannot_be_exported(tmp_path: Path) -> None:
    for segments, period in (([], ALWAYS), (sample(tmp_path), hours(4, 5)), (sample(tmp_path / "2"), hours(3, 1))):
        with pytest.raises(ExportError, match="nothing was logged"):
            export(segments, KEY, "city", period)


def test_what_is_not_finished_yet_is_left_out(tmp_path: Path) -> None:
    (segment,) = sample(tmp_path)
    assert covered([segment[:-10]], ALWAYS) == (1, 4)
    assert covered([segment + b"entry 7 "], ALWAYS) == (1, 6)


def test_damage_parts_the_log(tmp_path: Path) -> None:
    written(tmp_path, *([draft("city", number)] for number in range(5)), segment_bytes=300)
    segments = contents(tmp_path)
    segments[2] = segments[2].replace(b"incident", b"accident")
    with pytest.raises(ExportError, match="damaged behind entry 3"):
        export(segments, KEY, "city", ALWAYS)
    assert covered(segments, hours(0, 1.5)) == (1, 3)
    assert covered(segments, hours(2.5, None)) == (6, 9)
    segments[2] = b""
    assert covered(segments, hours(2.5, None)) == (6, 9)
