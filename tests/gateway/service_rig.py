"""The daemon as systemd starts it: a process with a notify socket, and hooks that break a part of it when told to."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
WATCHDOG_S = 4.0
FEEDS_A_PERIOD = 8
SERVER = '[[server]]\nname = "main"\nhost = "127.0.0.1"\n'

START = """
from gateway.cli import main
sys.argv = ["candelabre", "run", "--config", {path!r}]
main.console()
"""
HOOKED = """
import asyncio, os, signal, socket, sys, threading, time
notify_path = os.environ.get("NOTIFY_SOCKET", "")
def hooked(name):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
        telling.sendto(b"HOOK=" + name, notify_path)
def on_signal(break_it):
    def handler(*_):
        hooked(b"broken")
        break_it()
    signal.signal(signal.SIGUSR2, handler)
"""
FROZEN_RADIO = """
from radio.simulator import SimulatedConcentrator
frozen, answer = threading.Event(), SimulatedConcentrator.transfer
def transfer(self, out):
    if frozen.is_set():
        threading.Event().wait()
    return answer(self, out)
SimulatedConcentrator.transfer = transfer
on_signal(frozen.set)
"""
BLOCKED_LOOP = """
def blocked_for_ever():
    while True:
        time.sleep(3600)
on_signal(blocked_for_ever)
"""
CANCELLED = """
def cancel():
    for task in asyncio.all_tasks():
        work = task.get_coro()
        if getattr(work, "__qualname__", type(work).__name__) == {loop!r}:
            task.cancel()
on_signal(cancel)
"""


class Note(msgspec.Struct, frozen=True):
    """A line that systemd was sent."""

    name: str
    value: str
    at_s: float


class Notified:
    """systemd's end of the notify socket."""

    def __init__(self, path: Path, *, abstract: bool = False) -> None:
        self.address = f"@{path}" if abstract else str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{path}" if abstract else str(path))
        self.notes: list[Note] = []
        self._news = threading.Condition()
        threading.Thread(target=self._receive, daemon=True).start()

    def until(self, condition: Callable[[list[Note]], bool]) -> list[Note]:
        """Wait for what has come to fulfil a condition."""
        with self._news:
            assert self._news.wait_for(lambda: condition(self.notes), PATIENCE_S), self.notes
            return list(self.notes)

    def wait_for(self, name: str, part: str = "") -> list[Note]:
        """Wait for a line with such a value; all that came until then."""
        return self.until(lambda notes: any(note.name == name and part in note.value for note in notes))

    def after(self, name: str, part: str = "") -> list[Note]:
        """What has come after the first such line."""
        with self._news:
            first = next(at for at, note in enumerate(self.notes) if note.name == name and part in note.value)
            return self.notes[first + 1 :]

    def values(self, name: str) -> list[str]:
        """What a variable was set to, in order."""
        with self._news:
            return [note.value for note in self.notes if note.name == name]

    def _receive(self) -> None:
        while data := self._socket.recv(65536):
            at_s = time.monotonic()
            with self._news:
                for line in data.decode().split("\n"):
                    name, _, value = line.partition("=")
                    self.notes.append(Note(name, value, at_s))
                self._news.notify_all()


class Daemon:
    """A daemon that was started, and what it tells."""

    def __init__(self, process: subprocess.Popen[bytes], systemd: Notified, log: Path) -> None:
        self.process = process
        self.systemd = systemd
        self._log = log

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; its status."""
        return self.process.wait(PATIENCE_S)

    def stopped_within_s(self) -> float:
        """Tell it to stop; how long that took."""
        began_s = time.monotonic()
        self.signal(signal.SIGTERM)
        assert self.ended() == 0, self.log()
        return time.monotonic() - began_s

    def log(self) -> str:
        """What it has written to standard error."""
        return self._log.read_text()


def write_config(directory: Path, sections: str = SERVER, bus: str = "simulator") -> Path:
    """A gateway's configuration, with its state in the same directory."""
    path = directory / "gateway.toml"
    state = directory / "state"
    path.write_text(
        f'[gateway]\nstate_dir = "{state}"\n[radio]\nbus = "{bus}"\nregion_plan = "EU868"\n{sections}', encoding="utf-8"
    )
    return path


@contextlib.contextmanager
def service(
    directory: Path,
    config: Path | None = None,
    hook: str = "",
    *,
    watchdog_s: float = WATCHDOG_S,
    abstract: bool = False,
) -> Iterator[Daemon]:
    """The daemon under a systemd that waits for signs of life; killed when the test ends."""
    config = config or write_config(directory)
    systemd = Notified(directory / "notify", abstract=abstract)
    environment = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": str(round(watchdog_s * 1e6))}
    code = HOOKED + hook + START.format(path=str(config))
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=os.environ | environment, stderr=log)
    try:
        yield Daemon(process, systemd, directory / "log")
    finally:
        process.kill()
        process.wait(PATIENCE_S)
