"""What a gateway knows that has listened for days to regular traffic."""

import functools

from gateway.supervision.deafness import DeafnessWatch
from gateway.supervision.hearing_memory import HearingMemory

DAY_S = 86_400.0


@functools.cache
def learnt(per_s: float, days: float = 2.0) -> HearingMemory:
    """From so many packets a second, evenly."""
    watch, every_s = DeafnessWatch.begun(0.0), max(1.0, 1 / per_s)
    for step in range(1, round(days * DAY_S / every_s)):
        watch = watch.heard(step * every_s, max(1, round(per_s * every_s)))
    return watch.memory
