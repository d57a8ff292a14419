"""The daemon as systemd sees it: a real process with a real notify socket."""

import signal
from pathlib import Path

import pytest

from tests.gateway.service_rig import SERVER, service, write_config


def test_ready_is_told_once_and_only_when_the_radio_listens(tmp_path: Path) -> None:
    with service(tmp_path) as daemon:
        daemon.systemd.wait_for("READY")
        assert '"gateway listens"' in daemon.log()
        assert daemon.systemd.values("READY") == ["1"]


def test_a_start_asks_for_patience_and_says_that_it_starts(tmp_path: Path) -> None:
    with service(tmp_path) as daemon:
        names = [note.name for note in daemon.systemd.wait_for("READY")]
        before = names[: names.index("READY")]
        assert "EXTEND_TIMEOUT_USEC" in before
        assert "WATCHDOG" not in before
        assert daemon.systemd.values("STATUS")[0].startswith("starting")


def test_the_status_says_what_a_maintainer_wants_to_know(tmp_path: Path) -> None:
    with service(tmp_path) as daemon:
        daemon.systemd.wait_for("STATUS", "listening; servers up 0 of 1; 0 packets heard")


def test_the_watchdog_is_fed_several_times_a_period(tmp_path: Path) -> None:
    with service(tmp_path, watchdog_s=2.0) as daemon:
        daemon.systemd.until(lambda notes: sum(note.name == "WATCHDOG" for note in notes) >= 20)


def test_an_abstract_notify_socket_is_told_as_well(tmp_path: Path) -> None:
    with service(tmp_path, abstract=True) as daemon:
        daemon.systemd.wait_for("WATCHDOG")


def test_stopping_is_told_before_the_end(tmp_path: Path) -> None:
    with service(tmp_path) as daemon:
        daemon.systemd.wait_for("READY")
        daemon.signal(signal.SIGTERM)
        daemon.systemd.wait_for("STOPPING")
        daemon.systemd.wait_for("STATUS", "stopping")
        assert daemon.ended() == 0


def test_what_children_inherit_does_not_let_them_speak_for_the_service(tmp_path: Path) -> None:
    hook = """
def tell_environment():
    hooked(b"environment " + " ".join(sorted(os.environ)).encode())
on_signal(tell_environment)
"""
    with service(tmp_path, hook=hook) as daemon:
        daemon.systemd.wait_for("READY")
        daemon.signal(signal.SIGUSR2)
        daemon.systemd.wait_for("HOOK", "environment ")
        names = daemon.systemd.values("HOOK")[-1].split()
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & set(names)


def test_a_reload_is_told_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    with service(tmp_path) as daemon:
        daemon.systemd.wait_for("READY")
        daemon.signal(signal.SIGHUP)
        notes = daemon.systemd.until(lambda notes: sum(note.name == "READY" for note in notes) == 2)
        told = [note.name for note in notes if note.name in {"READY", "RELOADING", "MONOTONIC_USEC"}]
        assert told == ["READY", "RELOADING", "MONOTONIC_USEC", "READY"]
        assert int(daemon.systemd.values("MONOTONIC_USEC")[0]) > 0
        assert daemon.process.poll() is None


def test_a_reload_reaches_the_policy_before_it_is_told_to_be_over(tmp_path: Path) -> None:
    hook = """
from gateway.host_policy import NoHostPolicy
NoHostPolicy.reload = lambda self: hooked(b"reloaded")
"""
    with service(tmp_path, hook=hook) as daemon:
        daemon.systemd.wait_for("READY")
        daemon.signal(signal.SIGHUP)
        notes = daemon.systemd.until(lambda notes: sum(note.name == "READY" for note in notes) == 2)
        told = [note.name for note in notes if note.name in {"READY", "RELOADING", "HOOK"}]
        assert told == ["READY", "RELOADING", "HOOK", "READY"]


def test_a_reload_says_which_changes_take_a_restart(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    with service(tmp_path, config) as daemon:
        daemon.systemd.wait_for("READY")
        write_config(tmp_path, SERVER + "[store]\nreplay_per_s = 5\n")
        daemon.signal(signal.SIGHUP)
        daemon.systemd.wait_for("STATUS", "gateway.toml has changed (store.replay_per_s): restart to apply")


def test_a_reload_says_that_the_file_has_mistakes_and_goes_on(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    with service(tmp_path, config) as daemon:
        daemon.systemd.wait_for("READY")
        config.write_text("[gateway]\neui = 12\n")
        daemon.signal(signal.SIGHUP)
        daemon.systemd.wait_for("STATUS", "mistakes: candelabre config check")
        assert daemon.stopped_within_s() < 60
    assert "gateway.eui" in daemon.log()


@pytest.mark.parametrize("error", ["ValueError('unforeseen')", "SystemError()"])
def test_a_bug_ends_with_status_1(tmp_path: Path, error: str) -> None:
    assert status_of(tmp_path, error) == 1


def test_a_radio_that_is_lost_for_good_ends_with_status_3(tmp_path: Path) -> None:
    assert status_of(tmp_path, "RadioError('lost')") == 3


def test_missing_firmware_ends_with_status_2(tmp_path: Path) -> None:
    assert status_of(tmp_path, "FirmwareError('missing')") == 2


def test_of_two_errors_the_one_that_nobody_foresaw_decides(tmp_path: Path) -> None:
    assert status_of(tmp_path, "ExceptionGroup('', [RadioError('lost'), ValueError('unforeseen')])") == 1


def status_of(directory: Path, error: str) -> int:
    """How a daemon ends whose radio cannot be started by an error."""
    hook = f"""
from gateway.listener import Listener
from radio.errors import FirmwareError, RadioError
async def start(self):
    raise {error}
Listener.start = start
"""
    with service(directory, hook=hook) as daemon:
        status = daemon.ended()
        assert "READY" not in [note.name for note in daemon.systemd.notes]
        daemon.systemd.wait_for("STOPPING")
    return status


def test_a_reload_that_the_end_breaks_off_does_not_say_ready_again(tmp_path: Path) -> None:
    hook = """
from gateway.cli import run
async def reread(path, config):
    hooked(b"reads")
    await asyncio.Event().wait()
run.reread = reread
"""
    with service(tmp_path, hook=hook) as daemon:
        daemon.systemd.wait_for("READY")
        daemon.signal(signal.SIGHUP)
        daemon.systemd.wait_for("HOOK", "reads")
        daemon.signal(signal.SIGTERM)
        assert daemon.ended() == 0
        daemon.systemd.wait_for("STOPPING")
    assert "READY" not in [note.name for note in daemon.systemd.after("STOPPING")]
    assert daemon.systemd.values("READY") == ["1"]
