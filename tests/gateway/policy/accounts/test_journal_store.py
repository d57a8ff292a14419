"""The log's files: written once, read back whole, few, small, the service's own, and no trap after a crash."""

import os
import resource
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.accounts.journal import Charge, Kind, encode_header
from gateway.policy.accounts.journal_files import JournalFiles
from gateway.policy.accounts.journal_loading import MEMORY_MS, MOST_SEGMENT_BYTES, SEGMENT_MS, Loaded, load
from gateway.policy.accounts.journal_store import JournalStore
from gateway.policy.accounts.ledger_clock import ClockMark

MARK = ClockMark("this boot", 0)
NOW_MS = 100 * SEGMENT_MS


class Log:
    """One process's store, and what it read at its start."""

    def __init__(self, directory: Path, now_ms: int = NOW_MS, most_bytes: int = 48 << 20, most: int = 64) -> None:
        self.store = JournalStore(directory, most_bytes, most)
        self.found: list[Charge] = []
        self.loaded: Loaded = self.store.load(self.record)
        self.problems = [*self.loaded.problems, *self.store.begin(MARK, now_ms)]

    def record(self, charges: Iterable[Charge]) -> int:
        """As accounts would."""
        before = len(self.found)
        self.found += charges
        return max((charge.at_ms for charge in self.found[before:]), default=0)

    def sync(self, now_ms: int = NOW_MS) -> list[Charge]:
        """On this thread; returns what has to be appended again."""
        sync = self.store.start_sync(now_ms)
        sync.run()
        return self.store.finish_sync(sync)

    def stop(self) -> None:
        """The process ends, in whatever order."""
        self.store.close()


def charge(number: int, at_ms: int = NOW_MS) -> Charge:
    """A charge that can be told from others."""
    return Charge(Kind.UPLINK, at_ms, number, "city", f"group {number % 3}", 20, 50_000, number)


def charges(count: int, at_ms: int = NOW_MS, first: int = 0) -> list[Charge]:
    """Several of them."""
    return [charge(number, at_ms) for number in range(first, first + count)]


def segments(directory: Path) -> list[Path]:
    """The log's files, the oldest first."""
    return sorted(directory.iterdir())


def a_process(directory: Path, batch: list[Charge], now_ms: int = NOW_MS) -> None:
    """A start, one batch, a sync, an end."""
    log = Log(directory, now_ms)
    log.store.append(batch, now_ms)
    log.sync(now_ms)
    log.stop()


@contextmanager
def full_disk(most_file_bytes: int) -> Iterator[None]:
    """No file grows beyond this: a write is cut short there, and the next one fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_file_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def open_files() -> int:
    """How many this process has."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def disk_error(*_arguments: object) -> None:
    """In the place of a system call."""
    raise OSError(5, "Input/output error")


def test_nothing_is_written_before_the_first_charge(tmp_path: Path) -> None:
    log = Log(tmp_path / "accounts")
    log.sync()
    log.stop()
    assert segments(tmp_path / "accounts") == []


def test_what_was_appended_is_read_back_though_nobody_closed_or_synced(tmp_path: Path) -> None:
    first = Log(tmp_path)
    first.store.append(charges(3), NOW_MS)
    first.store.append(charges(4, first=3), NOW_MS)
    second = Log(tmp_path)
    assert second.found == charges(7)
    assert (second.loaded.last_ms, second.loaded.mark, second.loaded.charges) == (NOW_MS, MARK, 7)
    assert second.problems == []


def test_the_files_are_the_services_own(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "accounts"
    a_process(directory, charges(1))
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in segments(directory)] == [0o600]


def test_a_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "accounts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        JournalStore(tmp_path / "accounts")


def test_a_segment_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    a_process(tmp_path / "other", charges(1))
    a_process(tmp_path / "accounts", charges(1, first=9))
    link = tmp_path / "accounts" / f"{0:010}-{0:010}.ledger"
    link.symlink_to(segments(tmp_path / "other")[0])
    log = Log(tmp_path / "accounts")
    assert log.found == charges(1, first=9)
    assert log.loaded.damaged == 1
    assert str(link) in log.problems[0]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_told_and_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / f"{1:010}-{1:010}.ledger")
    log = Log(tmp_path)
    assert log.found == []
    assert "it is not a file" in log.problems[0]


def test_a_file_larger_than_all_segments_may_be_is_not_read(tmp_path: Path) -> None:
    a_process(tmp_path, charges(1))
    with segments(tmp_path)[0].open("r+b") as file:
        file.truncate(5000)
    log = Log(tmp_path, most_bytes=4999)
    assert log.found == []
    assert "it has 5000 bytes" in log.problems[0]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "1-1.ledger").write_text("not ours")
    a_process(tmp_path, charges(1))
    assert Log(tmp_path).problems == []
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_process_never_appends_behind_what_an_earlier_one_wrote(tmp_path: Path) -> None:
    a_process(tmp_path, charges(2))
    [before] = segments(tmp_path)
    content = before.read_bytes()
    a_process(tmp_path, charges(2, first=2))
    assert before.read_bytes() == content
    assert len(segments(tmp_path)) == 2
    assert Log(tmp_path).found == charges(4)


def test_an_hour_has_a_segment_and_so_has_a_heavy_part_of_it(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.store.append(charges(1), NOW_MS)
    log.store.append(charges(1), NOW_MS + SEGMENT_MS - 1)
    assert len(segments(tmp_path)) == 1
    log.store.append(charges(1), NOW_MS + SEGMENT_MS)
    assert len(segments(tmp_path)) == 2
    heavy = charges(MOST_SEGMENT_BYTES // 33 + 1)
    log.store.append(heavy, NOW_MS + SEGMENT_MS)
    log.store.append(charges(1), NOW_MS + SEGMENT_MS)
    assert len(segments(tmp_path)) == 3
    log.sync()
    assert log.store.unsynced == 0
    assert len(Log(tmp_path).found) == len(heavy) + 4


def test_damage_ends_the_reading_of_its_segment_only_and_is_told(tmp_path: Path) -> None:
    for number in range(3):
        a_process(tmp_path, charges(1, first=10 * number) + charges(1, first=10 * number + 1))
    damaged = segments(tmp_path)[1]
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    log = Log(tmp_path)
    assert log.found == charges(2) + charges(2, first=20)
    assert log.loaded.damaged == 1
    [problem] = log.problems
    assert str(damaged) in problem
    assert "a frame with a wrong checksum at byte" in problem


def test_segments_that_no_account_looks_back_to_are_removed_at_a_start(tmp_path: Path) -> None:
    a_process(tmp_path, charges(1))
    a_process(tmp_path, charges(1, NOW_MS + 1, 5), NOW_MS + 1)
    Log(tmp_path, NOW_MS + MEMORY_MS - 1).stop()
    assert len(segments(tmp_path)) == 2
    Log(tmp_path, NOW_MS + MEMORY_MS).stop()
    assert Log(tmp_path, NOW_MS + MEMORY_MS).found == charges(1, NOW_MS + 1, 5)


def test_and_while_the_process_runs(tmp_path: Path) -> None:
    log, now_ms = Log(tmp_path), NOW_MS
    for hour in range(40):
        now_ms = NOW_MS + hour * SEGMENT_MS
        log.store.append(charges(1, now_ms), now_ms)
        log.sync(now_ms)
    assert 24 < len(segments(tmp_path)) < 28
    found = Log(tmp_path, now_ms).found
    assert {one.at_ms for one in found} >= {NOW_MS + hour * SEGMENT_MS for hour in range(16, 40)}


def test_a_segment_that_cannot_be_read_stays_for_a_day(tmp_path: Path) -> None:
    (tmp_path / f"{1:010}-{1:010}.ledger").write_bytes(b"noise")
    log = Log(tmp_path)
    log.sync(NOW_MS + MEMORY_MS - 1)
    assert len(segments(tmp_path)) == 1
    log.sync(NOW_MS + MEMORY_MS)
    assert segments(tmp_path) == []


def test_the_oldest_segment_goes_when_there_is_no_room(tmp_path: Path) -> None:
    log = Log(tmp_path, most_bytes=2 * MOST_SEGMENT_BYTES + 1000)
    for hour in range(4):
        log.store.append(charges(40_000, NOW_MS + hour * SEGMENT_MS), NOW_MS + hour * SEGMENT_MS)
        log.sync()
        assert sum(path.stat().st_size for path in segments(tmp_path)) < 3 * MOST_SEGMENT_BYTES
    log.sync()
    assert log.store.given_up == 2
    assert min(one.at_ms for one in Log(tmp_path).found) == NOW_MS + 2 * SEGMENT_MS


def test_many_small_segments_become_few_and_nothing_is_lost(tmp_path: Path) -> None:
    for number in range(9):
        a_process(tmp_path, charges(2, first=2 * number))
    Log(tmp_path, most=8).stop()
    assert [path.name for path in segments(tmp_path)] == [f"{1:010}-{9:010}.ledger"]
    log = Log(tmp_path)
    assert log.found == charges(18)
    log.store.append(charges(1, first=18), NOW_MS)
    assert Log(tmp_path).found == charges(19)


def test_large_segments_are_not_merged_into_larger_ones(tmp_path: Path) -> None:
    for number in range(4):
        a_process(tmp_path, charges(40_000, first=number))
    Log(tmp_path, most=3).stop()
    assert len(segments(tmp_path)) == 4


def test_segments_that_cannot_be_read_are_not_merged_away(tmp_path: Path) -> None:
    for number in range(6):
        a_process(tmp_path, charges(1, first=number))
    unreadable = segments(tmp_path)[2:4]
    for path in unreadable:
        path.write_bytes(b"written by a later program")
    Log(tmp_path, most=3).stop()
    assert [path.read_bytes() for path in unreadable] == [b"written by a later program"] * 2
    assert Log(tmp_path).found == [charge(0), charge(1), charge(4), charge(5)]
    assert len(segments(tmp_path)) == 4


def test_a_merge_takes_the_good_part_of_a_damaged_segment(tmp_path: Path) -> None:
    for number in range(5):
        a_process(tmp_path, charges(1, first=number))
    with segments(tmp_path)[2].open("ab") as file:
        file.write(b"half a frame")
    assert len(Log(tmp_path, most=3).problems) == 1
    log = Log(tmp_path)
    assert (log.found, log.problems) == (charges(5), [])


@pytest.mark.parametrize("killed_at", ["fsync", "rename", "unlink"])
def test_a_merge_may_be_killed_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str) -> None:
    class KilledError(BaseException):
        pass

    def killed(file: object, *_arguments: object, **_more: object) -> None:
        if file == "merge.unfinished" and killed_at == "unlink":
            raise FileNotFoundError  # the kill comes later
        raise KilledError

    for number in range(5):
        a_process(tmp_path, charges(1, first=number))
    store = JournalStore(tmp_path, most_segments=3)
    store.load(lambda found: max(one.at_ms for one in found))
    with monkeypatch.context() as patch:
        patch.setattr(os, killed_at, killed)
        with pytest.raises(KilledError):
            store.begin(MARK, NOW_MS)
    log = Log(tmp_path)
    assert (log.found, log.problems) == (charges(5), [])
    assert not [path for path in segments(tmp_path) if path.suffix != ".ledger"]
    assert len(segments(tmp_path)) == (1 if killed_at == "unlink" else 5)


def test_to_load_alone_changes_nothing_on_disk(tmp_path: Path) -> None:
    for number in range(2):
        a_process(tmp_path, charges(1, first=number))
    whole = b"".join(path.read_bytes() for path in segments(tmp_path))
    (tmp_path / f"{1:010}-{2:010}.ledger").write_bytes(whole)
    (tmp_path / "merge.unfinished").write_bytes(whole)
    before = {path: path.stat() for path in segments(tmp_path)}
    files = JournalFiles(tmp_path)
    found: list[Charge] = []

    def record(more: Iterable[Charge]) -> int:
        found.extend(more)
        return NOW_MS

    load(files, record, 5000)
    files.close()
    assert found == charges(2)
    assert {path: path.stat().st_mtime_ns for path in segments(tmp_path)} == {
        path: was.st_mtime_ns for path, was in before.items()
    }
    assert Log(tmp_path).found == charges(2)
    assert [path.name for path in segments(tmp_path)] == [f"{1:010}-{2:010}.ledger"]


def test_a_merge_without_room_leaves_everything_as_it_was(tmp_path: Path) -> None:
    for number in range(5):
        a_process(tmp_path, charges(1, first=number))
    with full_disk(200):
        log = Log(tmp_path, most=3)
    assert "small files of accounts" in log.problems[0]
    log.stop()
    assert Log(tmp_path).found == charges(5)


def test_a_batch_that_does_not_fit_is_not_written_and_the_next_try_is_whole(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.store.append(charges(3), NOW_MS)
    with full_disk(400):
        for _ in range(5):
            with pytest.raises(OSError, match="File too large"):
                log.store.append(charges(30, first=3), NOW_MS)
    assert log.store.unsynced == 3
    assert len(segments(tmp_path)) == 1
    assert Log(tmp_path).found == charges(3)
    log.store.append(charges(30, first=3), NOW_MS)
    log.sync()
    after = Log(tmp_path)
    assert (after.found, after.problems) == (charges(33), [])
    assert len(segments(tmp_path)) == 2


def test_a_directory_that_is_gone_is_an_error_each_time(tmp_path: Path) -> None:
    directory = tmp_path / "accounts"
    log = Log(directory)
    directory.rmdir()
    for _ in range(3):
        with pytest.raises(OSError, match="No such file"):
            log.store.append(charges(1), NOW_MS)


def test_what_a_failed_sync_leaves_in_doubt_is_appended_again_and_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path)
    log.store.append(charges(2), NOW_MS)
    log.sync()
    log.store.append(charges(2, first=2), NOW_MS)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", disk_error)
        again = log.sync()
    assert again == charges(2, first=2)
    assert Log(tmp_path).found == charges(4), "a kill here loses nothing"
    log.store.append(again, NOW_MS)
    assert log.sync() == []
    assert log.store.unsynced == 0
    after = Log(tmp_path)
    assert (after.found, after.problems) == (charges(4), [])


def test_charges_of_the_time_of_a_sync_are_not_taken_for_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path)
    log.store.append(charges(2), NOW_MS)
    sync = log.store.start_sync(NOW_MS)
    log.store.append(charges(1, first=2), NOW_MS + SEGMENT_MS)
    sync.run()
    log.store.finish_sync(sync)
    assert log.store.unsynced == 1
    monkeypatch.setattr(os, "fdatasync", disk_error)
    assert log.sync() == charges(1, first=2)


def test_a_new_segments_name_is_synced_until_a_sync_was_seen_to_succeed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path)
    log.store.append(charges(1), NOW_MS)
    synced: list[str] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    log.store.start_sync(NOW_MS).run()
    for _ in range(2):
        log.sync()
    assert synced == [str(tmp_path)] * 2


def test_a_sync_keeps_no_file_open(tmp_path: Path) -> None:
    before = open_files()
    log = Log(tmp_path)
    for hour in range(30):
        log.store.append(charges(1), NOW_MS + hour * SEGMENT_MS)
        log.sync()
    assert open_files() == before + 2
    log.stop()
    assert open_files() == before


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_power_cut_costs_at_most_what_was_not_synced(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The disk holds any part of what was not synced, or nothing, zeros or noise in its place; a new segment may be
    gone altogether.
    """
    directory = tmp_path_factory.mktemp("accounts")
    log = Log(directory)
    synced, number, lengths = 0, 0, {}
    for step in data.draw(st.lists(st.sampled_from(["append", "append", "sync", "hour"]), min_size=1, max_size=12)):
        hour = number if step == "hour" else 0
        if step == "sync":
            log.sync(NOW_MS)
            synced = number
            lengths = {path: path.stat().st_size for path in segments(directory)}
        else:
            log.store.append([charge(number)], NOW_MS + hour * SEGMENT_MS)
            number += 1
    log.stop()
    for path in segments(directory):
        content, sure = path.read_bytes(), lengths.get(path, 0)
        kept = data.draw(st.integers(sure, len(content)))
        tail = data.draw(st.sampled_from([b"", b"\0" * (len(content) - kept), os.urandom(len(content) - kept)]))
        if sure == 0 and data.draw(st.booleans()):
            path.unlink()
        else:
            path.write_bytes(content[:kept] + tail)
    after = Log(directory)
    found = {one.frame_id for one in after.found}
    assert found >= set(range(synced))
    assert found <= set(range(number))
    assert len(found) == len(after.found)
    after.store.append([charge(1000)], NOW_MS)
    assert Log(directory).found == [*after.found, charge(1000)]


def test_a_segment_of_a_header_alone_is_whole(tmp_path: Path) -> None:
    (tmp_path / f"{1:010}-{1:010}.ledger").write_bytes(encode_header(MARK))
    log = Log(tmp_path)
    assert (log.found, log.problems, log.loaded.mark) == ([], [], MARK)
