"""What the store keeps, over restarts and kills; test_order has its order, test_damage and test_full_disk the disk."""

from pathlib import Path

from forwarder.store.limits import Kept
from forwarder.store.losses import Reason
from tests.forwarder.store.scene import (
    NOW_MS,
    OTHER_ROUTE,
    ROUTE,
    fates,
    keep,
    keys,
    killed,
    late,
    opened,
    replay_all,
    segments,
    stored,
)


def test_what_was_appended_is_there_after_a_kill(tmp_path: Path) -> None:
    store = opened(tmp_path)
    uplinks = [stored(key, device=key % 3) for key in range(1, 10)]
    assert {store.append(uplink, NOW_MS) for uplink in uplinks} == {Kept.ON_DISK}
    killed(store)
    again = opened(tmp_path)
    assert again.count == 9
    assert again.next(ROUTE, NOW_MS, 3) == [late(uplink) for uplink in uplinks[:3]]


def test_what_was_delivered_is_not_sent_again_after_a_kill(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(key, device=key) for key in range(1, 6)])
    store.delivered(keys(store.next(ROUTE, NOW_MS, 3)), NOW_MS)
    killed(store)
    again = opened(tmp_path)
    assert replay_all(again) == [4, 5]
    assert again.losses == {}


def test_what_was_out_at_a_kill_waits_again(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1), stored(2)])
    store.next(ROUTE, NOW_MS, 1)
    killed(store)
    assert replay_all(opened(tmp_path)) == [1, 2]


def test_what_was_given_up_is_counted_once_whatever_is_killed(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1, whose="water"), stored(2, whose="waste"), stored(3, whose="waste")])
    store.given_up([1, 2], Reason.REFUSED, NOW_MS)
    expected = {("water", "refused"): 1, ("waste", "refused"): 1}
    for _ in range(3):
        assert store.losses == expected
        killed(store)
        store = opened(tmp_path)
    assert replay_all(store) == [3]
    killed(store)
    assert opened(tmp_path).losses == expected


def test_what_is_never_kept_is_counted_too(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.lost("water", Reason.JOIN)
    assert store.needs_sync
    store.tend(NOW_MS)
    killed(store)
    assert opened(tmp_path).losses == {("water", "join"): 1}


def test_no_payload_stays_once_everything_is_delivered(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(key, device=key) for key in range(1, 50)])
    assert b"uplink 7" in segments(tmp_path)[0].read_bytes()
    assert len(replay_all(store)) == 49
    assert segments(tmp_path) == []
    store.close(NOW_MS)
    assert all(b"uplink" not in path.read_bytes() for path in tmp_path.iterdir())


def test_nothing_is_written_where_nothing_is_kept(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.next(ROUTE, NOW_MS, 10) == []
    store.delivered([1, 2, 3], NOW_MS)
    store.tend(NOW_MS)
    assert not store.needs_sync
    store.close(NOW_MS)
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    directory = tmp_path / "kept"
    store = opened(directory)
    keep(store, [stored(1)])
    store.lost("water", Reason.JOIN)
    store.tend(NOW_MS)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    assert len(list(directory.iterdir())) == 2


def test_each_route_has_its_own_backlog_of_a_device(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1), stored(2, route=OTHER_ROUTE)])
    assert sorted(store.routes()) == [ROUTE, OTHER_ROUTE]
    assert replay_all(store) == [1]
    assert not store.has_backlog(ROUTE, 1)
    assert store.has_backlog(OTHER_ROUTE, 1)
    killed(store)
    again = opened(tmp_path)
    assert not again.has_backlog(ROUTE, 1)
    assert again.has_backlog(OTHER_ROUTE, 1)


def test_a_key_is_kept_once(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1), stored(1)])
    assert store.count == 1
    store.next(ROUTE, NOW_MS, 1)
    assert store.append(stored(1), NOW_MS) is Kept.ON_DISK
    assert store.next(ROUTE, NOW_MS, 1) == []


def test_an_acknowledgement_that_comes_after_all_settles_what_waits_again(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1), stored(2)])
    store.next(ROUTE, NOW_MS, 1)
    store.failed([1])
    store.delivered([1], NOW_MS)
    assert replay_all(store) == [2]


def test_keys_go_on_above_all_that_were_used(tmp_path: Path) -> None:
    store = opened(tmp_path)
    first = store.first_key(NOW_MS)
    keep(store, [stored(first), stored(first + 5_000_000)])
    killed(store)
    again = opened(tmp_path)
    assert again.first_key(NOW_MS) == first + 5_000_001
    assert again.first_key(NOW_MS + 60_000) > first + 5_000_001


def test_a_segment_is_written_on_after_a_restart(tmp_path: Path) -> None:
    for start in range(5):
        store = opened(tmp_path)
        keep(store, [stored(start + 1)])
        killed(store)
    assert len(segments(tmp_path)) == 1
    assert replay_all(opened(tmp_path)) == [1, 2, 3, 4, 5]


def test_a_new_segment_is_begun_every_hour_so_that_payloads_do_not_stay_long(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1), stored(2)])
    keep(store, [stored(3)], now_ms=NOW_MS + 3_600_000)
    assert len(segments(tmp_path)) == 2


def test_a_sync_is_wanted_only_for_what_was_written_since_the_last(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert not store.needs_sync
    keep(store, [stored(1), stored(2)])
    assert store.needs_sync
    store.sync(NOW_MS)
    assert not store.needs_sync
    store.delivered([1], NOW_MS)
    assert store.needs_sync
    store.sync(NOW_MS)
    assert not store.needs_sync


def test_fates_are_written_anew_where_they_take_too_much_room(tmp_path: Path) -> None:
    store = opened(tmp_path)
    keep(store, [stored(1, device=1, whose="waste")])
    for key in range(2, 6000):
        keep(store, [stored(key, device=2)])
        store.delivered([key], NOW_MS)
    store.given_up([1], Reason.REFUSED, NOW_MS)
    keep(store, [stored(6000, device=3), stored(6001, device=4)])
    store.delivered([6000], NOW_MS)
    before = len(fates(tmp_path))
    store.tend(NOW_MS)
    assert len(fates(tmp_path)) < before // 100
    killed(store)
    again = opened(tmp_path)
    assert again.losses == {("waste", "refused"): 1}
    assert replay_all(again) == [6001]
