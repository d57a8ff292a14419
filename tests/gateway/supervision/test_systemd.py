"""sd_notify's messages and socket, and what systemd says of itself in the environment."""

import socket
from pathlib import Path

import pytest

from gateway.supervision.systemd import (
    LONGEST_STATUS_BYTES,
    MOST_WAITING,
    READY,
    WATCHDOG,
    NotifySocket,
    ServiceManager,
    extend_timeout,
    reloading,
    service_manager,
    status,
    take_service_manager,
)

OURS, ANOTHERS = 4711, 1


def test_without_systemd_there_is_nobody_to_tell() -> None:
    assert service_manager({}, OURS) == ServiceManager()
    assert NotifySocket.of(ServiceManager()) is None


def test_the_watchdogs_period_is_in_microseconds() -> None:
    environment = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(OURS)}
    assert service_manager(environment, OURS) == ServiceManager("/run/notify", 30.0)


def test_a_watchdog_for_nobody_in_particular_is_ours() -> None:
    assert service_manager({"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1000"}, OURS).watchdog_s == 0.001


def test_the_watchdog_of_another_process_is_not_ours() -> None:
    environment = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(ANOTHERS)}
    assert service_manager(environment, OURS) == ServiceManager("/run/notify")


@pytest.mark.parametrize("period", ["", "0", "-5", "soon", "1e6"])
def test_a_period_that_is_none_asks_for_no_watchdog(period: str) -> None:
    assert service_manager({"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": period}, OURS).watchdog_s is None


@pytest.mark.parametrize("address", ["", "@", "/", "run/notify", "vsock:2:1234"])
def test_an_address_that_is_none_is_as_without_systemd(address: str) -> None:
    assert service_manager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000"}, OURS) == ServiceManager()


def test_what_was_taken_is_not_left_for_children() -> None:
    environment = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1", "WATCHDOG_PID": str(OURS), "LANG": "C"}
    assert take_service_manager(environment, OURS).address == "/run/notify"
    assert environment == {"LANG": "C"}


def test_a_status_is_one_line_whatever_it_is_made_of() -> None:
    assert status("radio lost:\n  chip version\t0x00") == b"STATUS=radio lost: chip version 0x00"


def test_a_status_is_cut_between_two_characters() -> None:
    message = status("é" * LONGEST_STATUS_BYTES)
    assert len(message) <= LONGEST_STATUS_BYTES + len("STATUS=")
    assert set(message.removeprefix(b"STATUS=").decode()) == {"é"}


def test_a_reload_tells_since_when() -> None:
    assert reloading(123_456) == b"RELOADING=1\nMONOTONIC_USEC=123456"


def test_more_time_is_asked_for_in_microseconds() -> None:
    assert extend_timeout(1.5) == b"EXTEND_TIMEOUT_USEC=1500000"


@pytest.mark.parametrize("is_abstract", [False, True])
def test_what_is_told_together_is_one_datagram(tmp_path: Path, *, is_abstract: bool) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{path}" if is_abstract else str(path))
        systemd.settimeout(10)
        telling = NotifySocket(f"@{path}" if is_abstract else str(path))
        telling.send(READY, status("listening"), WATCHDOG)
        telling.close()
        assert systemd.recv(4096) == b"READY=1\nSTATUS=listening\nWATCHDOG=1"
    assert telling.unsent == 0


def test_a_socket_that_nobody_serves_is_counted_and_nothing_else(tmp_path: Path) -> None:
    telling = NotifySocket(str(tmp_path / "nobody"))
    telling.send(READY)
    telling.close()
    assert telling.unsent == 1


def test_a_systemd_that_does_not_read_is_not_waited_for(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        telling = NotifySocket(str(tmp_path / "notify"))
        while not telling.unsent:
            telling.send(b"x" * 1000)
        telling.close()


def test_what_is_told_once_goes_out_when_systemd_reads_again(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        telling = NotifySocket(str(tmp_path / "notify"))
        filled = 0
        while not telling.unsent:
            telling.send(WATCHDOG)
            filled += 1
        telling.send(reloading(1))
        telling.send(extend_timeout(1.0))
        telling.send(READY)
        for _ in range(filled - 1):
            assert systemd.recv(4096) == WATCHDOG
        telling.send(WATCHDOG)
        telling.close()
        assert [systemd.recv(4096) for _ in range(3)] == [reloading(1), READY, WATCHDOG]


def test_a_systemd_that_never_reads_costs_no_memory(tmp_path: Path) -> None:
    telling = NotifySocket(str(tmp_path / "nobody"))
    for count in range(1000):
        telling.send(status(str(count)))
    telling.close()
    assert len(telling._waiting) == MOST_WAITING
