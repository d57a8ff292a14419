"""What is due when: the simulator's events in order of time. Nothing runs by itself."""

import heapq
from collections.abc import Callable


class Agenda:
    """Events by moment of the simulated chip's clock; those of one moment happen as they were noted."""

    def __init__(self) -> None:
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = 0

    def note(self, moment_s: float, happen: Callable[[], None]) -> None:
        """Have something happen once the clock has passed a moment, which may be over already."""
        self._sequence += 1
        heapq.heappush(self._events, (moment_s, self._sequence, happen))

    def advance(self, now_s: float) -> None:
        """Live through everything that is due up to `now_s`, also what comes of it."""
        while self._events and self._events[0][0] <= now_s:
            heapq.heappop(self._events)[2]()
