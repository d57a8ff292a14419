"""The log on disk: one history, whatever happens to the process, its power and its disk."""

import os
import random
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gateway.link.evidence.chain import EVERYBODY, Kind
from gateway.link.evidence.segment_files import SegmentFiles
from gateway.link.evidence.store import EvidenceStore
from gateway.link.evidence.verification import Finding, Proven, gaps, look_for, verify
from tests.gateway.link.evidence.scene import KEY, OTHER_KEY, PUBLIC, contents, draft, only, sample, written


def proven(directory: Path) -> list[Proven]:
    return [verify(content, PUBLIC) for content in contents(directory)]


def told(directory: Path) -> list[dict[str, object]]:
    """What the log says of itself."""
    entries = [entry for piece in proven(directory) for entry in piece.log_entries]
    return [msgspec.json.decode(entry.draft.body) for entry in entries]


def opened(directory: Path) -> EvidenceStore:
    store = EvidenceStore(directory, KEY)
    store.get_ready()
    return store


class FailingFiles:
    """A disk that writes a part of each batch, and no more of it, as long as `left` says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        write = SegmentFiles.write

        def fail_at_times(files: SegmentFiles, first: int, begin: int, content: bytes) -> None:
            if self.left:
                self.left -= 1
                write(files, first, begin, content[: len(content) // 2])
                raise OSError(5, "Input/output error")
            write(files, first, begin, content)

        monkeypatch.setattr(SegmentFiles, "write", fail_at_times)


def test_a_log_that_was_never_written_to_has_no_head_and_no_files(tmp_path: Path) -> None:
    assert opened(tmp_path / "log").head is None
    assert not (tmp_path / "log").exists()


def test_others_cannot_read_it(tmp_path: Path) -> None:
    sample(tmp_path / "log")
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700
    assert stat.S_IMODE(only(tmp_path / "log").stat().st_mode) == 0o600


def test_a_restart_goes_on_where_the_log_ended(tmp_path: Path) -> None:
    before = sample(tmp_path)[0]
    head = opened(tmp_path).head
    assert head is not None
    assert head.line == before.splitlines(keepends=True)[-1]
    written(tmp_path, [draft("city", 4)])
    assert contents(tmp_path)[0].startswith(before)
    assert [(piece.first, piece.last) for piece in proven(tmp_path)] == [(1, 7)]
    assert told(tmp_path) == []


def test_the_head_is_of_what_is_written(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for number in range(1, 4):
        store.write([draft("city")])
        head = store.head
        assert head is not None
        assert head.point.number == number
        assert look_for(head, proven(tmp_path)) is Finding.IN_HISTORY


@pytest.mark.parametrize("tail", [lambda size: b"", bytes, random.Random(1).randbytes])
def test_a_batch_that_was_half_written_is_cut_wherever_it_ends_and_the_log_says_so(
    tmp_path: Path, tail: Callable[[int], bytes]
) -> None:
    whole = sample(tmp_path / "log")[0]
    path = only(tmp_path / "log")
    lines = whole.splitlines(keepends=True)
    ended = len(whole) - sum(map(len, lines[-3:]))
    for place in range(ended, len(whole)):
        torn = whole[:place] + tail(len(whole) - place)
        path.write_bytes(torn)
        written(tmp_path / "log", [draft("city", 4)])
        cut = len(torn) - ended
        says = [{"event": "cut", "file": path.name, "bytes": cut}] if cut else []
        assert told(tmp_path / "log") == says
        assert proven(tmp_path / "log")[0].last == 5 + bool(cut)


def test_a_long_tail_is_cut_whole(tmp_path: Path) -> None:
    sample(tmp_path)
    with only(tmp_path).open("ab") as file:
        file.write(bytes(10_000))
    written(tmp_path, [draft("city", 4)])
    assert [(piece.first, piece.last) for piece in proven(tmp_path)] == [(1, 8)]


def test_a_batch_whose_end_alone_came_to_the_disk_is_cut(tmp_path: Path) -> None:
    """A power cut does not write pages in order."""
    whole = sample(tmp_path)[0]
    only(tmp_path).write_bytes(whole.replace(b'"closed"', bytes(8)))
    written(tmp_path, [draft("city", 4)])
    assert [(piece.first, piece.last) for piece in proven(tmp_path)] == [(1, 6)]
    assert [each["event"] for each in told(tmp_path)] == ["cut"]


def test_a_new_segment_whose_end_alone_came_to_the_disk_is_set_aside(tmp_path: Path) -> None:
    written(tmp_path, [draft("city")], [draft("city", 1)], segment_bytes=100)
    path = SegmentFiles(tmp_path).path_of(2)
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    written(tmp_path, [draft("city", 4)], segment_bytes=100)
    assert [(piece.first, piece.last) for piece in proven(tmp_path)] == [(1, 1), (2, 4)]
    assert [each["event"] for each in told(tmp_path)] == ["set_aside", "rotated"]


def test_what_is_cut_is_told_by_the_next_start_when_a_kill_came_between(tmp_path: Path) -> None:
    sample(tmp_path)
    with only(tmp_path).open("ab") as file:
        file.write(b"entry 7 ")
    opened(tmp_path)
    opened(tmp_path)
    written(tmp_path, [draft("city", 4)], [draft("city", 5)])
    assert told(tmp_path) == [{"event": "cut", "file": only(tmp_path).name, "bytes": 8}]


@pytest.mark.parametrize("content", [b"", bytes(500), b"candelabre evidence 1 seg", b"\xff" * 500])
def test_a_new_segment_that_a_power_cut_left_unusable_is_set_aside(tmp_path: Path, content: bytes) -> None:
    sample(tmp_path)
    unusable = SegmentFiles(tmp_path).path_of(7)
    unusable.write_bytes(content)
    written(tmp_path, [draft("city", 4)])
    aside = "000000000000000007.unreadable"
    assert (tmp_path / aside).read_bytes() == content
    assert told(tmp_path) == [{"event": "set_aside", "file": aside, "bytes": len(content)}]
    assert [(piece.first, piece.last) for piece in proven(tmp_path)] == [(1, 8)]


def test_a_first_line_without_a_whole_batch_is_written_again(tmp_path: Path) -> None:
    written(tmp_path, [draft("city")], [draft("city", 1)], segment_bytes=100)
    path = SegmentFiles(tmp_path).path_of(2)
    path.write_bytes(path.read_bytes()[:-30])
    written(tmp_path, [draft("city", 4)], segment_bytes=100)
    assert [(piece.first, piece.last) for piece in proven(tmp_path)] == [(1, 1), (2, 3)]
    assert [each["event"] for each in told(tmp_path)] == ["cut"]


def test_what_the_disk_damaged_stays_as_it_is_and_the_log_goes_on_behind_it(tmp_path: Path) -> None:
    damaged = sample(tmp_path)[0].replace(b'"count":12', b'"count":13')
    path = only(tmp_path)
    path.write_bytes(damaged.replace(b"started", b"STARTED"))
    heads_before = opened(tmp_path).head
    written(tmp_path, [draft("city", 4)])
    written(tmp_path, [draft("city", 5)])
    assert path.read_bytes() == damaged.replace(b"started", b"STARTED")
    second = verify(contents(tmp_path)[1], PUBLIC)
    assert (second.first, second.last) == (7, 10)
    assert heads_before is not None
    assert look_for(heads_before, [second]) is Finding.IN_HISTORY
    says = [msgspec.json.decode(entry.draft.body) for entry in second.log_entries]
    reason = "line 3: the lines before this head are not those that it signs"
    damage = {"event": "damaged", "file": path.name, "reason": reason}
    assert says == [damage, {"event": "rotated", "first": 7}]


def test_a_damaged_first_line_is_damage_too(tmp_path: Path) -> None:
    damaged = b"C" + sample(tmp_path)[0][1:]
    path = only(tmp_path)
    path.write_bytes(damaged)
    written(tmp_path, [draft("city", 4)])
    second = verify(contents(tmp_path)[1], PUBLIC)
    assert (second.first, second.last) == (7, 9)
    assert path.read_bytes() == damaged


def test_segments_are_rotated_and_the_chain_goes_through_all(tmp_path: Path) -> None:
    written(tmp_path, *([draft("city", number)] for number in range(20)), segment_bytes=2000)
    pieces = proven(tmp_path)
    assert len(pieces) > 2
    assert gaps(pieces) == []
    assert all(len(content) < 2000 + 1200 for content in contents(tmp_path))
    assert {each["event"] for each in told(tmp_path)} == {"rotated"}
    assert len(told(tmp_path)) == len(pieces) - 1


def test_the_oldest_go_where_there_is_no_room_and_an_entry_says_which(tmp_path: Path) -> None:
    batches = ([draft("city", number)] for number in range(100))
    written(tmp_path, *batches, segment_bytes=2000, most_bytes=8000)
    pieces = proven(tmp_path)
    removed = [each for each in told(tmp_path) if each["event"] == "removed"]
    assert sum(map(len, contents(tmp_path))) < 8000 + 2000
    assert len(pieces) >= 3
    assert gaps(pieces) == [(1, pieces[0].first - 1)]
    assert removed[-1]["last"] == pieces[0].first - 1


def test_a_removal_is_on_disk_before_its_segment_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    removals: list[tuple[int, list[dict[str, object]]]] = []
    remove = SegmentFiles.remove

    def look_before(files: SegmentFiles, first: int) -> None:
        removals.append((first, told(tmp_path)))
        remove(files, first)

    monkeypatch.setattr(SegmentFiles, "remove", look_before)
    batches = ([draft("city", number)] for number in range(50))
    written(tmp_path, *batches, segment_bytes=2000, most_bytes=8000)
    assert removals
    for first, says in removals:
        assert {"event": "removed", "first": first} in [{k: each.get(k) for k in ("event", "first")} for each in says]


def test_a_segment_that_cannot_be_removed_stays_in_the_chain_and_goes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(files: SegmentFiles, first: int) -> None:
        raise PermissionError(13, "Permission denied")

    store = EvidenceStore(tmp_path, KEY, most_bytes=8000, segment_bytes=2000)
    store.get_ready()
    with monkeypatch.context() as failing:
        failing.setattr(SegmentFiles, "remove", refuse)
        for number in range(40):
            store.write([draft("city", number)])
    assert gaps(proven(tmp_path)) == []
    for number in range(20):
        store.write([draft("city", number)])
    assert sum(map(len, contents(tmp_path))) < 8000 + 2000


def test_a_batch_that_failed_is_written_again_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, store = FailingFiles(monkeypatch), opened(tmp_path)
    store.write([draft("city")])
    before = store.head
    files.left = 2
    with pytest.raises(OSError, match="Input/output error"):
        store.write([draft("city", 1)])
    with pytest.raises(OSError, match="Input/output error"):
        store.get_ready()
    assert store.head == before
    store.get_ready()
    store.write([draft("city", 2)])
    assert [(piece.first, piece.last) for piece in proven(tmp_path)] == [(1, 3)]
    assert told(tmp_path) == []


@pytest.mark.parametrize("sync", ["fdatasync", "fsync"])
def test_a_head_is_shown_only_once_the_disk_has_what_it_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sync: str
) -> None:
    """The content, and the name of a new segment; nor at a start, when both may not be there yet."""

    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    store = opened(tmp_path / "log")
    with monkeypatch.context() as failing:
        failing.setattr("os." + sync, fail)
        with pytest.raises(OSError, match="Input/output error"):
            store.write([draft("city")])
    assert store.head is None
    store.get_ready()
    assert store.head is not None
    with monkeypatch.context() as failing:
        failing.setattr("os.fsync", fail)
        again = EvidenceStore(tmp_path / "log", KEY)
        with pytest.raises(OSError, match="Input/output error"):
            again.get_ready()
        assert again.head is None


def test_a_new_segments_name_and_its_directorys_are_brought_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, fsync = [], os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", note)
    sample(tmp_path / "evidence" / "log")
    directories = (tmp_path, tmp_path / "evidence", tmp_path / "evidence" / "log")
    assert {directory.stat().st_ino for directory in directories} <= set(synced)


def test_a_kill_after_a_failure_costs_that_batch_and_no_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, store = FailingFiles(monkeypatch), opened(tmp_path)
    store.write([draft("city")])
    files.left = 1
    with pytest.raises(OSError, match="Input/output error"):
        store.write([draft("city", 1)])
    kept = store.head
    assert kept is not None
    written(tmp_path, [draft("city", 2)])
    assert look_for(kept, proven(tmp_path)) is Finding.IN_HISTORY
    assert [each["event"] for each in told(tmp_path)] == ["cut"]


def test_a_log_that_somebody_took_away_is_not_begun_anew_in_the_middle(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.write([draft("city")])
    only(tmp_path).unlink()
    with pytest.raises(FileNotFoundError):
        store.write([draft("city")])
    assert contents(tmp_path) == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"")
    (tmp_path / "log").mkdir()
    SegmentFiles(tmp_path / "log").path_of(1).symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        opened(tmp_path / "log")


def test_another_key_does_not_go_on_with_a_log(tmp_path: Path) -> None:
    sample(tmp_path)
    store = EvidenceStore(tmp_path, OTHER_KEY)
    store.get_ready()
    assert store.head is None


def test_entries_about_the_log_are_everybodys(tmp_path: Path) -> None:
    written(tmp_path, *([draft("city", number)] for number in range(20)), segment_bytes=2000)
    entries = [entry for piece in proven(tmp_path) for entry in piece.log_entries]
    assert {(entry.draft.whose, entry.draft.kind) for entry in entries} == {(EVERYBODY, Kind.LOG)}
