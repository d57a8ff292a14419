"""Files that go, links that lead elsewhere, and what is written over."""

import os
from pathlib import Path

import pytest

from gateway.decommission.erasing import erase


def test_a_folder_goes_with_all_in_it(tmp_path: Path) -> None:
    (tmp_path / "store" / "a" / "b").mkdir(parents=True)
    (tmp_path / "store" / "a" / "b" / "c").write_bytes(b"x")
    assert erase(tmp_path / "store", secret=False) == ()
    assert list(tmp_path.iterdir()) == []


def test_what_is_gone_is_erased(tmp_path: Path) -> None:
    assert erase(tmp_path / "store", secret=True) == ()


def test_a_secret_is_written_over_before_it_goes(tmp_path: Path) -> None:
    secret, another_name = tmp_path / "key", tmp_path / "seen"
    secret.write_bytes(b"k" * 100_000)
    another_name.hardlink_to(secret)
    assert erase(secret, secret=True) == ()
    assert another_name.read_bytes() == bytes(100_000)


def test_what_is_no_secret_is_not_written_over(tmp_path: Path) -> None:
    store, another_name = tmp_path / "store", tmp_path / "seen"
    store.write_bytes(b"content")
    another_name.hardlink_to(store)
    assert erase(store, secret=False) == ()
    assert another_name.read_bytes() == b"content"


@pytest.mark.parametrize("secret", [True, False])
def test_a_link_goes_and_not_what_it_leads_to(tmp_path: Path, *, secret: bool) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_bytes(b"content")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "store" / "file").symlink_to(tmp_path / "elsewhere" / "file")
    (tmp_path / "store" / "nowhere").symlink_to(tmp_path / "absent")
    assert erase(tmp_path / "store", secret=secret) == ()
    assert (tmp_path / "elsewhere" / "file").read_bytes() == b"content"
    assert not os.path.lexists(tmp_path / "store")


def test_a_store_that_is_a_link_goes_alone(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_bytes(b"content")
    (tmp_path / "store").symlink_to(tmp_path / "elsewhere")
    assert erase(tmp_path / "store", secret=True) == ()
    assert (tmp_path / "elsewhere" / "file").exists()


def test_one_that_cannot_go_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = Path.unlink

    def refuses(path: Path) -> None:
        if path.name == "b":
            raise PermissionError(1, "Operation not permitted", str(path))
        unlink(path)

    monkeypatch.setattr(Path, "unlink", refuses)
    store = tmp_path / "store"
    store.mkdir()
    for name in "abc":
        (store / name).write_bytes(b"x")
    failures = erase(store, secret=False)
    assert [failure.path for failure in failures] == [str(store / "b"), str(store)]
    assert [path.name for path in store.iterdir()] == ["b"]
