"""What a power cut or a bad disk leaves: the good is kept, the rest is counted as far as anybody can know."""

import random
from pathlib import Path

import pytest

from forwarder.store.frames import scan
from forwarder.store.losses import Reason
from forwarder.store.marks import SALT
from tests.forwarder.store.scene import (
    NOW_MS,
    ROUTE,
    fates,
    keep,
    keys,
    killed,
    opened,
    replay_all,
    segments,
    stored,
    uplinks_in,
)

COUNT = 20


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    """A segment with uplinks 1 to 20, each of another device."""
    store = opened(tmp_path)
    keep(store, [stored(key, device=key) for key in range(1, COUNT + 1)])
    killed(store)
    (path,) = segments(tmp_path)
    path.write_bytes(uplinks_in(path))
    return path


def begin_of(content: bytes | bytearray, key: int) -> int:
    """Where the frame of an uplink begins, roughly: in the middle of it."""
    return content.index(b"uplink %d" % key)


@pytest.mark.parametrize("behind", [b"", bytes(500), random.Random(1).randbytes(500)])
def test_a_torn_end_is_cut_off(segment: Path, behind: bytes) -> None:
    content = segment.read_bytes()
    segment.write_bytes(content[: begin_of(content, 15)] + behind)
    store = opened(segment.parent)
    assert store.count == 14
    assert len(segment.read_bytes()) < begin_of(content, 15)
    assert store.losses == {("", "damaged"): 1}
    keep(store, [stored(99, device=99)])
    assert replay_all(store) == [*range(1, 15), 99]


def test_nothing_is_written_behind_an_end_that_was_cut_off(segment: Path) -> None:
    content = segment.read_bytes()
    segment.write_bytes(content[: begin_of(content, 15)])
    keep(opened(segment.parent), [stored(99, device=99)])
    assert len(segments(segment.parent)) == 2


def test_a_fate_that_outlived_its_uplink_is_not_taken_for_that_of_another(segment: Path) -> None:
    store = opened(segment.parent)
    store.delivered([COUNT], NOW_MS)
    killed(store)
    content = segment.read_bytes()
    # The power cut leaves the fate, and the segment exactly as if its last uplink had never been written.
    last = content.rindex(b"\xc5", 0, begin_of(content, COUNT) - 40)
    segment.write_bytes(content)
    store = opened(segment.parent)
    killed(store)
    while opened(segment.parent).count != COUNT - 1:
        raise AssertionError("the last one was delivered")
    segment.write_bytes(content[:last])
    again = opened(segment.parent)
    keep(again, [stored(98, device=98), stored(99, device=99)])
    killed(again)
    assert replay_all(opened(segment.parent))[-2:] == [98, 99]


def test_what_damage_takes_away_in_the_middle_is_counted_and_the_rest_is_kept(segment: Path) -> None:
    content = bytearray(segment.read_bytes())
    begin, end = begin_of(content, 5), begin_of(content, 8)
    content[begin:end] = random.Random(2).randbytes(end - begin)
    segment.write_bytes(content)
    for _ in range(2):
        store = opened(segment.parent)
        assert store.losses == {("", "damaged"): 4}
        store.tend(NOW_MS)
        killed(store)
    assert replay_all(opened(segment.parent)) == [*range(1, 5), *range(9, COUNT + 1)]


def test_what_was_settled_before_is_not_counted_as_damaged(segment: Path) -> None:
    store = opened(segment.parent)
    store.delivered([5, 6], NOW_MS)
    killed(store)
    content = bytearray(segment.read_bytes())
    begin, end = begin_of(content, 5), begin_of(content, 7)
    content[begin:end] = bytes(end - begin)
    segment.write_bytes(content)
    assert opened(segment.parent).losses == {("", "damaged"): 1}


def test_an_uplink_that_the_disk_damages_meanwhile_is_given_up_under_its_depositor(segment: Path) -> None:
    store = opened(segment.parent)
    content = bytearray(segment.read_bytes())
    content[begin_of(content, 2)] ^= 0xFF
    segment.write_bytes(content)
    assert keys(store.next(ROUTE, NOW_MS, 3)) == [1, 3, 4]
    assert store.losses == {("water", "damaged"): 1}


def test_a_segment_of_which_nothing_is_readable_is_set_aside_and_told(segment: Path) -> None:
    size = segment.stat().st_size
    segment.write_bytes(random.Random(3).randbytes(size))
    for _ in range(2):
        store = opened(segment.parent)
        assert (store.count, store.losses) == (0, {("", "damaged"): 1})
        store.tend(NOW_MS)
        killed(store)
    assert segments(segment.parent) == []
    assert (segment.parent / "unreadable").stat().st_size == size


def test_what_is_no_file_of_the_store_does_no_harm(segment: Path, tmp_path: Path) -> None:
    (tmp_path / "0000000007-00000001.uplinks").mkdir()
    (tmp_path / "9999999999-00000001.uplinks").write_bytes(b"beyond all numbers")
    (tmp_path / "0000000008-00000001.uplinks").symlink_to("/etc/passwd")
    (tmp_path / "notes.txt").write_text("by the maintainer")
    store = opened(segment.parent)
    assert store.count == COUNT
    keep(store, [stored(99, device=99)])
    assert replay_all(store) == [*range(1, COUNT + 1), 99]


def test_an_empty_segment_goes(segment: Path) -> None:
    segment.write_bytes(b"")
    store = opened(segment.parent)
    assert (store.count, store.losses, segments(segment.parent)) == (0, {}, [])


@pytest.mark.parametrize("damage", ["cut", "noise", "gone"])
def test_where_fates_are_lost_uplinks_are_sent_again(segment: Path, damage: str) -> None:
    store = opened(segment.parent)
    for key in range(1, 11):
        store.delivered([key], NOW_MS)
    store.given_up([11], Reason.REFUSED, NOW_MS)
    killed(store)
    marks, content = segment.parent / "marks", fates(segment.parent)
    if damage == "gone":
        marks.unlink()
    else:
        half = scan(content, SALT).frames[5][0] + 3
        marks.write_bytes(content[:half] + (b"" if damage == "cut" else b"\xc5" * half))
    again = opened(segment.parent)
    assert replay_all(again) == list(range(1 if damage == "gone" else 6, COUNT + 1))
    killed(again)
    assert opened(segment.parent).count == 0


def test_a_fate_written_behind_a_cut_is_read(segment: Path) -> None:
    store = opened(segment.parent)
    store.delivered([1, 2], NOW_MS)
    store.delivered([3], NOW_MS)
    killed(store)
    (segment.parent / "marks").write_bytes(fates(segment.parent)[:-1])
    store = opened(segment.parent)
    store.delivered([4], NOW_MS)
    killed(store)
    assert keys(opened(segment.parent).next(ROUTE, NOW_MS, 3)) == [3, 5, 6]


def test_whatever_byte_is_flipped_all_but_one_uplink_is_read(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(key, device=key) for key in range(1, 5)])
    store.delivered([2], NOW_MS)
    killed(store)
    files = {path.name: uplinks_in(path) for path in segments(tmp_path)} | {"marks": fates(tmp_path)}
    for name, content in files.items():
        for at in range(len(content)):
            directory = tmp_path / f"{name}.{at}"
            directory.mkdir()
            for other, good in files.items():
                (directory / other).write_bytes(good)
            (directory / name).write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
            damaged = opened(directory)
            sent, lost = replay_all(damaged), sum(damaged.losses.values())
            killed(damaged)
            if name == "marks":
                # A fate that cannot be read, and nothing else: at most its uplink goes out again.
                assert (set(sent) - {2}, lost) == ({1, 3, 4}, 0), at
            else:
                assert len(sent) + lost == 3, at
                assert set(sent) <= {1, 3, 4}, at
                assert lost <= 1, at


@pytest.mark.parametrize("seed", range(30))
def test_no_damage_stops_a_start(segment: Path, seed: int) -> None:
    chance = random.Random(seed)
    store = opened(segment.parent)
    store.delivered([3, 9], NOW_MS)
    killed(store)
    for path in (segment, segment.parent / "marks"):
        content = bytearray(path.read_bytes())
        for _ in range(chance.randint(0, 5)):
            at = chance.randrange(len(content))
            content[at : at + chance.randint(0, 60)] = chance.randbytes(chance.randint(0, 60))
        path.write_bytes(content[: chance.randint(0, len(content))])
    store = opened(segment.parent)
    found, lost = store.count, sum(store.losses.values())
    assert found + lost <= COUNT
    sent = replay_all(store)
    assert len(set(sent)) == len(sent) == found
    keep(store, [stored(99, device=99)])
    assert replay_all(store) == [99]
