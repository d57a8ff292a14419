"""Nothing in a file of evidence can be changed unseen, by anybody who has not the gateway's key."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.link.evidence.chain import Head, Point, after_entry, entry_line, read_head_line, sign_head, token_of
from gateway.link.evidence.documents import BrokenError, closed_export, segment_opening
from gateway.link.evidence.export import Period, export
from gateway.link.evidence.verification import ContradictionError, Finding, gaps, look_for, verify
from gateway.policy.source.signature import SigningKey
from tests.gateway.link.evidence.scene import KEY, OTHER_KEY, PUBLIC, at, contents, draft, sample, written


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sample(tmp_path_factory.mktemp("evidence"))[0]


@pytest.fixture(scope="module")
def exported(segment: bytes) -> bytes:
    return export([segment], KEY, "city", Period())


def heads_of(content: bytes) -> list[Head]:
    heads = [read_head_line(line) for line in content.splitlines(keepends=True)]
    return [head for head in heads if head is not None]


def is_found(content: bytes) -> bool:
    try:
        verify(content, PUBLIC)
    except BrokenError:
        return True
    return False


def changed_bytes(content: bytes) -> Iterator[bytes]:
    for place, byte in enumerate(content):
        for other in {byte ^ 1, byte ^ 0x20, byte ^ 0x80, ord("0"), ord("\n"), ord(" ")} - {byte}:
            yield content[:place] + bytes([other]) + content[place + 1 :]


def deleted_bytes(content: bytes) -> Iterator[bytes]:
    for place in range(len(content)):
        yield content[:place] + content[place + 1 :]


def inserted_bytes(content: bytes) -> Iterator[bytes]:
    for place in range(len(content) + 1):
        for other in (b"\n", b" ", b"0", b"=", b"\x00"):
            yield content[:place] + other + content[place:]


def swapped_bytes(content: bytes) -> Iterator[bytes]:
    for place in range(len(content) - 1):
        pair = content[place : place + 2]
        if pair[0] != pair[1]:
            yield content[:place] + pair[::-1] + content[place + 2 :]


def rearranged_lines(content: bytes) -> Iterator[bytes]:
    """Every line left out, doubled, and in the place of every other."""
    lines = content.splitlines(keepends=True)
    for place, line in enumerate(lines):
        rest = [*lines[:place], *lines[place + 1 :]]
        yield b"".join([*lines[:place], line, *lines[place:]])
        yield b"".join(rest)
        for other in range(len(rest) + 1):
            if other != place:
                yield b"".join([*rest[:other], line, *rest[other:]])


def cut_short(content: bytes) -> Iterator[bytes]:
    for place in range(len(content)):
        yield content[:place]
        yield content[place + 1 :]


ATTACKS = [changed_bytes, deleted_bytes, inserted_bytes, swapped_bytes, rearranged_lines, cut_short]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_change_of_an_export_goes_unseen(exported: bytes, attack: Callable[[bytes], Iterator[bytes]]) -> None:
    assert not is_found(exported)
    assert [changed for changed in attack(exported) if not is_found(changed) and changed != exported] == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_of_a_segment_nothing_but_whole_batches_at_its_end_can_be_missing(
    segment: bytes, attack: Callable[[bytes], Iterator[bytes]]
) -> None:
    """A segment that still grows has no end; that batches are missing, the heads tell that somebody kept."""
    unseen = {changed for changed in attack(segment) if not is_found(changed) and changed != segment}
    places = [segment.find(head.line) + len(head.line) for head in heads_of(segment)[:-1]]
    shorter = {segment[:place] for place in places}
    assert unseen == (shorter if attack is cut_short else shorter & unseen)


def test_an_export_without_its_end_is_none(exported: bytes) -> None:
    body = exported[: exported.rfind(b"end ")]
    with pytest.raises(BrokenError, match="line 11: an export ends with a signature of all of it"):
        verify(body, PUBLIC)


def test_an_export_cannot_be_cut_short_at_a_head_and_keep_its_end(exported: bytes) -> None:
    body, end = exported[: exported.rfind(b"end ")], exported[exported.rfind(b"end ") :]
    for head in heads_of(body)[:-1]:
        shorter = body[: body.find(head.line) + len(head.line)]
        with pytest.raises(BrokenError, match="the export was changed since it was made"):
            verify(shorter + end, PUBLIC)


def test_who_has_not_the_key_cannot_close_a_changed_export(exported: bytes) -> None:
    body = exported[: exported.rfind(b"end ")]
    with pytest.raises(BrokenError, match=f"not signed by key {PUBLIC.key_id}"):
        verify(closed_export(body, OTHER_KEY), PUBLIC)


def test_the_first_line_that_is_wrong_is_named(segment: bytes) -> None:
    with pytest.raises(BrokenError, match="line 4: entry 3 where entry 2 is expected"):
        verify(segment.replace(b"entry 2 ", b"entry 3 "), PUBLIC)


def test_what_no_head_signs_is_not_proven(segment: bytes) -> None:
    last = heads_of(segment)[-1].line
    with pytest.raises(BrokenError, match="no head signs its last lines"):
        verify(segment.removesuffix(last), PUBLIC)


@pytest.mark.parametrize("content", [b"", b"\n", b"candelabre evidence 1 segment from the beginning\n"])
def test_a_file_without_entries_proves_nothing(content: bytes) -> None:
    with pytest.raises(BrokenError):
        verify(content, PUBLIC)


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_a_file_begins_after_a_head_of_the_same_key(key: SigningKey) -> None:
    before = sign_head(Point(7, bytes(32)), key)
    line, leaf = entry_line(8, draft("city"), token_of("city", KEY))
    content = segment_opening(before) + line + sign_head(after_entry(before.after, leaf), KEY).line
    assert is_found(content) == (key is OTHER_KEY)


def test_another_gateways_log_is_not_this_ones(segment: bytes) -> None:
    with pytest.raises(BrokenError, match=f"line 3: a head that is not signed by key {OTHER_KEY.public.key_id}"):
        verify(segment, OTHER_KEY.public)


def test_what_a_segment_covers(segment: bytes) -> None:
    proven = verify(segment, PUBLIC)
    assert (proven.first, proven.last, proven.shown, proven.hidden) == (1, 6, 6, 0)
    assert (proven.begins, proven.ends, proven.depositor) == (at(0), at(3), None)


def test_what_an_export_covers(exported: bytes) -> None:
    proven = verify(exported, PUBLIC)
    assert (proven.first, proven.last, proven.shown, proven.hidden) == (1, 6, 3, 3)
    assert (proven.begins, proven.ends, proven.depositor) == (at(0), at(3), "city")


def test_every_head_that_was_given_out_is_found_again(segment: bytes, exported: bytes) -> None:
    pieces = [verify(exported, PUBLIC)]
    assert [look_for(head, pieces) for head in heads_of(segment)] == [Finding.IN_HISTORY] * 4


def test_a_kept_head_shows_that_history_was_rewritten(tmp_path: Path) -> None:
    """By the host itself, with the gateway's key."""
    kept = heads_of(sample(tmp_path / "true")[0])[-1]
    written(tmp_path / "false", [draft("city", event="nothing", n=number) for number in range(6)])
    (rewritten,) = contents(tmp_path / "false")
    assert look_for(kept, [verify(rewritten, PUBLIC)]) is Finding.REWRITTEN


def test_a_head_of_what_is_not_there_proves_nothing(segment: bytes) -> None:
    assert look_for(sign_head(Point(7, bytes(32)), KEY), [verify(segment, PUBLIC)]) is Finding.NOT_COVERED


def test_files_that_tell_two_histories_contradict_each_other(tmp_path: Path, segment: bytes) -> None:
    written(tmp_path, [draft("city", event="nothing")])
    pieces = [verify(content, PUBLIC) for content in (segment, *contents(tmp_path))]
    with pytest.raises(ContradictionError, match="up to entry 1"):
        gaps(pieces)


def test_what_lies_between_files_is_said_to_be_missing(tmp_path: Path) -> None:
    written(tmp_path, *([draft("city", number)] for number in range(5)), segment_bytes=300)
    pieces = [verify(content, PUBLIC) for content in contents(tmp_path)]
    assert gaps(pieces) == []
    assert [(piece.first, piece.last) for piece in pieces][:2] == [(1, 1), (2, 3)]
    assert gaps(pieces[1:]) == [(1, 1)]
    assert gaps(pieces[2:]) == [(1, 3)]
    assert gaps([pieces[3], pieces[0]]) == [(2, 5)]
    assert gaps([pieces[0], pieces[0]]) == []
    whole = verify(export(contents(tmp_path), KEY, "city", Period()), PUBLIC)
    assert gaps([whole, pieces[1], pieces[4]]) == []
