"""One gateway for one state directory."""

import multiprocessing
import os
from pathlib import Path

import pytest

from gateway.config import ConfigError
from gateway.state_lock import borrowed, locked
from tests.gateway.permissions import open_directory, without_rights


def test_a_second_gateway_is_refused_and_told_why(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(ConfigError, match=r"gateway\.state_dir .*a gateway is at work"),
        locked(tmp_path),
    ):
        pytest.fail("two hold it")


def test_it_is_free_again_afterwards_and_the_directory_is_made(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "new" / "state"):
            pass


def test_each_directory_has_its_own(tmp_path: Path) -> None:
    with locked(tmp_path / "one"), locked(tmp_path / "other"):
        pass


def _die_holding(directory: Path) -> None:
    with locked(directory):
        os._exit(1)


def test_a_process_that_died_holds_nothing(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die_holding, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == 1
    with locked(tmp_path):
        pass


def test_a_directory_that_cannot_be_used_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    entered = False
    with locked(tmp_path / "file" / "state"):
        entered = True
    assert entered


def test_who_borrows_it_keeps_gateways_away_and_makes_nothing(tmp_path: Path) -> None:
    with borrowed(tmp_path) as is_ours:
        assert is_ours is True
    assert list(tmp_path.iterdir()) == []
    with locked(tmp_path):
        pass
    with borrowed(tmp_path) as is_ours, pytest.raises(ConfigError), locked(tmp_path):
        pytest.fail("two hold it")
    assert is_ours is True


def test_what_a_gateway_holds_cannot_be_borrowed(tmp_path: Path) -> None:
    with locked(tmp_path), borrowed(tmp_path) as is_ours:
        assert is_ours is False


def test_a_lock_that_may_not_be_opened_tells_nothing() -> None:
    with open_directory() as directory:
        with locked(directory):
            pass
        with without_rights(), borrowed(directory) as is_ours:
            assert is_ours is None
