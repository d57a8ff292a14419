"""Says that the event loop is blocked, from a thread of its own: the loop itself cannot any more."""

import threading
import time
from collections.abc import Callable


class LoopGuard:
    """Calls `on_blocked` with the seconds since the last `beat`, once each time that they exceed `patience_s`."""

    def __init__(self, patience_s: float, on_blocked: Callable[[float], None]) -> None:
        self._patience_s = patience_s
        self._on_blocked = on_blocked
        self._beat_s = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="loop guard", daemon=True)

    def start(self) -> None:
        """Watch until `stop`."""
        self.beat()
        self._thread.start()

    def stop(self) -> None:
        """Watch no more. Does not wait."""
        self._ended.set()

    def beat(self) -> None:
        """The event loop runs."""
        self._beat_s = time.monotonic()

    def _watch(self) -> None:
        told_s = None
        every_s = self._patience_s / 4
        while True:
            due_s = time.monotonic() + every_s
            if self._ended.wait(every_s):
                return
            beat_s, now_s = self._beat_s, time.monotonic()
            late_s = now_s - beat_s
            # Where this thread was held up, the whole process was: the loop is to have its turn first.
            is_fair = now_s - due_s < every_s
            if is_fair and late_s > self._patience_s and told_s != beat_s:
                told_s = beat_s
                self._on_blocked(late_s)
