"""gateway.toml is written whole or not at all, and the former stays beside it. Real files."""

import datetime
import os
import stat
from pathlib import Path

import pytest

from gateway.setup.keeping import replace_keeping
from tests.gateway.permissions import open_directory, without_rights

NOW = datetime.datetime(2026, 5, 12, 14, 3, 9, tzinfo=datetime.UTC)


def test_a_new_file_can_be_read_by_the_service(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "gateway.toml"
    assert replace_keeping(path, "é\n", NOW) is None
    assert path.read_text(encoding="utf-8") == "é\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_the_former_is_kept_beside_it_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text("former\n")
    path.chmod(0o600)
    former = replace_keeping(path, "new\n", NOW)
    assert former == tmp_path / "gateway.toml.2026-05-12-140309"
    assert former.read_text() == "former\n"
    assert stat.S_IMODE(former.stat().st_mode) == 0o600
    assert path.read_text() == "new\n"


def test_none_of_several_formers_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    for text in ("one\n", "two\n", "three\n"):
        replace_keeping(path, text, NOW)
    assert sorted(kept.read_text() for kept in tmp_path.iterdir()) == ["one\n", "three\n", "two\n"]


def test_the_same_again_leaves_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    replace_keeping(path, "same\n", NOW)
    assert replace_keeping(path, "same\n", NOW) is None
    assert list(tmp_path.iterdir()) == [path]


def test_without_links_the_former_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_source: object, _target: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "gateway.toml"
    path.write_text("former\n")
    monkeypatch.setattr(os, "link", refused)
    former = replace_keeping(path, "new\n", NOW)
    assert former is not None
    assert former.read_text() == "former\n"


def test_where_it_may_not_be_written_all_stays_as_it_was() -> None:
    with open_directory() as directory:
        path = directory / "gateway.toml"
        path.write_text("former\n")
        with without_rights(), pytest.raises(PermissionError):
            replace_keeping(path, "new\n", NOW)
        assert [kept.read_text() for kept in directory.iterdir()] == ["former\n"]


def test_a_link_stays_one_and_what_it_leads_to_is_kept(tmp_path: Path) -> None:
    kept_elsewhere, path = tmp_path / "elsewhere" / "site.toml", tmp_path / "gateway.toml"
    kept_elsewhere.parent.mkdir()
    kept_elsewhere.write_text("former\n")
    path.symlink_to(kept_elsewhere)
    former = replace_keeping(path, "new\n", NOW)
    assert path.is_symlink()
    assert kept_elsewhere.read_text() == "new\n"
    assert former is not None
    assert former.parent == kept_elsewhere.parent
    assert former.read_text() == "former\n"
