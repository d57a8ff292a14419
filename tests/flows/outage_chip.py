"""A simulated chip that notes how long it was left alone, and what to hold that against: how long anybody was."""

import threading
import time

import msgspec

from radio.simulator import SimulatedConcentrator

# Less is any machine's way of sharing itself.
LEAST_PAUSE_S = 0.05
BEAT_S = 0.005


class Pause(msgspec.Struct, frozen=True, order=True):
    """How long the chip was left alone while it listened, and how long after it had begun to."""

    seconds: float
    after_s: float


class Chip(SimulatedConcentrator):
    """The chip, and how long it was left alone while it listened. What its host left unread goes with its host."""

    def __init__(self) -> None:
        super().__init__()
        self._last_s: float | None = None
        self._began_s: float | None = None
        self._is_taking_leave = False
        self.pauses: list[Pause] = []

    def transfer(self, out: bytes) -> bytes:
        """See `SimulatedConcentrator.transfer`."""
        self._look()
        self._last_s = time.monotonic() if self.receiving else None
        return super().transfer(out)

    def take_leave(self) -> None:
        """Its host is going to stop it: no pause from now on is one of listening."""
        self._is_taking_leave = True

    def abandon(self) -> None:
        """Its host is no more: it is reset, as every start does."""
        self._look()
        self._last_s = self._began_s = None
        self.reset()

    def _look(self) -> None:
        now_s = time.monotonic()
        if self._last_s is None or self._is_taking_leave:
            return
        self._began_s = self._began_s or now_s
        if now_s - self._last_s >= LEAST_PAUSE_S:
            self.pauses.append(Pause(now_s - self._last_s, self._last_s - self._began_s))


class Metronome:
    """A thread that wants to run every few milliseconds, as the radio's does, and notes how late it was at worst.

    What kept it from running, other processes mostly, kept others as well.
    """

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat)
        self.worst_s = 0.0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.is_set():
            before_s = time.monotonic()
            time.sleep(BEAT_S)
            self.worst_s = max(self.worst_s, time.monotonic() - before_s - BEAT_S)
