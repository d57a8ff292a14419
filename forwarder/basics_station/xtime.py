"""xtime: a moment of the concentrator's counter, as the protocol carries it. Pure.

Bit 63 is 0, bits 62 to 56 are the radio unit (ours is 0), bits 55 to 48 tell apart the counter's lives, 1 to 255, and
bits 47 to 0 are microseconds. The low 32 of them are the concentrator counter; those above count its wraps.
"""

import secrets
from collections.abc import Callable

from radio.counter import CLOCKS_DIFFER_BY, COUNTER_MASK, linear_of

TICKS_BITS = 48
TICKS_MASK = (1 << TICKS_BITS) - 1
SESSIONS = 255
UNKNOWN_XTIME = 0
# Further from where it should be, the counter has begun anew. Packets wait for seconds where the event loop is busy;
# the windows of those that wait longer are over.
JUMP_US = 5_000_000

Draw = Callable[[int], int]
"""A number from 0 up to the one given, exclusive, that nobody foresees."""


def session_of(xtime: int) -> int:
    """Which life of the counter a moment belongs to."""
    return xtime >> TICKS_BITS & 0xFF


class CounterClock:
    """Extends the 32-bit concentrator counter, and knows about where it is between two packets.

    `now_s` is the host's monotonic clock throughout.
    """

    def __init__(self, draw: Draw = secrets.randbelow) -> None:
        self._draw = draw
        self.session = 0
        self._linear_us: int | None = None
        self._heard_s = 0.0
        self.radio_started()

    def radio_started(self) -> None:
        """The counter has begun anew: moments of its former life mean nothing any more."""
        # Never the same one twice in a row.
        self.session = (self.session + self._draw(SESSIONS - 1)) % SESSIONS + 1
        self._linear_us = None

    def hear(self, counter_us: int, now_s: float) -> int:
        """The xtime of a counter of this moment, or of the last seconds. A counter that jumped has begun anew."""
        expected_us = self.linear_now_us(now_s)
        if expected_us is None:
            linear_us = counter_us
        else:
            linear_us = linear_of(counter_us, expected_us)
            tolerance_us = JUMP_US + (now_s - self._heard_s) * 1e6 * CLOCKS_DIFFER_BY
            if abs(linear_us - expected_us) > tolerance_us:
                self.radio_started()
                linear_us = counter_us
        self._linear_us, self._heard_s = linear_us, now_s
        return self.xtime_at(linear_us)

    def linear_now_us(self, now_s: float) -> int | None:
        """Where the extended counter is about now; None before anything of it was heard."""
        if self._linear_us is None:
            return None
        return self._linear_us + round((now_s - self._heard_s) * 1e6)

    def xtime_at(self, linear_us: int) -> int:
        """The xtime of a moment of the extended counter."""
        return self.session << TICKS_BITS | linear_us & TICKS_MASK

    def xtime_now(self, now_s: float) -> int:
        """The xtime of about now, 0 where it is not known."""
        linear_us = self.linear_now_us(now_s)
        return UNKNOWN_XTIME if linear_us is None else self.xtime_at(linear_us)

    def linear_at(self, xtime: int, now_s: float) -> int | None:
        """The moment that an xtime stands for, on the extended counter; None for another life or another radio."""
        now_us = self.linear_now_us(now_s)
        if now_us is None or xtime < 0 or xtime >> TICKS_BITS != self.session:
            return None
        half = 1 << (TICKS_BITS - 1)
        return now_us - half + (((xtime & TICKS_MASK) - now_us + half) & TICKS_MASK)

    def emitted_at(self, counter_us: int, now_s: float) -> int:
        """The extended counter at a 32-bit counter near now, where nothing needs to have been heard before."""
        now_us = self.linear_now_us(now_s)
        return counter_us & COUNTER_MASK if now_us is None else linear_of(counter_us & COUNTER_MASK, now_us)
