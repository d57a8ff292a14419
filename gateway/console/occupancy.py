"""How much of the time each frequency was in use in the last minutes, as far as this gateway heard it, or sent. Pure.

What it could not decode is not counted: the true occupancy is this or more.
"""

import msgspec

SLOT_S = 10
SLOTS = 30
US_PER_S = 1_000_000


class Slot(msgspec.Struct, frozen=True):
    """Ten seconds: the airtime of each frequency."""

    number: int
    airtime_us: dict[int, int]


class Occupancy(msgspec.Struct, frozen=True):
    """The slots of the last five minutes in which there was anything, oldest first; times are monotonic seconds."""

    began_s: float
    slots: tuple[Slot, ...] = ()

    def taken(self, freq_hz: int, airtime_us: int, at_s: float) -> "Occupancy":
        """With one more packet. One that outlasts a slot counts in that in which it ended."""
        number = int(at_s // SLOT_S)
        former, last = self.slots, Slot(number, {})
        if former and former[-1].number == number:
            former, last = former[:-1], former[-1]
        airtimes = {**last.airtime_us, freq_hz: last.airtime_us.get(freq_hz, 0) + airtime_us}
        kept = tuple(slot for slot in former if slot.number > number - SLOTS)
        return Occupancy(self.began_s, (*kept, Slot(number, airtimes)))

    def over_s(self, now_s: float) -> float:
        """How long the shares are of."""
        return min(now_s - self.began_s, float(SLOT_S * SLOTS))

    def shares(self, now_s: float) -> dict[int, float]:
        """The share of each frequency that was ever in use since, lowest frequency first."""
        over_us = max(1.0, self.over_s(now_s)) * US_PER_S
        sums: dict[int, int] = {}
        for slot in self.slots:
            for freq_hz, airtime_us in slot.airtime_us.items():
                counted_us = airtime_us if slot.number > int(now_s // SLOT_S) - SLOTS else 0
                sums[freq_hz] = sums.get(freq_hz, 0) + counted_us
        return {freq_hz: min(1.0, sums[freq_hz] / over_us) for freq_hz in sorted(sums)}
