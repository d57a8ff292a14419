"""The files of months."""

import os
import stat
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from gateway.link.months.month_files import LARGEST_FILE_BYTES, MonthFiles
from gateway.link.months.tally import DayTally, MonthTally
from gateway.link.months.tallying import UNDATED

MARCH = MonthTally("city", "2026-03", days={"07": DayTally(heard=3, forwarded=3)})


def put(files: MonthFiles, depositor: str, month: str, size: int = 0) -> None:
    files.write((depositor, month), msgspec.json.encode(MonthTally(depositor, month)) + b" " * size)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "months"


@pytest.fixture
def files(directory: Path) -> MonthFiles:
    return MonthFiles(directory)


def test_a_month_comes_back_as_it_was_kept(files: MonthFiles, directory: Path) -> None:
    files.write(("city", "2026-03"), msgspec.json.encode(MARCH))
    assert files.read(("city", "2026-03")) == MARCH
    assert names(directory) == ["2026-03.city.json"]


def test_others_cannot_read_it(files: MonthFiles, directory: Path) -> None:
    put(files, "city", "2026-03")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "2026-03.city.json").stat().st_mode) == 0o600


def test_what_was_never_kept_is_nothing_and_no_fault(files: MonthFiles, directory: Path) -> None:
    with capture_logs() as said:
        assert files.read(("city", "2026-03")) is None
        assert files.latest() == []
        files.prune()
        files.remove(("city", "2026-03"))
    assert said == []
    assert not directory.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 300,
        b"\xff\xfe",
        msgspec.json.encode(MARCH)[:-5],
        b'{"depositor":"city","month":"2026-03","devices":{"E1":{"heard":"3"}}}',
        b'{"depositor":"city","month":"2026-03","days":{"07":{"refused":{"nonsense":3}}}}',
        msgspec.json.encode(MonthTally("city", "2026-04")),
        msgspec.json.encode(MonthTally("metropole", "2026-03")),
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_set_aside_and_said(files: MonthFiles, directory: Path, content: bytes) -> None:
    files.write(("city", "2026-03"), content)
    with capture_logs() as said:
        assert files.read(("city", "2026-03")) is None
    assert [(line["log_level"], line["path"].name) for line in said] == [("error", "2026-03.city.json.damaged")]
    assert names(directory) == ["2026-03.city.json.damaged"]
    assert (directory / "2026-03.city.json.damaged").read_bytes() == content


def test_so_is_one_that_is_far_too_large(files: MonthFiles, directory: Path) -> None:
    put(files, "city", "2026-03")
    os.truncate(directory / "2026-03.city.json", LARGEST_FILE_BYTES + 1)
    assert files.read(("city", "2026-03")) is None
    assert names(directory) == ["2026-03.city.json.damaged"]


def test_what_cannot_be_read_at_all_is_an_error(files: MonthFiles, directory: Path) -> None:
    (directory / "2026-03.city.json").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        files.read(("city", "2026-03"))


def test_the_last_month_of_each_depositor_and_what_is_undated(files: MonthFiles, directory: Path) -> None:
    for month in ("2026-03", "2025-12", "2026-02", UNDATED):
        put(files, "city", month)
    put(files, "metropole", "2025-11")
    (directory / "2026-04.city.json.damaged").touch()
    (directory / "notes.txt").touch()
    assert sorted(files.latest()) == [("city", "2026-03"), ("city", UNDATED), ("metropole", "2025-11")]


def test_fourteen_months_are_kept_of_all_depositors_together(files: MonthFiles, directory: Path) -> None:
    months = [f"{2025 + number // 12}-{number % 12 + 1:02}" for number in range(16)]
    for month in months:
        put(files, "city", month)
    put(files, "metropole", "2025-01")
    put(files, "city", UNDATED)
    (directory / "2025-02.city.json.damaged").touch()
    (directory / "notes.txt").touch()
    files.prune()
    kept = [f"{month}.city.json" for month in months[2:]]
    assert names(directory) == sorted([*kept, "undated.city.json", "notes.txt"])


def test_where_there_is_no_room_the_oldest_go_first_and_the_last_month_never(directory: Path) -> None:
    files = MonthFiles(directory, most_bytes=3500)
    for month in ("2026-01", "2026-02", "2026-03"):
        put(files, "city", month, 1000)
        put(files, "metropole", month, 1000)
    files.prune()
    assert names(directory) == ["2026-02.metropole.json", "2026-03.city.json", "2026-03.metropole.json"]
    put(files, "city", "2026-03", 9000)
    files.prune()
    assert names(directory) == ["2026-03.city.json", "2026-03.metropole.json"]
