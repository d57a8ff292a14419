"""Files are old or new, never half."""

import fcntl
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from radio.atomic_file import MOST_REMOVED, write_atomically

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from typing import Any
from radio.atomic_file import write_atomically
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
write_atomically(Path(sys.argv[1]), b"half")
"""


def names(directory: Path) -> list[str]:
    """What lies in a directory, hidden files included."""
    return [entry.name for entry in directory.iterdir()]


def test_a_file_and_its_directories_are_made(tmp_path: Path) -> None:
    path = tmp_path / "state" / "firmware" / "image.bin"
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert names(path.parent) == ["image.bin"]


def test_a_secret_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_atomically(path, b"new", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_reader_of_the_old_file_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new and longer")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new and longer"


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"untouched")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert target.read_bytes() == b"untouched"
    assert not link.is_symlink()


@pytest.mark.parametrize("failing", ["fsync", "fchmod"])
def test_a_failure_leaves_the_old_content_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def disk_full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, disk_full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_directory_in_the_way_is_an_error_without_litter(tmp_path: Path) -> None:
    path = tmp_path / "occupied"
    path.mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        write_atomically(path, b"new")
    assert names(tmp_path) == ["occupied"]


def killed_writer(path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)


def test_what_a_killed_writer_left_is_removed_at_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "12.toml"
    for _ in range(2):
        killed_writer(path)
    assert len(names(tmp_path)) == 2
    write_atomically(path, b"whole")
    assert names(tmp_path) == ["12.toml"]
    assert path.read_bytes() == b"whole"


def left_over(path: Path, number: int = 0) -> Path:
    """What a killed writer leaves."""
    return path.with_name(f".{path.name}.{number:08d}.unfinished")


def test_what_others_left_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "index"
    others = [
        left_over(path.with_name("index2")),
        left_over(path.with_name("index.sig")),
        path.with_name(".index.original"),
        path.with_name(".index.swp"),
        path.with_name("index.00000000.unfinished"),
    ]
    for other in others:
        other.write_bytes(b"")
    left_over(path).mkdir()
    (target := path.with_name("target")).write_bytes(b"precious")
    left_over(path, 1).symlink_to(target)
    os.mkfifo(left_over(path, 2))
    before = sorted(names(tmp_path))
    write_atomically(path, b"new")
    assert sorted(names(tmp_path)) == sorted([*before, "index"])
    assert target.read_bytes() == b"precious"


def test_what_a_living_writer_is_about_to_write_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with left_over(path).open("wb") as unfinished:
        fcntl.flock(unfinished, fcntl.LOCK_EX)
        write_atomically(path, b"new")
        assert left_over(path).exists()
    write_atomically(path, b"newer")
    assert names(tmp_path) == ["file"]


def test_a_file_that_another_removes_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = tempfile.mkstemp, []

    def make_and_lose(**options: Any) -> tuple[int, str]:
        descriptor, name = make(**options)
        made.append(name)
        if len(made) == 1:
            Path(name).unlink()
        return descriptor, name

    monkeypatch.setattr(tempfile, "mkstemp", make_and_lose)
    write_atomically(tmp_path / "file", b"content")
    assert len(made) == 2
    assert names(tmp_path) == ["file"]


def test_many_that_were_left_are_removed_over_several_writes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for number in range(MOST_REMOVED + 1):
        left_over(path, number).write_bytes(b"")
    write_atomically(path, b"content")
    assert len(names(tmp_path)) == 2
    write_atomically(path, b"content")
    assert names(tmp_path) == ["file"]


def test_two_writers_of_one_file_do_not_hinder_each_other(tmp_path: Path) -> None:
    path, failures = tmp_path / "file", list[BaseException]()

    def write(content: bytes) -> None:
        try:
            for _ in range(100):
                write_atomically(path, content)
        except BaseException as error:  # noqa: BLE001 - told by the test, whatever it is
            failures.append(error)

    writers = [threading.Thread(target=write, args=(bytes([65 + number]) * 10_000,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    assert len(set(path.read_bytes())) == 1
    assert names(tmp_path) == ["file"]


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(OSError, match="no regular file"):
            write_atomically(path, b"content")
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert link.is_symlink()
    assert sorted(names(tmp_path)) == ["link", "pipe"]
