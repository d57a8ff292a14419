"""SIGTERM ends the service within five seconds, whatever it is at and whatever hangs."""

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forwarder.store.limits import StoreLimits
from forwarder.store.records import Stored
from forwarder.store.store import OutageStore
from gateway.assembly import OUTAGE
from radio.duty_cycle_store import boottime_us
from radio.simulator import SimulatedConcentrator
from radio.simulator.socket_server import ChipServer
from tests.forwarder.semtech_udp.uplinks import uplink
from tests.gateway.service_rig import BLOCKED_LOOP, FROZEN_RADIO, SERVER, service, write_config

# What is promised, and what a machine may add that runs other tests beside this one.
PROMISED_S, LOADED_MACHINE_S = 5.0, 5.0
UPLINKS = 20_000


def assert_prompt(took_s: float) -> None:
    assert took_s < PROMISED_S + LOADED_MACHINE_S


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A TCP port that takes connections, and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


def test_a_radio_that_hangs_in_a_transfer_holds_up_nothing(tmp_path: Path) -> None:
    with service(tmp_path, hook=FROZEN_RADIO) as daemon:
        daemon.systemd.wait_for("READY")
        daemon.signal(signal.SIGUSR2)
        daemon.systemd.wait_for("HOOK")
        assert_prompt(daemon.stopped_within_s())
        daemon.systemd.wait_for("STOPPING")
    assert "gateway stopped" in daemon.log()
    assert "the end is forced" in daemon.log()
    assert "in transfer" in daemon.log()


def test_a_radio_that_hangs_in_its_start_holds_up_nothing(tmp_path: Path) -> None:
    with service(tmp_path, hook=FROZEN_RADIO + "\nfrozen.set()\n") as daemon:
        daemon.systemd.wait_for("STATUS", "starting")
        assert_prompt(daemon.stopped_within_s())


def test_a_blocked_event_loop_holds_up_nothing(tmp_path: Path) -> None:
    with service(tmp_path, hook=BLOCKED_LOOP) as daemon:
        daemon.systemd.wait_for("READY")
        daemon.signal(signal.SIGUSR2)
        daemon.systemd.wait_for("HOOK")
        assert_prompt(daemon.stopped_within_s())
    assert "in blocked_for_ever" in daemon.log()


def test_a_thread_that_hangs_holds_up_nothing(tmp_path: Path) -> None:
    hook = """
from gateway.router import Router
async def run(self):
    await asyncio.to_thread(threading.Event().wait)
Router.run = run
"""
    with service(tmp_path, hook=hook) as daemon:
        daemon.systemd.wait_for("READY")
        assert_prompt(daemon.stopped_within_s())


def test_the_start_of_the_radio_is_broken_off(tmp_path: Path) -> None:
    with service(tmp_path) as daemon:
        daemon.systemd.wait_for("STATUS", "starting")
        assert_prompt(daemon.stopped_within_s())
    assert "the end is forced" not in daemon.log()


def test_a_wait_before_the_next_attempt_is_broken_off(tmp_path: Path) -> None:
    config = write_config(tmp_path, bus=f"unix:{tmp_path}/nobody")
    with service(tmp_path, config) as daemon:
        daemon.systemd.wait_for("STATUS", "attempt")
        assert_prompt(daemon.stopped_within_s())
    assert "the end is forced" not in daemon.log()


def test_a_repair_of_the_radio_is_broken_off(tmp_path: Path) -> None:
    chip = tmp_path / "chip"
    with contextlib.ExitStack() as stack:
        with ChipServer(SimulatedConcentrator(), chip):
            daemon = stack.enter_context(service(tmp_path, write_config(tmp_path, bus=f"unix:{chip}")))
            daemon.systemd.wait_for("READY")
        daemon.systemd.wait_for("STATUS", "waiting")
        assert_prompt(daemon.stopped_within_s())
        assert "the end is forced" not in daemon.log()


@pytest.mark.parametrize(
    "server",
    [
        lambda port: f'[[server]]\nname = "main"\ntype = "basics_station"\nuri = "ws://127.0.0.1:{port}"\n',
        lambda port: (
            f'[[server]]\nname = "main"\ntype = "chirpstack_mqtt"\nhost = "127.0.0.1"\nport = {port}\ntls = false\n'
        ),
        lambda port: f'{SERVER}[broker]\nhost = "127.0.0.1"\nport = {port}\ntls = false\n',
    ],
    ids=["an LNS", "ChirpStack's broker", "the operators' broker"],
)
def test_a_server_that_hangs_holds_up_nothing(tmp_path: Path, server: Callable[[int], str]) -> None:
    with silent_port() as port, service(tmp_path, write_config(tmp_path, server(port))) as daemon:
        daemon.systemd.wait_for("READY")
        assert_prompt(daemon.stopped_within_s())
    assert "the end is forced" not in daemon.log()


def test_a_full_outage_store_holds_up_nothing(tmp_path: Path) -> None:
    now_ms = boottime_us() // 1000
    store = OutageStore(tmp_path / "state" / OUTAGE, StoreLimits(), now_ms)
    for key in range(1, UPLINKS + 1):
        store.append(Stored("main", "", key, uplink(key), now_ms), now_ms)
    store.close(now_ms)
    with service(tmp_path) as daemon:
        daemon.systemd.wait_for("STATUS", f"{UPLINKS} uplinks wait on the disk")
        assert_prompt(daemon.stopped_within_s())
    assert "the end is forced" not in daemon.log()
