"""Registers that the host wrote, read back a few at a time: whether the chip still holds what it was told.

A chip whose supply dipped, or that was struck by a discharge, may lose a setting and say nothing; then it is deaf on a
channel, or on all (sx1302_hal issue 37). The reference never looks.
"""

from collections.abc import Iterable

from radio.sx1302.chip import Chip
from radio.sx1302.receiver_counters import CanaryState
from radio.sx1302.start import HOST_REGISTERS

# At 2 MHz less than half a millisecond of the bus.
PORTION_BYTES = 64
# So that all of them are read within a minute, or five seconds where that is urgent.
CANARY_PERIOD_S = 2.5
URGENT_PERIOD_S = 0.2
# The transmit path is left out: it is written anew for each packet, and the chip clears triggers by itself.
RECEIVE_REGISTERS = tuple(address for address in HOST_REGISTERS if not 0x5200 <= address < 0x5600)


def portions(addresses: Iterable[int], most: int = PORTION_BYTES) -> tuple[tuple[int, ...], ...]:
    """The addresses in runs that one transfer reads: neighbours, and not too many."""
    runs: list[list[int]] = []
    for address in sorted(addresses):
        if runs and address == runs[-1][-1] + 1 and len(runs[-1]) < most:
            runs[-1].append(address)
        else:
            runs.append([address])
    return tuple(map(tuple, runs))


PORTIONS = portions(RECEIVE_REGISTERS)


class Canary:
    """Looks at one portion after the other, round and round."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._next = 0
        self._astray: dict[int, tuple[int, ...]] = {}
        self.state = CanaryState()

    def look(self, now_s: float) -> None:
        """Read the next portion; one that holds something else is read again.

        Raises:
            BusError: a transfer failed.
        """
        number, portion = self._next, PORTIONS[self._next]
        found = self._chip.astray(portion) and self._chip.astray(portion)
        self._next = (number + 1) % len(PORTIONS)
        if found:
            self._astray[number] = tuple(address for address, _, _ in found)
        else:
            self._astray.pop(number, None)
        passes, passed_s = self.state.passes, self.state.passed_s
        if self._next == 0:
            passes, passed_s = passes + 1, now_s
        astray = tuple(address for part in sorted(self._astray) for address in self._astray[part])
        self.state = CanaryState(passes, passed_s, astray)

    def look_at_all(self, now_s: float) -> None:
        """Read them all, at once.

        Raises:
            BusError: a transfer failed.
        """
        self._next = 0
        for _ in PORTIONS:
            self.look(now_s)
