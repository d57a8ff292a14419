"""The outbox: what is on disk, what a damaged disk leaves, and a disk that is slow or full."""

import asyncio
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from gateway.notices.notice import Kind, Lane
from gateway.notices.outbox import Outbox
from gateway.notices.outbox_file import (
    FILE,
    MOST_REMEMBERED,
    Change,
    LaneState,
    OutboxError,
    OutboxFile,
    Put,
    Settle,
    Stored,
)
from tests.gateway.notices.scene import notice

DESK = Lane("metropole", "Desk: N", "e-mail")
HOOK = Lane("metropole", "Desk: N", "webhook")


def stored(directory: Path, *changes: Change) -> Stored:
    """What a fresh process finds after these changes."""
    file = OutboxFile(directory)
    file.load()
    if changes:
        file.apply(changes)
    file.close()
    again = OutboxFile(directory)
    found = again.load()
    again.close()
    return found


def test_a_new_outbox_is_empty(tmp_path: Path) -> None:
    assert stored(tmp_path / "new") == Stored({}, {}, {})


def test_notices_wait_on_each_lane_in_order_with_all_that_they_say(tmp_path: Path) -> None:
    first, second = notice(1), notice(2, Kind.CLOSED)
    found = stored(tmp_path, Put(second, (DESK,)), Put(first, (DESK, HOOK)))
    assert found.waiting == {DESK: [first, second], HOOK: [first]}
    assert found.known == {first.id: 1, second.id: 2}


def test_what_was_accepted_waits_no_more_and_is_still_known(tmp_path: Path) -> None:
    state = LaneState(1.5, 1_795_604_400_000, 3)
    found = stored(tmp_path, Put(notice(1), (DESK, HOOK)), Settle(DESK, (1,), state))
    assert found.waiting == {HOOK: [notice(1)]}
    assert found.lanes == {DESK: state}
    assert found.known == {notice(1).id: 1}


def test_a_lane_that_has_ended_is_forgotten(tmp_path: Path) -> None:
    settled = Settle(DESK, (1,), LaneState(1, 0, 0)), Settle(DESK, (), None)
    assert stored(tmp_path, Put(notice(1), (DESK,)), *settled).lanes == {}


def test_the_same_notice_twice_is_one(tmp_path: Path) -> None:
    assert stored(tmp_path, Put(notice(1), (DESK,)), Put(notice(1), (DESK,))).waiting == {DESK: [notice(1)]}


def test_notices_that_wait_nowhere_are_forgotten_after_many_more(tmp_path: Path) -> None:
    many = MOST_REMEMBERED + 20
    puts = [Put(notice(number, identity=f"{number}-x"), (DESK,) if number == 5 else ()) for number in range(1, many)]
    found = stored(tmp_path, *puts)
    assert len(found.known) == MOST_REMEMBERED + 1
    assert found.waiting[DESK][0].number == 5


def test_only_the_service_reads_it(tmp_path: Path) -> None:
    stored(tmp_path / "new", Put(notice(1), (DESK,)))
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"x" * 5_000, b"SQLite format 3\0" + b"\xff" * 8_000])
def test_a_file_that_cannot_be_read_is_set_aside_and_a_new_one_begun(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    file = OutboxFile(tmp_path)
    found = file.load()
    assert found.problem
    assert (tmp_path / f"{FILE}.unreadable").read_bytes() == content
    file.apply([Put(notice(1), (DESK,))])
    file.close()
    assert stored(tmp_path).waiting == {DESK: [notice(1)]}


@pytest.mark.parametrize("damage", ["PRAGMA user_version = 99", "UPDATE notice SET content = '{}'"])
def test_content_of_another_version_is_set_aside_too(tmp_path: Path, damage: str) -> None:
    stored(tmp_path, Put(notice(1), (DESK,)))
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as database:
        database.execute(damage)
    database.close()
    assert stored(tmp_path).waiting == {}
    assert (tmp_path / f"{FILE}.unreadable").exists()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError):
        OutboxFile(tmp_path / "file").load()


def test_all_changes_of_a_batch_are_made_or_none(tmp_path: Path) -> None:
    stored(tmp_path, Put(notice(1), (DESK,)))
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as database:
        database.execute("CREATE TRIGGER stop BEFORE DELETE ON waiting BEGIN SELECT RAISE(ABORT, 'full'); END")
    database.close()
    file = OutboxFile(tmp_path)
    file.load()
    with pytest.raises(OutboxError, match="full"):
        file.apply([Put(notice(2), (DESK,)), Settle(DESK, (1,), LaneState(1, 0, 0))])
    file.close()
    assert stored(tmp_path).waiting == {DESK: [notice(1)]}


class Disk:
    """A disk that a test can stop and fill."""

    def __init__(self) -> None:
        self.batches: list[list[Change]] = []
        self.error: str | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.closed = False

    def apply(self, changes: list[Change]) -> None:
        """As it is told."""
        assert self.goes_on.wait(30)
        if self.error is not None:
            raise OutboxError(self.error)
        self.batches.append(changes)

    def close(self) -> None:
        """Say so."""
        self.closed = True


def put(number: int) -> Put:
    return Put(notice(number, identity=f"{number}-x"), (DESK,))


async def written(outbox: Outbox, *changes: Change) -> list[bool]:
    """What each of them is told first."""
    loop = asyncio.get_running_loop()
    told = [loop.create_future() for _ in changes]
    for change, future in zip(changes, told, strict=True):
        outbox.write(change, lambda done, future=future: None if future.done() else future.set_result(done))  # type: ignore[misc]
    async with asyncio.timeout(30):
        return list(await asyncio.gather(*told))


def test_changes_are_written_in_order_and_told() -> None:
    async def story() -> None:
        disk = Disk()
        outbox = Outbox(disk)
        assert await written(outbox, put(1), put(2)) == [True, True]
        outbox.close()
        assert [change for batch in disk.batches for change in batch] == [put(1), put(2)]
        assert disk.closed

    asyncio.run(story())


def test_what_comes_while_the_disk_is_busy_goes_in_one_batch() -> None:
    async def story() -> None:
        disk = Disk()
        disk.goes_on.clear()
        outbox = Outbox(disk)
        waiting = asyncio.create_task(written(outbox, *map(put, range(1, 50))))
        await asyncio.sleep(0)
        disk.goes_on.set()
        assert await waiting == [True] * 49
        outbox.close()
        assert len(disk.batches) <= 2

    asyncio.run(story())


def test_a_full_disk_is_told_and_tried_again_in_the_same_order() -> None:
    async def story() -> None:
        disk = Disk()
        disk.error = "database or disk is full"
        outbox = Outbox(disk, retry_s=0.01)
        assert await written(outbox, put(1)) == [False]
        assert outbox.error == "database or disk is full"
        disk.error = None
        assert await written(outbox, put(2)) == [True]
        assert outbox.error is None
        outbox.close()
        assert [change for batch in disk.batches for change in batch] == [put(1), put(2)]

    asyncio.run(story())


def test_what_waits_is_written_before_the_end() -> None:
    async def story() -> None:
        disk = Disk()
        disk.goes_on.clear()
        outbox = Outbox(disk)
        for number in range(1, 4):
            outbox.write(put(number), lambda _done: None)
        disk.goes_on.set()
        outbox.close()
        assert [change for batch in disk.batches for change in batch] == [put(1), put(2), put(3)]

    asyncio.run(story())
