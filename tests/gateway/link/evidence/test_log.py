"""The log in the daemon: entries are taken at once, and are on the disk soon."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import repeat
from pathlib import Path

import msgspec
import pytest

from gateway.link.evidence import log as log_module
from gateway.link.evidence.chain import HOST, Kind, read_entry, read_head
from gateway.link.evidence.log import MOST_A_BATCH, MOST_WAITING, EvidenceLog
from gateway.link.evidence.segment_files import SegmentFiles
from gateway.link.evidence.store import EvidenceStore
from gateway.link.evidence.verification import verify
from tests.gateway.link.evidence.scene import KEY, PUBLIC, at, contents

PATIENCE_S = 30


class Body(msgspec.Struct):
    """What the daemon has as a type already."""

    event: str
    count: int


@asynccontextmanager
async def running(log: EvidenceLog) -> AsyncIterator[None]:
    task = asyncio.create_task(log.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that a thread does."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in repeat(None):
            if holds():
                return
            await asyncio.sleep(0.005)


async def until_head(log: EvidenceLog, number: int) -> None:
    """Wait until a head covers that many entries."""
    await until(lambda: log.head is not None and int(log.head.split()[0]) >= number)


def entries(directory: Path) -> list[tuple[str, str, object]]:
    lines = b"".join(contents(directory)).splitlines(keepends=True)
    found = [entry for line in lines if (entry := read_entry(line)) is not None]
    return [(entry.draft.kind, entry.draft.whose, msgspec.json.decode(entry.draft.body)) for entry in found]


@pytest.fixture
def never_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can wait waits for ever."""
    monkeypatch.setattr("gateway.link.evidence.pace.BATCH_S", 1e6)


@pytest.fixture
def at_every_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.link.evidence.pace.BATCH_S", 0.0)
    monkeypatch.setattr(log_module, "RETRY_S", 0.0)


def test_entries_of_all_sorts_are_kept(tmp_path: Path) -> None:
    log = EvidenceLog(tmp_path, KEY)
    log.append(Kind.GATEWAY, None, {"event": "started"}, at(0))
    log.append(Kind.REFUSALS, "city", Body("counted", 3), at(1))
    log.append(Kind.NOTICE, HOST, {"event": "accepted"}, at(2))
    log.close()
    assert entries(tmp_path) == [
        ("gateway", "*", {"event": "started"}),
        ("refusals", "city", {"event": "counted", "count": 3}),
        ("notice", "-", {"event": "accepted"}),
    ]
    assert verify(contents(tmp_path)[0], PUBLIC).last == 3


def test_a_body_is_as_it_was_when_it_was_added(tmp_path: Path) -> None:
    log, body = EvidenceLog(tmp_path, KEY), {"state": "up"}
    log.append(Kind.LINK, "city", body, at(0))
    body["state"] = "down"
    log.close()
    assert entries(tmp_path) == [("link", "city", {"state": "up"})]


@pytest.mark.usefixtures("never_in_a_hurry")
def test_what_is_urgent_is_written_at_once_with_all_before_it(tmp_path: Path) -> None:
    async def story() -> None:
        log = EvidenceLog(tmp_path, KEY)
        async with running(log):
            log.append(Kind.LINK, "city", {"state": "down"}, at(0))
            log.append(Kind.INCIDENT, "city", {"event": "opened"}, at(0), at_once=True)
            await until_head(log, 2)
            assert len(entries(tmp_path)) == 2

    asyncio.run(story())


def test_whoever_waits_is_told_once_the_disk_has_all_that_was_added(tmp_path: Path) -> None:
    async def story() -> None:
        log = EvidenceLog(tmp_path, KEY)
        assert log.is_written
        async with running(log):
            log.append(Kind.INCIDENT, "city", {"event": "opened"}, at(0), at_once=True)
            assert not log.is_written
            assert await log.written(PATIENCE_S)
            assert len(entries(tmp_path)) == 1
            assert log.is_written

    asyncio.run(story())


@pytest.mark.usefixtures("never_in_a_hurry")
def test_what_can_wait_waits_and_a_stop_writes_it(tmp_path: Path) -> None:
    async def story() -> None:
        log = EvidenceLog(tmp_path, KEY)
        async with running(log):
            log.append(Kind.GATEWAY, None, {"event": "started"}, at(0), at_once=True)
            await until_head(log, 1)
            log.append(Kind.LINK, "city", {"state": "down"}, at(0))
            for _ in range(100):
                await asyncio.sleep(0)
            assert len(entries(tmp_path)) == 1
        assert len(entries(tmp_path)) == 2

    asyncio.run(story())


@pytest.mark.usefixtures("never_in_a_hurry")
def test_what_comes_while_the_disk_writes_waits_for_the_next_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a storm would have a batch for each entry, and wear the flash."""
    write = SegmentFiles.write

    def add_and_write(files: SegmentFiles, first: int, begin: int, content: bytes) -> None:
        log.append(Kind.LINK, "city", {"state": "down"}, at(0))
        write(files, first, begin, content)

    monkeypatch.setattr(SegmentFiles, "write", add_and_write)
    log = EvidenceLog(tmp_path, KEY)
    log.append(Kind.LINK, "city", {"state": "up"}, at(0))
    log.close()
    assert len(entries(tmp_path)) == 1


@pytest.mark.usefixtures("at_every_entry")
def test_what_can_wait_does_not_wait_for_ever(tmp_path: Path) -> None:
    async def story() -> None:
        log = EvidenceLog(tmp_path, KEY)
        async with running(log):
            for number in range(1, 4):
                log.append(Kind.LINK, "city", {"n": number}, at(0))
                await until_head(log, number)

    asyncio.run(story())


def test_what_is_urgent_is_paid_from_the_same_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BATCH_S", 0.0), ("BURST", 1), ("EVERY_S", 1e6)):
        monkeypatch.setattr(f"gateway.link.evidence.pace.{name}", value)

    async def story() -> None:
        log = EvidenceLog(tmp_path, KEY)
        async with running(log):
            log.append(Kind.INCIDENT, "city", {"event": "opened"}, at(0), at_once=True)
            await until_head(log, 1)
            log.append(Kind.LINK, "city", {"state": "down"}, at(0))
            for _ in range(20):
                await asyncio.sleep(0.005)
            assert len(entries(tmp_path)) == 1
        assert len(entries(tmp_path)) == 2

    asyncio.run(story())


@pytest.mark.usefixtures("at_every_entry")
def test_a_log_without_entries_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, get_ready = [], EvidenceStore.get_ready

    def note(store: EvidenceStore) -> None:
        looks.append(store.head)
        get_ready(store)

    async def story() -> None:
        log = EvidenceLog(tmp_path, KEY)
        async with running(log):
            log.append(Kind.LINK, "city", {"state": "down"}, at(0))
            await until_head(log, 1)
            for _ in range(20):
                await asyncio.sleep(0.005)
            assert len(looks) <= 3

    monkeypatch.setattr(EvidenceStore, "get_ready", note)
    asyncio.run(story())


@pytest.mark.usefixtures("never_in_a_hurry")
def test_a_new_start_has_the_last_head_without_any_new_entry(tmp_path: Path) -> None:
    async def story() -> None:
        before = EvidenceLog(tmp_path, KEY)
        before.append(Kind.GATEWAY, None, {"event": "stopped"}, at(0))
        before.close()
        log = EvidenceLog(tmp_path, KEY)
        assert log.head is None
        async with running(log):
            await until_head(log, 1)
        assert log.head == before.head

    asyncio.run(story())


def test_the_head_is_what_verifies(tmp_path: Path) -> None:
    log = EvidenceLog(tmp_path, KEY)
    log.append(Kind.LINK, "city", {}, at(0))
    assert log.head is None
    log.close()
    assert log.head is not None
    head = read_head(log.head.encode())
    assert head is not None
    assert head.is_by(PUBLIC)


@pytest.mark.usefixtures("never_in_a_hurry")
def test_the_event_loop_goes_on_while_the_disk_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        hangs, goes_on = threading.Event(), threading.Event()
        write = SegmentFiles.write

        def hang(files: SegmentFiles, first: int, begin: int, content: bytes) -> None:
            hangs.set()
            assert goes_on.wait(PATIENCE_S)
            write(files, first, begin, content)

        monkeypatch.setattr(SegmentFiles, "write", hang)
        log = EvidenceLog(tmp_path, KEY)
        async with running(log):
            log.append(Kind.INCIDENT, "city", {"event": "opened"}, at(0), at_once=True)
            await until(hangs.is_set)
            log.append(Kind.INCIDENT, "city", {"event": "closed"}, at(1), at_once=True)
            assert log.head is None
            goes_on.set()
            await until_head(log, 2)

    asyncio.run(story())


@pytest.mark.usefixtures("at_every_entry")
def test_a_disk_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    async def story() -> None:
        (tmp_path / "log").write_bytes(b"no directory")
        log = EvidenceLog(tmp_path / "log", KEY)
        log.append(Kind.LINK, "city", {"state": "down"}, at(0))
        async with running(log):
            await until(lambda: log.error is not None)
            assert "Not a directory" in str(log.error)
            # Nobody waits for a disk for ever.
            assert not await log.written(0)
            (tmp_path / "log").unlink()
            await until_head(log, 1)
            assert await log.written(PATIENCE_S)
            assert log.error is None
        assert entries(tmp_path / "log") == [("link", "city", {"state": "down"})]

    asyncio.run(story())


def test_what_there_is_no_room_for_is_counted_and_the_log_says_how_much(tmp_path: Path) -> None:
    log = EvidenceLog(tmp_path, KEY, segment_bytes=1 << 24)
    for number in range(MOST_WAITING + 7):
        log.append(Kind.LINK, "city", {"n": number}, at(0))
    assert log.lost == 7
    log.close()
    kept = entries(tmp_path)
    assert [each for each in kept if each[0] == "log"] == [("log", "*", {"event": "lost", "entries": 7})]
    assert [body for kind, _, body in kept if kind == "link"] == [{"n": number} for number in range(MOST_WAITING)]
    log.append(Kind.LINK, "city", {}, at(1))
    log.close()
    assert len(entries(tmp_path)) == MOST_WAITING + 2
    heads = [line for line in b"".join(contents(tmp_path)).splitlines() if line.startswith(b"head ")]
    assert len(heads) == MOST_WAITING // MOST_A_BATCH + 1
