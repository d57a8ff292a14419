"""What the service tells systemd, and what systemd asks of it: sd_notify(3), sd_watchdog_enabled(3).

The protocol is one datagram of `NAME=value` lines to the socket that the environment names. Messages are made by plain
functions; `NotifySocket` is the edge.
"""

import os
import socket
from collections import deque
from collections.abc import Mapping, MutableMapping
from typing import Self

import msgspec

NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
READY, STOPPING, WATCHDOG = b"READY=1", b"STOPPING=1", b"WATCHDOG=1"
# `systemctl status` shows one line; systemd cuts what is longer than its limit of a message.
LONGEST_STATUS_BYTES = 512
EXTENDED = b"EXTEND_TIMEOUT_USEC="
# What systemd is still to be told: more than a start and a stop say.
MOST_WAITING = 16


class ServiceManager(msgspec.Struct, frozen=True):
    """What systemd says of itself to a service: `address` of its socket, and how often it wants a sign of life."""

    address: str | None = None
    watchdog_s: float | None = None


def take_service_manager(environment: MutableMapping[str, str], process_id: int) -> ServiceManager:
    """Read what systemd put into the environment, and take it out: a child must not speak in the service's name."""
    found = service_manager(environment, process_id)
    for name in (NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID):
        environment.pop(name, None)
    return found


def service_manager(environment: Mapping[str, str], process_id: int) -> ServiceManager:
    """The same, with the environment left as it is. What is not as systemd writes it counts as absent."""
    address = environment.get(NOTIFY_SOCKET, "")
    if not address.startswith(("/", "@")) or len(address) < len("/s"):
        return ServiceManager()
    period_us, meant = environment.get(WATCHDOG_USEC, ""), environment.get(WATCHDOG_PID, str(process_id))
    is_wanted = period_us.isdecimal() and int(period_us) > 0 and meant == str(process_id)
    return ServiceManager(address, int(period_us) / 1e6 if is_wanted else None)


def status(text: str) -> bytes:
    """One line for `systemctl status`."""
    line = " ".join(text.split()).encode()[:LONGEST_STATUS_BYTES]
    return b"STATUS=" + line.decode(errors="ignore").encode()


def reloading(monotonic_us: int) -> bytes:
    """What the service was told to read again is read now; READY follows. `monotonic_us` is CLOCK_MONOTONIC."""
    return b"RELOADING=1\nMONOTONIC_USEC=%d" % monotonic_us


def extend_timeout(by_s: float) -> bytes:
    """The start goes on: it is not to be ended within this time, whatever TimeoutStartSec says."""
    return EXTENDED + b"%d" % round(by_s * 1e6)


def is_told_again(message: bytes) -> bool:
    """Whether the like of a message comes soon, so that this one may be lost."""
    return message.startswith((WATCHDOG, EXTENDED))


class NotifySocket:
    """Sends to systemd. Nothing is raised and nothing waits: `unsent` counts what did not go out.

    A systemd that is busy takes no more datagrams for a while, at a boot above all. What is told once (READY) goes out
    before the next message then, in order; what is told again anyway (a sign of life) is lost. For one thread: no lock
    is taken, which a loop that hangs might hold.
    """

    def __init__(self, address: str) -> None:
        # An abstract socket's name begins with a zero byte, which the environment writes as "@": unix(7).
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self.unsent = 0

    def send(self, *messages: bytes) -> None:
        """Tell one or more things at once."""
        self._waiting.append(b"\n".join(messages))
        while self._waiting:
            try:
                self._socket.sendto(self._waiting[0], self._address)
            except OSError:
                self.unsent += 1
                if is_told_again(self._waiting[-1]):
                    self._waiting.pop()
                return
            self._waiting.popleft()

    def close(self) -> None:
        """Nothing is told any more."""
        self._socket.close()

    @classmethod
    def of(cls, manager: ServiceManager) -> Self | None:
        """None where no systemd waits for anything."""
        return None if manager.address is None else cls(manager.address)


def own_service_manager() -> ServiceManager:
    """This process's, taken out of its environment."""
    return take_service_manager(os.environ, os.getpid())
