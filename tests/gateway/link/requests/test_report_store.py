"""Reports on disk: kept when it says so, whole or not at all, and not without end."""

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from gateway.link.requests.report_store import TOLD, ReportStore, report_directory
from tests.gateway.link.requests.kept_reports import kept_report

ROOT = Path(__file__).parents[4]
PATIENCE_S = 120


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return report_directory(tmp_path)


def numbers(directory: Path) -> list[int]:
    return [report.taken_ms for report in ReportStore(directory).load().reports]


def test_nothing_is_kept_and_nothing_is_made_before_the_first(directory: Path) -> None:
    stored = ReportStore(directory).load()
    assert (stored.reports, stored.told, stored.damaged) == ((), None, ())
    assert not directory.exists()


def test_what_is_kept_is_found_again_the_oldest_first(directory: Path) -> None:
    store = ReportStore(directory)
    for number in (1, 2, 3):
        store.keep(kept_report(number))
    assert ReportStore(directory).load().reports == tuple(kept_report(number) for number in (1, 2, 3))


def test_only_the_service_can_read_it(directory: Path) -> None:
    store = ReportStore(directory)
    store.keep(kept_report(1))
    store.note_told(kept_report(1).id)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_beyond_the_number_the_oldest_go(directory: Path) -> None:
    store = ReportStore(directory, most_reports=3)
    for number in range(1, 6):
        store.keep(kept_report(number))
    assert numbers(directory) == [3, 4, 5]


def test_beyond_the_bytes_the_oldest_go_and_the_newest_stays_whatever_its_size(directory: Path) -> None:
    size = len(msgspec.json.encode(kept_report(1)))
    store = ReportStore(directory, most_bytes=2 * size)
    for number in (1, 2, 3):
        store.keep(kept_report(number))
    assert numbers(directory) == [2, 3]
    store.keep(kept_report(4, "x" * 2_000))
    assert numbers(directory) == [4]


def test_the_oldest_is_known_by_its_number_also_where_that_grows_longer(directory: Path) -> None:
    store = ReportStore(directory, most_reports=2)
    store.keep(kept_report(1, id="9999999999999-0a1b2c3d"))
    store.keep(kept_report(2, id="10000000000000-0a1b2c3d"))
    store.keep(kept_report(3, id="10000000000001-0a1b2c3d"))
    assert numbers(directory) == [2, 3]


@pytest.mark.parametrize("left", range(0, 400, 7))
def test_a_file_that_the_disk_cut_is_told_and_hides_no_other(directory: Path, left: int) -> None:
    store = ReportStore(directory)
    for number in (1, 2, 3):
        store.keep(kept_report(number))
    path = directory / f"{kept_report(2).id}.json"
    content = path.read_bytes()
    path.write_bytes(content[: min(left, len(content) - 1)])
    stored = ReportStore(directory).load()
    assert [report.taken_ms for report in stored.reports] == [1, 3]
    assert len(stored.damaged) == 1
    assert stored.damaged[0].startswith(f"{path}: ")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff" * 100,
        b"[]",
        msgspec.json.encode(kept_report(2)),
        msgspec.json.encode(kept_report(1, depositor="../x")),
        msgspec.json.encode(kept_report(1, text="\x1b[2J")),
        b" " * 40_000,
    ],
)
def test_what_no_gateway_wrote_is_not_believed(directory: Path, content: bytes) -> None:
    store = ReportStore(directory)
    store.keep(kept_report(1))
    (directory / f"{kept_report(1).id}.json").write_bytes(content)
    stored = store.load()
    assert stored.reports == ()
    assert len(stored.damaged) == 1


def test_a_link_is_not_followed_and_other_files_are_left_alone(directory: Path, tmp_path: Path) -> None:
    store = ReportStore(directory, most_reports=1)
    store.keep(kept_report(1))
    (tmp_path / "elsewhere").write_bytes(msgspec.json.encode(kept_report(2)))
    (directory / f"{kept_report(2).id}.json").symlink_to(tmp_path / "elsewhere")
    (directory / "README").write_text("")
    assert numbers(directory) == [1]
    store.keep(kept_report(3))
    assert numbers(directory) == [3]
    assert (tmp_path / "elsewhere").exists()
    assert (directory / "README").exists()


def test_what_was_told_is_known_again_and_what_was_not(directory: Path) -> None:
    store = ReportStore(directory)
    for number in (1, 2, 3):
        store.keep(kept_report(number))
    assert [report.taken_ms for report in store.load().untold] == [1, 2, 3]
    store.note_told(kept_report(2).id)
    assert [report.taken_ms for report in ReportStore(directory).load().untold] == [3]
    (directory / TOLD).write_bytes(b"\0")
    assert [report.taken_ms for report in ReportStore(directory).load().untold] == [1, 2, 3]


def test_a_disk_that_takes_nothing_keeps_nothing(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ReportStore(directory)
    store.keep(kept_report(1))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    syncs = 0
    sync = os.fsync

    def full_at_the_directory(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        if syncs == 2:
            full(descriptor)
        sync(descriptor)

    for broken in (full, full_at_the_directory):
        monkeypatch.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="No space left"):
            store.keep(kept_report(2))
        monkeypatch.setattr(os, "fsync", sync)
        assert numbers(directory) == [1]
    store.keep(kept_report(2))
    assert numbers(directory) == [1, 2]


def test_a_kill_at_any_line_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.gateway.link.requests.kept_reports", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    lives = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(lives) > 100
    assert {life["acknowledged"] for life in lives} == {"", "3", "34"}
    for life in lives:
        found = life["found"]
        assert (life["whole"], life["damaged"]) == (True, [])
        # A kill may come before the oldest were removed, and before the newest was acknowledged.
        assert found in ([1, 2], [1, 2, 3], [2, 3], [2, 3, 4], [3, 4])
        assert {int(number) for number in life["acknowledged"]} <= set(found)
        assert found[-1:] == life["untold"] or life["untold"] == [] or life["untold"] == [3, 4]
        assert life["after"] == [*found[-1:], 5]
        assert [name for name in life["files"] if name.endswith(".json")] == [
            f"{kept_report(number).id}.json" for number in life["after"]
        ]
        assert not [name for name in life["files"] if name.endswith(".unfinished") and not name.startswith(".told.")]
