"""The 32 MHz counter and its copy at the last pulse per second."""

import math
from collections.abc import Callable

TICKS_PER_S = 32_000_000
_WRAP = 1 << 32


class Counter:
    """32 bits at 32 MHz since the last chip reset, or frozen at what a test has set."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._zero_s = clock()
        self._pps_since_s: float | None = None
        self._frozen: tuple[int, int] | None = None

    @property
    def frozen(self) -> bool:
        """Whether the counter stands still."""
        return self._frozen is not None

    def reset(self) -> None:
        """Count from zero again, without PPS. A frozen counter stays frozen."""
        self._zero_s = self._clock()
        self._pps_since_s = None

    def freeze(self, ticks: int | None = None, pps_ticks: int | None = None) -> None:
        """Stand still at the given values, or at those of this moment."""
        now_s = self._clock()
        self._frozen = (
            self.ticks_at(now_s) if ticks is None else ticks % _WRAP,
            self.pps_ticks_at(now_s) if pps_ticks is None else pps_ticks % _WRAP,
        )

    def resume(self) -> None:
        """Run with the clock again, as if it had never stood still."""
        self._frozen = None

    def capture_pps(self, enabled: bool) -> None:
        """Latch the counter at every whole second of the clock from now on, or no longer."""
        if not enabled:
            self._pps_since_s = None
        elif self._pps_since_s is None:
            self._pps_since_s = self._clock()

    def ticks_at(self, moment_s: float) -> int:
        """The free-running counter at a moment of the clock."""
        if self._frozen is not None:
            return self._frozen[0]
        return int((moment_s - self._zero_s) * TICKS_PER_S) % _WRAP

    def microseconds_at(self, moment_s: float) -> int:
        """The running counter in whole microseconds, with the 32 bits that hosts give it."""
        return round((moment_s - self._zero_s) * 1e6) % _WRAP

    def pps_ticks_at(self, moment_s: float) -> int:
        """The counter's value at the last pulse before a moment; 0 until the first pulse."""
        if self._frozen is not None:
            return self._frozen[1]
        pulse_s = math.floor(moment_s)
        if self._pps_since_s is None or pulse_s < self._pps_since_s:
            return 0
        return int((pulse_s - self._zero_s) * TICKS_PER_S) % _WRAP

    def register_bytes(self, moment_s: float) -> bytes:
        """The eight counter registers: PPS, then free-running, most significant byte first."""
        return ((self.pps_ticks_at(moment_s) << 32) | self.ticks_at(moment_s)).to_bytes(8, "big")
