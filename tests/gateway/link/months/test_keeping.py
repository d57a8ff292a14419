"""The months of all depositors, in memory and on disk."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.link.months import keeping
from gateway.link.months.month_files import MonthFiles
from gateway.link.months.tally import DayTally
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict
from tests.gateway.link.judged import CITY, EUI_TEXT, METROPOLE, refused, verdict
from tests.gateway.link.months.rig import MARCH_7, PATIENCE_S, Gateway, Saved, ended, full, running, unreadable
from tests.packets import PLAIN


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path / "months")


def test_each_depositor_has_a_file_of_its_own(gateway: Gateway) -> None:
    gateway.hear(verdict(), refused(Outcome.RATE), verdict(depositor=METROPOLE), Verdict(Outcome.BAD_CRC, False))
    gateway.keeper.save()
    assert gateway.files() == ["2026-03.city.json", "2026-03.metropole.json"]
    assert gateway.kept().days == {"07": DayTally(heard=2, forwarded=1, refused={Outcome.RATE: 1})}
    device = gateway.kept().devices[f"E{EUI_TEXT}"]
    assert (device.heard, device.airtime_us, device.first_unix_s) == (2, 2 * 41_216, MARCH_7 // 1000)
    assert gateway.kept(METROPOLE).days["07"].heard == 1


def test_a_batch_and_its_verdicts_go_together(gateway: Gateway) -> None:
    with pytest.raises(ValueError, match="zip"):
        gateway.keeper.take([PLAIN], [], gateway.now)


def test_what_was_lost_is_kept_too(gateway: Gateway) -> None:
    gateway.keeper.lose(CITY, 3, gateway.now)
    gateway.keeper.save()
    assert gateway.kept().days == {"07": DayTally(lost=3)}


def test_a_restart_goes_on_with_the_month(gateway: Gateway) -> None:
    for _ in range(3):
        gateway.hear(verdict())
        gateway.restart()
        gateway.wait(1)
    assert {day: counts.heard for day, counts in gateway.kept().days.items()} == {"07": 1, "08": 1, "09": 1}
    assert gateway.kept().devices[f"E{EUI_TEXT}"].heard == 3


def test_a_kill_loses_what_came_since_the_last_saving_and_no_more(gateway: Gateway) -> None:
    gateway.hear(verdict())
    gateway.keeper.save()
    gateway.hear(verdict())
    gateway.kill()
    gateway.hear(verdict(), verdict())
    gateway.keeper.save()
    assert gateway.heard() == 3


def test_only_what_changed_is_written(gateway: Gateway) -> None:
    gateway.hear(verdict(), verdict(depositor=METROPOLE))
    gateway.keeper.save()
    before = {path.name: path.stat().st_ino for path in gateway.directory.iterdir()}
    gateway.keeper.save()
    gateway.hear(verdict())
    gateway.keeper.save()
    gateway.restart()
    gateway.run()
    after = {path.name: path.stat().st_ino for path in gateway.directory.iterdir()}
    assert after["2026-03.metropole.json"] == before["2026-03.metropole.json"]
    assert after["2026-03.city.json"] != before["2026-03.city.json"]


def test_another_month_is_another_file_and_a_clock_that_comes_back_goes_on_with_the_first(gateway: Gateway) -> None:
    gateway.hear(verdict())
    gateway.jump(31)
    gateway.hear(verdict())
    gateway.keeper.save()
    gateway.keeper.save()
    gateway.jump(-31)
    gateway.hear(verdict())
    gateway.keeper.save()
    assert gateway.files() == ["2026-03.city.json", "2026-04.city.json"]
    assert (gateway.heard(), gateway.heard("2026-04")) == (2, 1)


def test_a_damaged_month_is_set_aside_and_a_new_one_begun(gateway: Gateway) -> None:
    gateway.hear(verdict())
    gateway.restart()
    (gateway.directory / "2026-03.city.json").write_bytes(b"{")
    gateway.hear(verdict())
    with capture_logs() as said:
        gateway.keeper.save()
    assert [line["log_level"] for line in said] == ["error"]
    assert gateway.files() == ["2026-03.city.json", "2026-03.city.json.damaged"]
    assert gateway.heard() == 1


def test_a_month_that_cannot_be_read_is_not_written_over(gateway: Gateway) -> None:
    gateway.hear(verdict())
    gateway.restart()
    gateway.hear(verdict())
    with pytest.MonkeyPatch.context() as patch, capture_logs() as said:
        patch.setattr(MonthFiles, "read", unreadable)
        gateway.keeper.save()
        gateway.jump(31)
        gateway.hear(verdict(depositor=METROPOLE))
        gateway.keeper.save()
    assert [line["log_level"] for line in said] == ["error"], "once"
    assert gateway.heard() == 1
    gateway.keeper.save()
    assert gateway.heard() == 2


def test_a_disk_that_fails_is_said_once_and_nothing_is_lost_by_it(gateway: Gateway) -> None:
    gateway.hear(verdict())
    gateway.keeper.save()
    for failure in (1, 2):
        with pytest.MonkeyPatch.context() as patch, capture_logs() as said:
            patch.setattr(MonthFiles, "write", full)
            for _ in range(2):
                gateway.hear(verdict())
                gateway.keeper.save()
        assert [line["log_level"] for line in said] == ["error"]
        assert gateway.heard() == 2 * failure - 1, "the old file stays"
        with capture_logs() as said:
            gateway.keeper.save()
        assert [line["log_level"] for line in said] == ["info"]
        assert gateway.heard() == 2 * failure + 1


def test_a_past_month_is_held_until_the_disk_has_it_and_no_longer(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.hear(verdict())
    gateway.jump(31)
    gateway.hear(verdict())
    with pytest.MonkeyPatch.context() as patch, capture_logs():
        patch.setattr(MonthFiles, "write", full)
        gateway.keeper.save()
    gateway.keeper.save()
    assert (gateway.heard(), gateway.heard("2026-04")) == (1, 1)
    monkeypatch.setattr(MonthFiles, "read", lambda _files, _key: None)
    assert asyncio.run(gateway.keeper.tally_of(CITY, "2026-03")) is None
    assert asyncio.run(gateway.keeper.tally_of(CITY, "2026-04")) is not None


def test_the_daemon_reads_what_was_kept_when_it_starts_and_saves_when_it_ends(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.hear(verdict())
    gateway.restart()

    async def scene(_saved: Saved) -> None:
        monkeypatch.setattr(MonthFiles, "read", lambda _files, _key: None)
        tally = await gateway.keeper.tally_of(CITY, "2026-03")
        assert tally is not None
        assert tally.days["07"].heard == 1
        gateway.hear(verdict())

    asyncio.run(running(gateway, scene))
    monkeypatch.undo()
    assert gateway.heard() == 2


def test_it_saves_now_and_again(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SAVE_S", 0.0)

    async def scene(saved: Saved) -> None:
        for heard in range(1, 4):
            gateway.hear(verdict())
            # The one that is under way may have begun before.
            await saved()
            await saved()
            assert gateway.heard() == heard

    asyncio.run(running(gateway, scene))


@pytest.mark.parametrize("more", [0, 1])
def test_a_thread_that_comes_late_does_not_put_the_old_in_place_of_the_new(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    late: list[Callable[[], None]] = []
    written: list[bytes] = []
    write = MonthFiles.write

    def noted(files: MonthFiles, key: tuple[str, str], content: bytes) -> None:
        written.append(content)
        write(files, key, content)

    async def scene() -> None:
        is_late = asyncio.Event()

        async def to_thread(step: Callable[[], None]) -> None:
            late.append(step)
            if len(late) < 3:
                step()
            else:
                is_late.set()
                await asyncio.Event().wait()

        monkeypatch.setattr(asyncio, "to_thread", to_thread)
        task = asyncio.create_task(gateway.keeper.run())
        async with asyncio.timeout(PATIENCE_S):
            await is_late.wait()
        assert written == []
        gateway.hear(*[verdict()] * more)
        await ended(task)

    monkeypatch.setattr(MonthFiles, "write", noted)
    gateway.hear(verdict())
    asyncio.run(scene())
    assert gateway.heard() == 1 + more, "the daemon's end saves what was not yet"
    late[-1]()
    assert gateway.heard() == 1 + more
    assert len(written) == 1


def test_any_month_can_be_asked_for(gateway: Gateway) -> None:
    gateway.hear(verdict())
    gateway.restart()
    gateway.hear(verdict())
    gateway.jump(31)
    gateway.hear(verdict())

    async def heard(month: str) -> int | None:
        tally = await gateway.keeper.tally_of(CITY, month)
        return None if tally is None else sum(day.heard for day in tally.days.values())

    async def scene() -> None:
        assert await heard("2026-03") == 2, "what is in memory, and what the file says"
        assert await heard("2026-04") == 1
        assert await heard("2026-05") is None
        gateway.keeper.save()
        assert await heard("2026-03") == 2
        assert await heard("2026-03") == 2

    asyncio.run(scene())


def test_two_questions_at_once_read_a_month_once(gateway: Gateway) -> None:
    gateway.hear(verdict())
    gateway.restart()
    gateway.hear(verdict())

    async def scene() -> None:
        await asyncio.gather(*[gateway.keeper.tally_of(CITY, "2026-03") for _ in range(3)])

    asyncio.run(scene())
    gateway.keeper.save()
    assert gateway.heard() == 2


@given(st.lists(st.sampled_from(["hear", "hear", "sure", "month ahead", "month back", "save", "restart", "run"])))
def test_whatever_the_clock_does_each_packet_is_counted_once(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        gateway, heard = Gateway(Path(directory)), 0
        for step in steps:
            match step:
                case "hear":
                    gateway.hear(verdict())
                    heard += 1
                case "sure":
                    gateway.sure = not gateway.sure
                case "month ahead" | "month back":
                    gateway.jump(31 if step.endswith("ahead") else -31)
                case "save":
                    gateway.keeper.save()
                case "restart":
                    gateway.restart()
                case _:
                    gateway.run()
        gateway.keeper.save()
        tallies = [gateway.kept(month=name.split(".")[0]) for name in gateway.files()]
        assert sum(day.heard for tally in tallies for day in tally.days.values()) == heard
        assert sum(device.heard for tally in tallies for device in tally.devices.values()) == heard
