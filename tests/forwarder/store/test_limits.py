"""What is given up where too much is kept, or for too long."""

from pathlib import Path

import pytest

from forwarder.store.limits import Kept, StoreLimits
from forwarder.store.losses import Reason
from forwarder.store.segments import SegmentFiles, SegmentName
from tests.forwarder.store.scene import NOW_MS, ROUTE, keep, keys, killed, opened, replay_all, segments, stored

DAY_MS = 86_400_000
SMALL = StoreLimits(most_bytes=80_000)


def test_the_oldest_segment_makes_room_and_everything_in_it_is_counted(tmp_path: Path) -> None:
    store = opened(tmp_path, SMALL)
    for key in range(1, 2001):
        keep(store, [stored(key, device=key % 50, whose=f"depositor {key % 3}")])
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= SMALL.most_bytes + 1000
    lost = sum(store.losses.values())
    assert {reason for _, reason in store.losses} == {"no_room"}
    assert {depositor for depositor, _ in store.losses} == {"depositor 0", "depositor 1", "depositor 2"}
    assert lost + store.count == 2000
    killed(store)
    again = opened(tmp_path, SMALL)
    assert again.losses == store.losses
    assert sorted(replay_all(again)) == list(range(lost + 1, 2001))


def test_what_is_out_when_its_room_is_taken_is_not_lost_once_it_arrives(tmp_path: Path) -> None:
    store = opened(tmp_path, SMALL)
    keep(store, [stored(1, device=1), stored(2, device=2)])
    assert keys(store.next(ROUTE, NOW_MS, 2)) == [1, 2]
    keep(store, [stored(key, device=3) for key in range(3, 1500)])
    lost = store.losses["water", "no_room"]
    assert lost + store.count == 1499 + 2
    store.delivered([1], NOW_MS)
    assert store.losses["water", "no_room"] == lost - 1
    store.failed([2])
    assert store.losses["water", "no_room"] == lost - 1
    assert not store.has_backlog(ROUTE, 2)
    killed(store)
    assert opened(tmp_path, SMALL).losses == {("water", "no_room"): lost - 1}


def test_what_is_too_old_is_not_sent(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1, at_ms=NOW_MS), stored(2, at_ms=NOW_MS + 2000)])
    now_ms = NOW_MS + DAY_MS + 1000
    assert keys(store.next(ROUTE, now_ms, 10)) == [2]
    assert store.losses == {("water", "too_old"): 1}


def test_what_is_too_old_goes_from_the_disk_though_nobody_asks_for_it(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(key, device=key) for key in range(1, 11)])
    store.tend(NOW_MS + DAY_MS)
    assert store.count == 10
    store.tend(NOW_MS + DAY_MS + 1)
    assert (store.count, segments(tmp_path)) == (0, [])
    assert store.losses == {("water", "too_old"): 10}
    killed(store)
    assert opened(tmp_path).losses == {("water", "too_old"): 10}


def test_no_power_cut_takes_uplinks_and_the_count_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync_marks, remove = SegmentFiles.sync_marks, SegmentFiles.remove

    def noted_sync(files: SegmentFiles) -> None:
        done.append("count")
        sync_marks(files)

    def noted_remove(files: SegmentFiles, name: SegmentName) -> None:
        done.append("uplinks")
        remove(files, name)

    monkeypatch.setattr(SegmentFiles, "sync_marks", noted_sync)
    monkeypatch.setattr(SegmentFiles, "remove", noted_remove)
    store = opened(tmp_path)
    keep(store, [stored(1)])
    store.tend(NOW_MS + DAY_MS + 1)
    assert done == ["count", "uplinks"]


def test_an_age_is_remembered_over_a_restart(tmp_path: Path) -> None:
    keep(opened(tmp_path), [stored(1)])
    again = opened(tmp_path, now_ms=NOW_MS + DAY_MS + 1)
    again.tend(NOW_MS + DAY_MS + 1)
    assert again.losses == {("water", "too_old"): 1}


def test_much_that_is_too_old_does_not_hold_up_what_is_not(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(key, at_ms=NOW_MS) for key in range(1, 500)])
    keep(store, [stored(1000, device=7, at_ms=NOW_MS + DAY_MS)])
    assert keys(store.next(ROUTE, NOW_MS + DAY_MS + 1, 100)) == [1000]


def test_ever_new_devices_do_not_fill_the_memory(tmp_path: Path) -> None:
    store = opened(tmp_path, StoreLimits(most_devices=10))
    for device in range(1, 11):
        assert store.append(stored(device, device=device), NOW_MS) is Kept.ON_DISK
    assert store.append(stored(11, device=11, whose="waste"), NOW_MS) is Kept.GIVEN_UP
    assert store.append(stored(12, device=10), NOW_MS) is Kept.ON_DISK
    assert store.losses == {("waste", "no_room"): 1}


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_is_counted_by_itself(tmp_path: Path, reason: Reason) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1, whose="")])
    store.given_up([1], reason, NOW_MS)
    store.lost("water", reason, 3)
    assert store.losses == {("", reason.value): 1, ("water", reason.value): 3}
