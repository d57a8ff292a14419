"""One gateway's months at a site, packet by packet: when would it have called itself deaf, rightly or not?"""

import math
import random
from collections.abc import Iterator

import msgspec

from bench.deafness_sites import DAY_S, HOUR_S, Clock, Site
from gateway.supervision.deafness import DeafnessWatch, Hearing

# 5 January 1970.
MONDAY_S = 4 * DAY_S
DEAF_EVERY_S = 4 * HOUR_S
# Delays are told of a watch that has seen some weekends.
DELAYS_FROM_DAY = 21
RECOVERY_S = 2.0


class Outcome(msgspec.Struct):
    """What became of some months: false alarms by their moments, and delays of detection by day and by night (s)."""

    months: float = 0.0
    alarms_s: list[float] = msgspec.field(default_factory=list)
    day_s: list[float] = msgspec.field(default_factory=list)
    night_s: list[float] = msgspec.field(default_factory=list)

    @property
    def delays_s(self) -> list[float]:
        """All of them."""
        return self.day_s + self.night_s


def trial(site: Site, run: int, share: float = 1.0) -> Outcome:
    """Live through a site's months, or through a share of them."""
    rng = random.Random(f"{site.name} {run}")
    days = math.ceil(site.months * share * 30)
    outcome, wall = Outcome(months=days / 30), Wall(site.clock)
    watch, deaf_s = DeafnessWatch.begun(0.0), DELAYS_FROM_DAY * DAY_S
    for at_s in _until(site.arrivals(rng, days), days * DAY_S):
        while deaf_s < at_s:
            if deaf_s >= watch.heard_s:
                _note_delay(outcome, watch, deaf_s)
            deaf_s += rng.expovariate(1 / DEAF_EVERY_S)
        watch = _waited(watch, at_s, outcome)
        if at_s < days * DAY_S:
            watch = wall.restarted(watch.heard(at_s, 1, wall.local_s(at_s)), at_s)
    return outcome


class Wall:
    """The wall clock, and the daemon's life."""

    def __init__(self, kind: Clock) -> None:
        self._kind = kind
        self._next_s = DAY_S

    def local_s(self, at_s: float) -> float | None:
        """What the clock says."""
        if self._kind is Clock.NONE:
            return None
        wrong_s = 7 * HOUR_S if self._kind is Clock.JUMPS and at_s // DAY_S % 7 == 2 else 0.0
        return MONDAY_S + at_s + wrong_s

    def restarted(self, watch: DeafnessWatch, at_s: float) -> DeafnessWatch:
        """The same watch, or that of a new process."""
        if self._kind is not Clock.RESTARTS or at_s < self._next_s:
            return watch
        self._next_s += DAY_S
        kept = DeafnessWatch.from_bytes(watch.to_bytes(), at_s)
        if kept is None:
            raise ValueError("what the watch keeps cannot be read")
        return kept


def _until(arrivals: Iterator[float], end_s: float) -> Iterator[float]:
    """The arrivals, and the end."""
    yield from (at_s for at_s in arrivals if at_s < end_s)
    yield end_s


def _waited(watch: DeafnessWatch, until_s: float, outcome: Outcome) -> DeafnessWatch:
    """The watch after a silence: who calls it deaf restarts the receiver, again and again, in vain."""
    if until_s - watch.heard_s < 60:
        return watch
    has_alarmed = False
    while (due_s := deaf_at_s(watch)) < until_s:
        if not has_alarmed:
            outcome.alarms_s.append(due_s)
            has_alarmed = True
        if watch.judge(due_s + 0.001).hearing is Hearing.SILENT:
            break
        watch = watch.paused(RECOVERY_S).restarted(due_s + RECOVERY_S + 0.001)
    return watch


def deaf_at_s(watch: DeafnessWatch) -> float:
    """When the watch will say so, if nothing is heard until then."""
    after_s = watch.judge(watch.heard_s).deaf_after_s
    return math.inf if after_s is None else watch.heard_s + after_s


def _note_delay(outcome: Outcome, watch: DeafnessWatch, deaf_s: float) -> None:
    delay_s = deaf_at_s(watch) - deaf_s
    if delay_s < 0:
        # It is called deaf already, and wrongly.
        return
    by_day = 8 <= deaf_s % DAY_S / HOUR_S < 20
    (outcome.day_s if by_day else outcome.night_s).append(delay_s)
