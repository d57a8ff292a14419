"""The links' file from the daemon: the latest is kept, and nobody waits for a disk that hangs."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from structlog.testing import capture_logs

from gateway.link import keeping
from gateway.link.incident_book import Book
from gateway.link.keeping import LinkKeeper
from gateway.link.link_file import Kept, load, save
from gateway.link.looking import Standing
from gateway.link.signals import Maintenance
from tests.gateway.broker.scene import until


def kept(reason: str, now_ms: int = 1) -> Kept:
    return Kept(Standing(Book("a1b2", now_ms=now_ms)), maintenance=Maintenance(reason))


class Disk:
    """Holds each writing up until the test lets it through, and counts them."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.begun: list[Kept] = []

    def save(self, path: Path, content: Kept) -> None:
        self.begun.append(content)
        assert self.free.wait(30)
        save(path, content)


def test_what_is_to_be_kept_is_on_the_disk_when_one_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "links.json"
        keeper = LinkKeeper(path)
        for reason in ("antenna", "mast"):
            await keeper.keep(kept(reason))
            assert load(path) == kept(reason)

    asyncio.run(story())


def test_while_only_the_time_has_moved_nothing_is_written(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "links.json"
        keeper = LinkKeeper(path)
        await keeper.keep(kept("antenna", 1))
        await keeper.keep(kept("antenna", 2))
        assert load(path) == kept("antenna", 1)
        keeper.keep_now(kept("antenna", 3))
        assert load(path) == kept("antenna", 3)

    asyncio.run(story())


def test_a_disk_that_hangs_is_not_waited_for_and_gets_the_latest_when_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, path = Disk(), tmp_path / "links.json"
    monkeypatch.setattr(keeping, "save", disk.save)
    monkeypatch.setattr(keeping, "PATIENCE_S", 0.01)

    async def story() -> None:
        keeper = LinkKeeper(path)
        for number in range(5):
            await keeper.keep(kept(f"work {number}"))
        assert [content.maintenance for content in disk.begun] == [Maintenance("work 0")]
        assert not path.exists()
        disk.free.set()
        await until(lambda: load(path) == kept("work 4"))
        assert len(disk.begun) == 2

    asyncio.run(story())


def test_what_comes_back_while_the_disk_is_slow_is_what_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, path = Disk(), tmp_path / "links.json"
    monkeypatch.setattr(keeping, "PATIENCE_S", 0.01)

    async def story() -> None:
        keeper = LinkKeeper(path)
        await keeper.keep(kept("antenna"))
        with patch.object(keeping, "save", disk.save):
            await keeper.keep(kept("mast"))
            await keeper.keep(kept("antenna"))
            disk.free.set()
            await until(lambda: len(disk.begun) == 2)
        await until(lambda: load(path) == kept("antenna"))

    asyncio.run(story())


def test_what_waited_for_a_slow_disk_does_not_undo_what_was_kept_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, path = Disk(), tmp_path / "links.json"
    monkeypatch.setattr(keeping, "save", disk.save)
    monkeypatch.setattr(keeping, "PATIENCE_S", 0.01)

    async def story() -> None:
        keeper = LinkKeeper(path)
        await keeper.keep(kept("mast"))
        await keeper.keep(kept("mains"))
        threading.Timer(0.05, disk.free.set).start()
        keeper.keep_now(kept("antenna"))
        # Whatever still goes on in the background comes to its end.
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    asyncio.run(story())
    assert load(path) == kept("antenna")
    assert kept("mains") not in disk.begun


def test_a_thread_that_comes_late_does_not_undo_what_was_kept_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, free = tmp_path / "links.json", threading.Event()
    monkeypatch.setattr(keeping, "PATIENCE_S", 0.01)

    async def story() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        busy = loop.run_in_executor(None, free.wait)
        keeper = LinkKeeper(path)
        await keeper.keep(kept("mast"))
        keeper.keep_now(kept("antenna"))
        free.set()
        await busy

    asyncio.run(story())
    assert load(path) == kept("antenna")


def test_a_disk_that_fails_is_told_once_and_tried_again(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "links.json"
        (path / "in_the_way").mkdir(parents=True)
        keeper = LinkKeeper(path)
        await keeper.keep(kept("antenna"))
        assert keeper.error is not None
        await keeper.keep(kept("antenna"))
        (path / "in_the_way").rmdir()
        path.rmdir()
        await keeper.keep(kept("antenna"))
        assert keeper.error is None
        assert load(path) == kept("antenna")

    with capture_logs() as logs:
        asyncio.run(story())
    assert [log["log_level"] for log in logs] == ["error", "info"]


def test_a_writing_that_failed_is_made_up_for_though_the_former_content_is_back(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "links.json"
        keeper = LinkKeeper(path)
        await keeper.keep(kept("antenna"))
        with patch.object(keeping, "save", side_effect=OSError(28, "No space left on device")):
            await keeper.keep(kept("mast"))
        assert keeper.error == "No space left on device"
        await keeper.keep(kept("antenna"))
        assert keeper.error is None

    asyncio.run(story())
    assert msgspec.json.decode((tmp_path / "links.json").read_bytes())["maintenance"] == {
        "reason": "antenna",
        "begins_unix_s": None,
        "ends_unix_s": None,
    }
