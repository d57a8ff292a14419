"""A disk that takes no more. The kernel itself refuses here: RLIMIT_FSIZE is a file's largest size."""

import resource
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from forwarder.store.disk import RETRY_MS
from forwarder.store.limits import Kept, StoreLimits
from forwarder.store.losses import Reason
from forwarder.store.store import OutageStore
from tests.forwarder.store.scene import NOW_MS, ROUTE, keep, killed, opened, replay_all, segments, stored, uplinks_in

MEMORY = 20
LIMITS = StoreLimits(most_in_memory=MEMORY)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is told: not to a file, which would be full too."""
    with capture_logs() as told:
        yield told


@contextmanager
def full_at(size_bytes: int) -> Iterator[None]:
    """While this lasts, no file grows beyond a size: a write is cut short there, and the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def state(store: OutageStore) -> tuple[int, str | None]:
    """How many uplinks are in memory, and why."""
    return store.in_memory, store.error


def test_on_a_full_disk_uplinks_go_on_in_memory_and_are_written_when_there_is_room(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    keep(store, [stored(1), stored(2)])
    size = len(uplinks_in(segments(tmp_path)[0]))
    with full_at(size + 50):
        assert [store.append(stored(key), NOW_MS) for key in (3, 4)] == [Kept.IN_MEMORY] * 2
        assert state(store) == (2, "File too large")
        assert len(uplinks_in(segments(tmp_path)[0])) == size
    assert store.append(stored(5), NOW_MS + RETRY_MS - 1) is Kept.IN_MEMORY
    assert store.in_memory == 3
    store.tend(NOW_MS + RETRY_MS)
    assert state(store) == (0, None)
    assert store.append(stored(6), NOW_MS + RETRY_MS) is Kept.ON_DISK
    killed(store)
    assert replay_all(opened(tmp_path)) == [1, 2, 3, 4, 5, 6]


def test_uplinks_in_memory_are_sent_in_their_order_with_those_on_the_disk(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    keep(store, [stored(1), stored(3), stored(5, device=2)])
    with full_at(0):
        keep(store, [stored(2), stored(4), stored(6, device=2)])
        assert replay_all(store) == [1, 5, 2, 6, 3, 4]
    assert store.losses == {}


def test_the_memory_is_bounded_and_what_it_does_not_hold_is_counted_by_depositor(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    with full_at(0):
        for key in range(1, 101):
            keep(store, [stored(key, device=key % 7, whose=f"depositor {key % 2}")])
            assert store.in_memory <= MEMORY
        assert store.losses == {("depositor 0", "disk"): 40, ("depositor 1", "disk"): 40}
        assert store.count == MEMORY
    store.tend(NOW_MS + RETRY_MS)
    killed(store)
    again = opened(tmp_path)
    assert sum(again.losses.values()) == 80
    assert sorted(replay_all(again)) == list(range(81, 101))


def test_what_a_kill_takes_from_memory_is_counted_even_on_a_full_disk(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    keep(store, [stored(key, device=key) for key in range(1, 21)])
    with full_at(len(uplinks_in(segments(tmp_path)[0]))):
        keep(store, [stored(key, device=key) for key in range(21, 27)])
        assert (store.in_memory, store.losses) == (6, {})
        store.delivered([21], NOW_MS)
        store.given_up([22], Reason.REFUSED, NOW_MS)
        killed(store)
    again = opened(tmp_path, LIMITS)
    assert again.losses == {("water", "refused"): 1, ("water", "disk"): 4}
    assert replay_all(again) == list(range(1, 21))


def test_room_is_taken_when_an_outage_begins(tmp_path: Path) -> None:
    keep(opened(tmp_path, LIMITS), [stored(1)])
    assert (tmp_path / "marks").stat().st_size == LIMITS.spare_bytes
    assert segments(tmp_path)[0].stat().st_size == LIMITS.segment_bytes


def test_what_memory_gives_to_the_disk_is_not_counted(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    keep(store, [stored(1, device=1)])
    with full_at(len(uplinks_in(segments(tmp_path)[0]))):
        keep(store, [stored(key, device=key) for key in range(2, 8)])
    store.tend(NOW_MS + RETRY_MS)
    killed(store)
    again = opened(tmp_path, LIMITS)
    assert again.losses == {}
    assert replay_all(again) == list(range(1, 8))


def test_what_is_out_when_the_memory_gives_it_up_may_still_arrive(tmp_path: Path) -> None:
    store = opened(tmp_path, StoreLimits(most_in_memory=1))
    with full_at(0):
        keep(store, [stored(1)])
        store.next(ROUTE, NOW_MS, 1)
        keep(store, [stored(2)])
        assert store.losses == {("water", "disk"): 1}
        store.delivered([1], NOW_MS)
        assert store.losses == {}
        assert replay_all(store) == [2]


def test_fates_wait_for_the_disk_too(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    keep(store, [stored(key, device=key) for key in range(1, 6)])
    with full_at(0):
        store.delivered([1, 2], NOW_MS)
    store.tend(NOW_MS + RETRY_MS)
    killed(store)
    assert replay_all(opened(tmp_path)) == [3, 4, 5]


def test_a_segment_that_is_done_with_goes_even_from_a_full_disk(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    keep(store, [stored(1), stored(2)])
    with full_at(0):
        assert replay_all(store) == [1, 2]
        assert segments(tmp_path) == []


def test_it_is_told_once_that_the_disk_is_full_and_once_that_it_is_not(
    tmp_path: Path, logs: list[MutableMapping[str, Any]]
) -> None:
    store = opened(tmp_path, LIMITS)
    with full_at(0):
        for number in range(200):
            keep(store, [stored(number + 1)], now_ms=NOW_MS + number * 1000)
            store.tend(NOW_MS + number * 1000)
    assert [entry["log_level"] for entry in logs] == ["error"]
    store.tend(NOW_MS + 300_000)
    assert [entry["log_level"] for entry in logs] == ["error", "info"]


def test_what_is_in_memory_at_the_end_is_written_if_the_disk_takes_it_again(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    with full_at(0):
        keep(store, [stored(1)])
    store.close(NOW_MS + 1)
    assert replay_all(opened(tmp_path)) == [1]


def test_what_is_in_memory_at_the_end_is_given_up_otherwise(tmp_path: Path) -> None:
    store = opened(tmp_path, LIMITS)
    with full_at(0):
        keep(store, [stored(1)])
        store.close(NOW_MS + 1)
    assert store.losses == {("water", "disk"): 1}


@pytest.mark.parametrize("is_a_file", [True, False])
def test_without_a_directory_it_works_in_memory_until_there_is_one(tmp_path: Path, is_a_file: bool) -> None:
    before = opened(tmp_path / "real", LIMITS)
    keep(before, [stored(1), stored(2)])
    killed(before)
    place = tmp_path / "place"
    if is_a_file:
        place.write_text("in the way")
    else:
        place.symlink_to("real", target_is_directory=True)
    store = opened(place, LIMITS)
    assert state(store)[1] is not None
    key = store.first_key(NOW_MS)
    assert store.append(stored(key), NOW_MS) is Kept.IN_MEMORY
    place.unlink()
    (tmp_path / "real").rename(place)
    store.tend(NOW_MS + RETRY_MS)
    assert state(store) == (0, None)
    assert replay_all(store) == [1, 2, key]
