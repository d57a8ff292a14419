"""When virtual devices are on the air, so that a gateway with one transmitter can answer each in its window. Pure."""

import math

import msgspec

TICK_S = 0.01


class Exchange(msgspec.Struct, frozen=True):
    """An uplink, and a downlink a fixed time after its end. Without an uplink all but the last is 0."""

    uplink_s: float
    delay_s: float
    downlink_s: float


class Calendar:
    """Gives each exchange a time at which neither its uplink nor its downlink meets another's.

    After a packet `guard_s` stays free: what the transmit queue keeps between two of them, and a little more.
    """

    def __init__(self, guard_s: float) -> None:
        self._guard_s = guard_s
        self._uplinks: set[int] = set()
        self._downlinks: set[int] = set()

    def book(self, exchange: Exchange, earliest_s: float) -> float:
        """The first free start from `earliest_s` on, which is free no longer."""
        start_s = math.ceil(earliest_s / TICK_S) * TICK_S
        while True:
            uplink = self._ticks(start_s, exchange.uplink_s)
            downlink = self._ticks(start_s + exchange.uplink_s + exchange.delay_s, exchange.downlink_s)
            wait = max(_past_clash(uplink, self._uplinks), _past_clash(downlink, self._downlinks))
            if not wait:
                self._uplinks.update(uplink)
                self._downlinks.update(downlink)
                return start_s
            start_s = round(start_s / TICK_S + wait) * TICK_S

    def _ticks(self, start_s: float, length_s: float) -> range:
        if not length_s:
            return range(0)
        return range(math.floor(start_s / TICK_S), math.ceil((start_s + length_s + self._guard_s) / TICK_S))


def _past_clash(wanted: range, occupied: set[int]) -> int:
    """By how many ticks a span has to move so that it lies behind the last tick that is occupied."""
    return next((tick - wanted.start + 1 for tick in reversed(wanted) if tick in occupied), 0)
