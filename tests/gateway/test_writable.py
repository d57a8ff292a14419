"""What stands in the way of a file is known before it is written. Real files."""

import errno
import os
from pathlib import Path

from gateway.writable import hindrance
from tests.gateway.permissions import open_directory, without_rights


def number(path: Path) -> int | None:
    found = hindrance(path)
    return None if found is None else found.errno


def test_a_new_file_whose_directories_are_still_to_be_made_can_be_written(tmp_path: Path) -> None:
    assert hindrance(tmp_path / "a" / "b" / "file") is None


def test_a_file_that_is_there_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert hindrance(tmp_path / "file") is None


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert number(tmp_path) == errno.EISDIR


def test_a_device_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(os.devnull)
    assert number(tmp_path / "link") == errno.EINVAL


def test_nothing_lies_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert number(tmp_path / "file" / "a" / "b") == errno.ENOTDIR


def test_a_link_that_leads_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    assert number(tmp_path / "link") == errno.ELOOP


def test_another_user_s_directory_may_not_be_written_to() -> None:
    with open_directory() as directory:
        (directory / "closed").mkdir(mode=0o700)
        with without_rights():
            assert number(directory / "file") == errno.EACCES
            assert number(directory / "closed" / "candelabre" / "file") == errno.EACCES
