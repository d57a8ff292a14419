"""What a server's end got, and when. Messages are read later, when no clock runs."""

import time
from collections.abc import Callable, Iterable, Mapping

Numbers = Callable[[bytes], Iterable[int | None]]
"""The numbers of the packets in one message of a protocol; None for a packet that is none of ours."""


class Received:
    """Collects messages that carry uplinks, each with the time of its arrival.

    May be told of them by another thread than the one that asks.
    """

    def __init__(self, numbers_in: Numbers) -> None:
        self._numbers_in = numbers_in
        self._unread: list[tuple[float, bytes]] = []
        self._first_s: dict[int, float] = {}
        self.is_gateway_there = False
        self.last_s = 0.0

    def gateway_came(self) -> None:
        """From now on it can be sent packets through."""
        self.is_gateway_there = True

    def take(self, message: bytes) -> None:
        """One message, now."""
        self.last_s = time.monotonic()
        self._unread.append((self.last_s, message))

    def first_by_number(self) -> Mapping[int, float]:
        """When each of our packets arrived for the first time."""
        unread, self._unread = self._unread, []
        for at_s, message in unread:
            for number in self._numbers_in(message):
                if number is not None:
                    self._first_s.setdefault(number, at_s)
        return self._first_s

    def clear(self) -> None:
        """Forget the packets so far."""
        self._unread, self._first_s = [], {}
