"""When packets are due. Pure: time is an argument."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random

MOST_LATE_S = 0.004
"""A third of what the chip's buffer holds at 8,000 packets/s: an injector that was held up must not burst it."""


def regular(count: int, rate_pps: float) -> list[float]:
    """Due times of packets at even distances, in seconds from the first."""
    return [number / rate_pps for number in range(count)]


def irregular(count: int, rate_pps: float, seed: int = 1) -> list[float]:
    """Due times of packets that know nothing of each other (Poisson), so that no phase of the poll is favoured."""
    chance = Random(seed)
    return list(accumulate(chance.expovariate(rate_pps) for _ in range(count)))


class Pacer:
    """Hands out packet numbers as they come due; the schedule begins at `begin_s`.

    Whoever asks too late is given `MOST_LATE_S` worth of packets, and the rest of the schedule later: the
    rate then falls short, but no burst is made that the schedule does not have.
    """

    def __init__(self, due_s: Sequence[float], begin_s: float) -> None:
        self._due_s = due_s
        self._origin_s = begin_s
        self._next = 0

    @property
    def finished(self) -> bool:
        """Whether all packets were handed out."""
        return self._next >= len(self._due_s)

    def due(self, now_s: float) -> range:
        """The packets that are due and were not handed out before."""
        first = self._next
        if self.finished:
            return range(first, first)
        late_s = now_s - self._origin_s - self._due_s[first]
        self._origin_s += max(late_s - MOST_LATE_S, 0.0)
        self._next = bisect_right(self._due_s, now_s - self._origin_s, first)
        return range(first, self._next)

    def wait_s(self, now_s: float) -> float:
        """How long until the next packet is due."""
        return 0.0 if self.finished else max(self._origin_s + self._due_s[self._next] - now_s, 0.0)


def achieved_pps(entered_s: Sequence[float]) -> float:
    """The rate at which packets really entered, between the first and the last."""
    if len(entered_s) < 2 or entered_s[-1] <= entered_s[0]:
        return 0.0
    return (len(entered_s) - 1) / (entered_s[-1] - entered_s[0])
