"""Credentials on disk survive whatever happens while they are written."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from forwarder.basics_station.cups_der import Identity
from forwarder.basics_station.cups_standing import Kind, Standing
from forwarder.basics_station.cups_store import (
    BOOK,
    Book,
    ServerSet,
    StoreError,
    load_book,
    read_set,
    save_book,
    write_set,
)

MEMORY = Path("/dev/shm")
TOKEN_SET = ServerSet("wss://a:1", Identity(b"\x30\x01a", token=b"Name: value"))


def test_killed_before_any_line_old_or_new_is_left_and_works() -> None:
    # In memory, where that can be had: a disk would be waited for thousands of times.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as directory:
        command = [sys.executable, "-m", "tests.forwarder.basics_station.cups_kills", directory]
        ran = subprocess.run(command, capture_output=True, timeout=300, check=True)
    outcomes: dict[str, dict[str, Any]] = json.loads(ran.stdout)
    assert set(outcomes) == {"offer", "proof", "another offer", "roll-back"}
    for outcome in outcomes.values():
        assert outcome["faults"] == []
        assert outcome["old"] >= 10
        assert outcome["new"] >= 10
        assert outcome["kills"] == outcome["old"] + outcome["new"]


def test_all_is_on_disk_before_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real_sync, real_rename = os.fsync, os.rename

    def sync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real_sync(descriptor)

    def rename(source: Any, target: Any, **options: Any) -> None:
        assert {str(source), *(str(path) for path in Path(source).iterdir())} <= set(synced)
        real_rename(source, target, **options)
        synced.append("renamed")

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    write_set(tmp_path, Kind.LNS, TOKEN_SET)
    assert synced[-2:] == ["renamed", str(tmp_path)]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    name = write_set(tmp_path, Kind.LNS, TOKEN_SET)
    assert read_set(tmp_path, name) == TOKEN_SET
    assert write_set(tmp_path, Kind.LNS, TOKEN_SET) == name
    address_alone = write_set(tmp_path, Kind.CUPS, ServerSet("https://b:1"))
    assert read_set(tmp_path, address_alone) == ServerSet("https://b:1")
    assert address_alone.startswith("cups-")


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_a_damaged_set_is_written_anew(tmp_path: Path, damage: Any) -> None:
    name = write_set(tmp_path, Kind.LNS, TOKEN_SET)
    damage(tmp_path / name / "token")
    assert write_set(tmp_path, Kind.LNS, TOKEN_SET) == name
    assert read_set(tmp_path, name) == TOKEN_SET


def test_what_no_book_names_is_removed(tmp_path: Path) -> None:
    kept = write_set(tmp_path, Kind.LNS, TOKEN_SET)
    write_set(tmp_path, Kind.LNS, ServerSet("wss://b:1"))
    (tmp_path / ".tc-00.unfinished").mkdir()
    (tmp_path / "not-ours").mkdir()
    save_book(tmp_path, Book(tc=Standing("uri", good=kept)))
    assert {path.name for path in tmp_path.iterdir()} == {BOOK, kept, "not-ours"}
    assert load_book(tmp_path).tc.good == kept


def test_nothing_is_removed_while_it_is_not_known_what_is_in_use(tmp_path: Path) -> None:
    name = write_set(tmp_path, Kind.LNS, TOKEN_SET)
    (tmp_path / BOOK).write_bytes(b"{")
    with pytest.raises(StoreError, match=r"in-use.json: damaged"):
        load_book(tmp_path)
    assert (tmp_path / name).is_dir()


def test_a_directory_that_others_could_read_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    load_book(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
