"""Says that the event loop is blocked, from a thread of its own: the loop itself cannot any more."""

import threading
import time
from collections.abc import Callable

import msgspec

# One late look may be the first after a process that was stopped goes on: the loop is to have its turn before the next.
LATE_LOOKS = 2


class Seen(msgspec.Struct, frozen=True):
    """How many looks in a row found the loop late, and the beat after which it was told of."""

    late: int = 0
    told_beat_s: float | None = None


def look(seen: Seen, late_s: float, patience_s: float, beat_s: float, *, is_fair: bool) -> tuple[Seen, bool]:
    """One more look; whether to tell now. It is not fair where whoever looks was held up as well."""
    if not is_fair or late_s <= patience_s or seen.told_beat_s == beat_s:
        return Seen(told_beat_s=seen.told_beat_s), False
    if seen.late + 1 < LATE_LOOKS:
        return Seen(seen.late + 1, seen.told_beat_s), False
    return Seen(told_beat_s=beat_s), True


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
        seen = Seen()
        every_s = self._patience_s / 4
        while True:
            due_s = time.monotonic() + every_s
            if self._ended.wait(every_s):
                return
            beat_s, now_s = self._beat_s, time.monotonic()
            late_s, is_fair = now_s - beat_s, now_s - due_s < every_s
            seen, is_blocked = look(seen, late_s, self._patience_s, beat_s, is_fair=is_fair)
            if is_blocked:
                self._on_blocked(late_s)
