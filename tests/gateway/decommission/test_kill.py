"""An erasure that something ends in the middle: a kill, a disk, a card that is not there any more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.decommission import erasing, work
from gateway.decommission.marker import read_marker
from gateway.exit_status import ExitStatus
from tests.gateway.decommission.scene import EUI, Capture, Gateway, ok

PATIENCE_S = 60


class KilledError(BaseException):
    """Nothing more is done."""


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def kill_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let so many files and folders be erased, and no more."""
    erase_one, left = erasing._erase_one, [count]

    def erase(path: Path, *, secret: bool) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError
        erase_one(path, secret=secret)

    monkeypatch.setattr(erasing, "_erase_one", erase)


@pytest.mark.parametrize("count", [0, 1, 3, 8, 20])
def test_it_goes_on_where_it_was_killed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    with monkeypatch.context() as killing:
        kill_after(killing, count)
        with pytest.raises(KilledError):
            gateway.end()
    closing = (gateway.report / "closing.json").read_bytes()
    assert ok(gateway.end())
    assert not gateway.state.exists()
    assert not gateway.password.exists()
    assert (gateway.report / "closing.json").read_bytes() == closing
    assert b'"gateway_key"' in (gateway.report / "erasure.json").read_bytes()


def test_until_it_is_over_the_report_says_that_it_is_not(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killing:
        kill_after(killing, 5)
        with pytest.raises(KilledError):
            gateway.end()
    assert "THE ERASURE IS NOT FINISHED" in (gateway.report / "closing-report.txt").read_text()
    assert ok(gateway.end())
    assert "NOT FINISHED" not in (gateway.report / "closing-report.txt").read_text()


def test_killed_before_the_mark_nothing_is_erased_and_it_begins_anew(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KilledError

    before = gateway.kept()
    with monkeypatch.context() as killing:
        killing.setattr(work, "write_marker", killed)
        with pytest.raises(KilledError):
            gateway.end()
    assert gateway.kept() - {"lock"} == before
    assert read_marker(gateway.state) is None
    assert ok(gateway.end())


def test_a_gateway_half_of_which_is_erased_does_not_start(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killing:
        kill_after(killing, 4)
        with pytest.raises(KilledError):
            gateway.end()
    command = [sys.executable, "-m", "gateway.cli.main", "run", "--config", str(gateway.config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == ExitStatus.CONFIGURATION
    assert not (gateway.state / "gateway.key.pem").exists()
    assert "candelabre decommission" in done.stderr


def test_it_does_not_go_on_unasked(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killing:
        kill_after(killing, 4)
        with pytest.raises(KilledError):
            gateway.end()
    before = gateway.kept()
    assert gateway.decommission("--yes", "0000000000000000") is ExitStatus.CONFIGURATION
    assert gateway.kept() == before


def test_without_its_report_it_does_not_go_on(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with monkeypatch.context() as killing:
        kill_after(killing, 4)
        with pytest.raises(KilledError):
            gateway.end()
    gateway.report.rename(gateway.report.with_name("unplugged"))
    assert gateway.end() is ExitStatus.CONFIGURATION
    assert str(gateway.report) in capsys.readouterr().err.replace("\n", "")


def test_what_cannot_be_erased_is_named_and_tried_again(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    unlink = Path.unlink

    def refuses(path: Path, missing_ok: bool = False) -> None:
        if path.name == "bindings":
            raise PermissionError(1, os.strerror(1), str(path))
        unlink(path, missing_ok)

    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "unlink", refuses)
        assert gateway.end() is ExitStatus.CONFIGURATION
    told = (gateway.report / "closing-report.txt").read_text()
    assert f"- {gateway.state / 'bindings'}: {os.strerror(1)}" in told.replace("\n  ", " ")
    assert gateway.kept() == {"bindings", "decommissioning", "lock"}
    erased = json.loads((gateway.report / "erasure.json").read_text())["erased"]
    assert "gateway_key" in erased
    assert "bindings" not in erased
    assert ok(gateway.end())
    assert not gateway.state.exists()
    assert "NOT ERASED" not in (gateway.report / "closing-report.txt").read_text()


def test_the_word_is_kept_for_later(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killing:
        kill_after(killing, 15)
        with pytest.raises(KilledError):
            gateway.end()
    assert (marker := read_marker(gateway.state)) is not None
    assert (marker.word, marker.report_dir) == (EUI, str(gateway.report))


def test_what_is_secret_goes_first(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killing:
        # Two secrets beside the configuration, then the key.
        kill_after(killing, 3)
        with pytest.raises(KilledError):
            gateway.end()
    assert not gateway.password.exists()
    assert not gateway.token.exists()
    assert not (gateway.state / "gateway.key.pem").exists()
    assert (gateway.state / "evidence").exists()
