"""What is stuck stops the feeding of systemd's watchdog, and is named before systemd ends the service."""

import contextlib
import signal
import time
from pathlib import Path

import pytest

from radio.simulator import SimulatedConcentrator
from radio.simulator.socket_server import ChipServer
from tests.gateway.service_rig import (
    BLOCKED_LOOP,
    CANCELLED,
    FEEDS_A_PERIOD,
    FROZEN_RADIO,
    WATCHDOG_S,
    Daemon,
    service,
    write_config,
)

UDP = '[[server]]\nname = "main"\nhost = "127.0.0.1"\n'
STATION = '[[server]]\nname = "main"\ntype = "basics_station"\nuri = "ws://127.0.0.1:9"\n'
CHIRPSTACK = '[[server]]\nname = "main"\ntype = "chirpstack_mqtt"\nhost = "127.0.0.1"\nport = 9\ntls = false\n'
NEVER_RESOLVED = """
import forwarder.semtech_udp.backend as udp
async def for_ever(self):
    await asyncio.Event().wait()
udp.SemtechUdpBackend._find_address = for_ever
udp.RESOLVE_TIMEOUT_S = 0.0
"""


def assert_starved(daemon: Daemon, part: str) -> None:
    """After the hook the feeding ends within a period, the part is named, and nobody feeds any more."""
    daemon.systemd.wait_for("STATUS", f"stuck: {part}")
    # Several times as long as between two feedings: nothing comes that would keep systemd from ending the service.
    time.sleep(WATCHDOG_S / 2)
    after = daemon.systemd.after("HOOK")
    assert sum(note.name == "WATCHDOG" for note in after) < FEEDS_A_PERIOD, after
    assert "WATCHDOG" not in [note.name for note in daemon.systemd.after("STATUS", "stuck:")]


def test_a_frozen_radio_thread_starves_the_watchdog(tmp_path: Path) -> None:
    with service(tmp_path, hook=FROZEN_RADIO) as daemon:
        daemon.systemd.wait_for("WATCHDOG")
        daemon.signal(signal.SIGUSR2)
        assert_starved(daemon, "radio thread")
    assert "in transfer" in daemon.log()


def test_a_blocked_event_loop_starves_the_watchdog(tmp_path: Path) -> None:
    with service(tmp_path, hook=BLOCKED_LOOP) as daemon:
        daemon.systemd.wait_for("WATCHDOG")
        daemon.signal(signal.SIGUSR2)
        assert_starved(daemon, "event loop")
    assert "in blocked_for_ever" in daemon.log()


@pytest.mark.parametrize(
    ("server", "loop"),
    [
        (UDP, "_serve"),
        (STATION, "BasicsStationBackend._connect_when_wanted"),
        (CHIRPSTACK, "Ending"),  # its connection to the broker
    ],
    ids=["udp", "station", "chirpstack"],
)
def test_a_backend_of_which_a_loop_died_without_a_word_starves_the_watchdog(
    tmp_path: Path, server: str, loop: str
) -> None:
    with service(tmp_path, write_config(tmp_path, server), CANCELLED.format(loop=loop)) as daemon:
        daemon.systemd.wait_for("WATCHDOG")
        daemon.signal(signal.SIGUSR2)
        assert_starved(daemon, "server main")


def test_a_backend_that_waits_for_ever_starves_the_watchdog(tmp_path: Path) -> None:
    with service(tmp_path, hook=NEVER_RESOLVED) as daemon:
        daemon.systemd.wait_for("STATUS", "stuck: server main")
        time.sleep(WATCHDOG_S / 2)
        assert "WATCHDOG" not in [note.name for note in daemon.systemd.after("STATUS", "stuck:")]


@pytest.mark.parametrize("server", [UDP, STATION, CHIRPSTACK], ids=["udp", "station", "chirpstack"])
def test_a_server_that_nobody_reaches_starves_nobody(tmp_path: Path, server: str) -> None:
    with service(tmp_path, write_config(tmp_path, server)) as daemon:
        daemon.systemd.until(lambda notes: sum(note.name == "WATCHDOG" for note in notes) >= 2 * FEEDS_A_PERIOD)
        assert not any("stuck" in line for line in daemon.systemd.values("STATUS"))


def test_a_radio_that_is_being_repaired_starves_nobody(tmp_path: Path) -> None:
    chip = tmp_path / "chip"
    with contextlib.ExitStack() as stack:
        with ChipServer(SimulatedConcentrator(), chip):
            daemon = stack.enter_context(service(tmp_path, write_config(tmp_path, bus=f"unix:{chip}")))
            daemon.systemd.wait_for("WATCHDOG")
        daemon.systemd.wait_for("STATUS", "waiting")
        enough = len(daemon.systemd.values("WATCHDOG")) + 2 * FEEDS_A_PERIOD
        daemon.systemd.until(lambda notes: sum(note.name == "WATCHDOG" for note in notes) >= enough)
        assert not any("stuck" in line for line in daemon.systemd.values("STATUS"))
        with ChipServer(SimulatedConcentrator(), chip):
            daemon.systemd.until(
                lambda notes: [note.value for note in notes if note.name == "STATUS"][-1].startswith("listening")
            )


def test_a_start_that_is_stuck_asks_for_no_more_patience(tmp_path: Path) -> None:
    hook = FROZEN_RADIO + "\nfrozen.set()\n"
    with service(tmp_path, hook=hook) as daemon:
        daemon.systemd.wait_for("STATUS", "stuck: radio thread")
        time.sleep(WATCHDOG_S / 2)
        after = daemon.systemd.after("STATUS", "stuck: radio thread")
        assert not {"EXTEND_TIMEOUT_USEC", "READY"} & {note.name for note in after}


def test_what_the_watchdog_sends_leaves_a_trace_of_every_thread(tmp_path: Path) -> None:
    with service(tmp_path) as daemon:
        daemon.systemd.wait_for("READY")
        daemon.signal(signal.SIGABRT)
        assert daemon.ended() == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in daemon.log()
    assert "radio_thread.py" in daemon.log()


def test_a_process_that_was_stopped_for_a_while_accuses_none_of_its_parts(tmp_path: Path) -> None:
    with service(tmp_path, write_config(tmp_path, STATION), watchdog_s=2 * WATCHDOG_S) as daemon:
        daemon.systemd.wait_for("WATCHDOG")
        daemon.signal(signal.SIGSTOP)
        time.sleep(1.5 * WATCHDOG_S)
        before = len(daemon.systemd.values("WATCHDOG"))
        daemon.signal(signal.SIGCONT)
        enough = before + 4
        daemon.systemd.until(lambda notes: sum(note.name == "WATCHDOG" for note in notes) >= enough)
        assert [line for line in daemon.systemd.values("STATUS") if "stuck" in line] == []
    assert "the event loop was held up" in daemon.log()
    assert "is stuck" not in daemon.log()
