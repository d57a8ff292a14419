"""What is counted while no clock is sure."""

import asyncio
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.link.months.month_files import MonthFiles
from gateway.link.months.tally import DayTally
from gateway.link.months.tallying import UNDATED
from tests.gateway.link.judged import verdict
from tests.gateway.link.months.rig import PATIENCE_S, Gateway, full, nothing, running, unreadable


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path / "months")


def test_while_the_clock_is_not_sure_packets_are_counted_apart(gateway: Gateway) -> None:
    gateway.sure = False
    gateway.hear(verdict())
    gateway.keeper.save()
    assert gateway.files() == ["undated.city.json"]
    assert gateway.kept(month=UNDATED).days == {"": DayTally(heard=1, forwarded=1)}


def test_they_belong_to_the_month_in_which_the_clock_becomes_sure(gateway: Gateway) -> None:
    gateway.sure = False
    gateway.hear(verdict())
    gateway.keeper.save()
    gateway.hear(verdict())
    gateway.sure = True
    gateway.wait(30)
    gateway.hear(verdict())
    gateway.keeper.save()
    assert gateway.files() == ["2026-04.city.json"]
    assert gateway.kept(month="2026-04").days == {"06": DayTally(heard=3, forwarded=3)}


def test_they_are_dated_at_once_where_no_former_run_left_any(gateway: Gateway) -> None:
    gateway.run()
    gateway.sure = False
    gateway.hear(verdict())
    gateway.sure = True
    gateway.hear(verdict())
    gateway.wait(30)
    gateway.hear(verdict())
    gateway.keeper.save()
    assert gateway.files() == ["2026-03.city.json", "2026-04.city.json"]
    assert gateway.heard() == 2


def test_they_outlive_a_restart(gateway: Gateway) -> None:
    gateway.sure = False
    gateway.hear(verdict())
    gateway.restart()
    gateway.hear(verdict())
    gateway.sure = True
    gateway.hear(verdict())
    gateway.run()
    assert gateway.heard() == 1, "they are read by the first saving, and are dated by the next packet"
    gateway.hear(verdict())
    gateway.keeper.save()
    assert gateway.files() == ["2026-03.city.json"]
    assert gateway.heard() == 4


def test_a_clock_that_is_lost_again_counts_nothing_twice(gateway: Gateway) -> None:
    for sure in (False, True, False, True):
        gateway.sure = sure
        gateway.hear(verdict())
        gateway.keeper.save()
    for sure in (True, False, True, False):
        gateway.sure = sure
        gateway.hear(verdict())
    gateway.keeper.save()
    assert gateway.heard() + gateway.heard(UNDATED) == 8
    gateway.kill()
    gateway.run()
    gateway.sure = True
    gateway.hear(verdict())
    gateway.keeper.save()
    assert gateway.files() == ["2026-03.city.json"]
    assert gateway.heard() == 9


def test_a_directory_that_cannot_be_listed_is_tried_again(gateway: Gateway) -> None:
    gateway.sure = False
    gateway.hear(verdict())
    gateway.restart()
    with pytest.MonkeyPatch.context() as patch, capture_logs():
        patch.setattr(MonthFiles, "latest", unreadable)
        gateway.keeper.save()
    gateway.hear(verdict())
    gateway.sure = True
    gateway.hear(verdict())
    for _ in range(2):
        gateway.keeper.save()
        gateway.hear(verdict())
    gateway.keeper.save()
    assert gateway.files() == ["2026-03.city.json"]
    assert gateway.heard() == 5


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_was_undated_stays_on_the_disk_until_its_month_is_written(gateway: Gateway, is_killed: bool) -> None:
    write = MonthFiles.write

    def only_undated(files: MonthFiles, key: tuple[str, str], content: bytes) -> None:
        if key[1] == UNDATED:
            write(files, key, content)
        else:
            full(files, key, content)

    gateway.run()
    for sure in (False, True, False):
        gateway.sure = sure
        gateway.hear(verdict())
        with pytest.MonkeyPatch.context() as patch, capture_logs():
            patch.setattr(MonthFiles, "write", only_undated)
            gateway.keeper.save()
    if is_killed:
        assert gateway.files() == ["undated.city.json"]
        assert gateway.heard(UNDATED) == 1
    else:
        gateway.keeper.save()
        assert (gateway.heard(), gateway.heard(UNDATED)) == (2, 1)


def test_what_was_undated_is_counted_once_though_its_file_cannot_be_removed_at_first(gateway: Gateway) -> None:
    gateway.sure = False
    gateway.hear(verdict())
    gateway.keeper.save()
    gateway.sure = True
    gateway.hear(verdict())
    with pytest.MonkeyPatch.context() as patch, capture_logs():
        patch.setattr(MonthFiles, "remove", unreadable)
        gateway.keeper.save()
    gateway.keeper.save()
    assert gateway.files() == ["2026-03.city.json"]
    assert gateway.heard() == 2


def test_what_gets_its_date_while_the_daemon_saves_is_not_kept_twice(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = MonthFiles.write

    async def scene() -> None:
        loop, has_date = asyncio.get_running_loop(), threading.Event()

        def dated() -> None:
            gateway.sure = True
            gateway.hear(verdict())
            has_date.set()

        def in_between(files: MonthFiles, key: tuple[str, str], content: bytes) -> None:
            if not has_date.is_set():
                loop.call_soon_threadsafe(dated)
                assert has_date.wait(PATIENCE_S)
            write(files, key, content)

        monkeypatch.setattr(MonthFiles, "write", in_between)
        await running(gateway, lambda _saved: nothing())

    gateway.run()
    gateway.hear(verdict())
    gateway.sure = False
    gateway.hear(verdict())
    asyncio.run(scene())
    assert gateway.files() == ["2026-03.city.json"]
    assert gateway.heard() == 3
