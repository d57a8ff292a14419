"""What the radio hears, given to the watch over its hearing, which outlives radios and, on the disk, the process."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from gateway.supervision.deafness import DeafnessWatch, HearingReport
from radio.atomic_file import write_atomically
from radio.concentrator import RadioHealth

FILE = "hearing"
LARGEST_BYTES = 32_768
KEEP_EVERY_S = 3600.0
# The rate of late, for how soon something is to be heard after a repair.
RATE_OVER_S = 300.0
# So many packets that do not come are no chance, whatever their rhythm.
SURE_PACKETS = 40.0
SHORTEST_QUICK_S = 2.0
LONGEST_QUICK_S = 10.0

_log = structlog.get_logger()


class Heard(Protocol):
    """What is asked of a radio that is listened to; see `radio.concentrator.Concentrator`."""

    def health(self) -> RadioHealth:
        """Counters and last readings."""


class Ears:
    """Follows one gateway's radios, one after the other. `local_s` is the wall clock's time, None where not sure."""

    def __init__(
        self,
        path: Path | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self.local_s: Callable[[], float | None] = lambda: None
        self._now_s = now_s
        self.watch = _kept(path, now_s()) or DeafnessWatch.begun(now_s())
        self._radio: Heard | None = None
        self._counted = 0
        self._looked_s = now_s()
        self._kept_s = now_s()
        self._packets = self._seconds = self._silent_s = 0.0

    def listen(self, radio: Heard) -> int:
        """Look at a radio at work: how many packets it has heard since the last look."""
        now_s, count = self._now_s(), radio.health().received.packets
        if radio is not self._radio:
            # Nobody listened since the last look at the one before.
            self.watch = self.watch.paused(max(0.0, now_s - self._looked_s))
            self._radio, self._counted, self._looked_s = radio, 0, now_s
        heard, passed_s = count - self._counted, now_s - self._looked_s
        self._counted, self._looked_s = count, now_s
        self.watch = self.watch.heard(now_s, heard, self.local_s())
        self._silent_s += passed_s
        if heard:
            self._count(heard, min(self._silent_s, RATE_OVER_S))
            self._silent_s = 0.0
        return heard

    def _count(self, heard: int, passed_s: float) -> None:
        """For the rate; a silence counts once it has ended."""
        kept = math.exp(-passed_s / RATE_OVER_S)
        self._packets, self._seconds = self._packets * kept + heard, self._seconds * kept + passed_s

    def report(self) -> HearingReport:
        """How it hears."""
        return self.watch.judge(self._now_s())

    @property
    def quick_s(self) -> float | None:
        """After how long something is sure to be heard again; None where that takes long."""
        if self._packets < SURE_PACKETS or self._packets * LONGEST_QUICK_S < SURE_PACKETS * self._seconds:
            return None
        return max(SHORTEST_QUICK_S, SURE_PACKETS * self._seconds / self._packets)

    @property
    def is_idle_check_due(self) -> bool:
        """Whether a receiver that hears nothing is to be restarted for once."""
        return self.watch.next_idle_check_s(self._now_s()) <= 0

    def emitted(self, airtime_s: float) -> None:
        """The gateway transmitted, and heard nothing meanwhile."""
        self.watch = self.watch.paused(airtime_s)

    def repaired(self, *, idle_check: bool) -> None:
        """A rung was taken, and the radio is at work again."""
        now_s = self._now_s()
        self.watch = self.watch.idle_checked(now_s) if idle_check else self.watch.restarted(now_s)

    def gave_up(self) -> None:
        """No rung is left."""
        self.watch = self.watch.brought_nothing()

    @property
    def is_worth_a_write(self) -> bool:
        """Whether what was learnt is to be kept."""
        return self._path is not None and self._now_s() - self._kept_s >= KEEP_EVERY_S

    def save(self) -> None:
        """Keep what was learnt; blocks for the disk."""
        self._kept_s = self._now_s()
        if self._path is None:
            return
        try:
            write_atomically(self._path, self.watch.to_bytes())
        except OSError as error:
            _log.warning("what the radio usually hears cannot be kept", file=str(self._path), reason=str(error))


def _kept(path: Path | None, now_s: float) -> DeafnessWatch | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("what the radio usually hears cannot be read, and is learnt anew", reason=str(error))
        return None
    return DeafnessWatch.from_bytes(data, now_s)
