"""How long nothing at all is heard where a gateway stands, on a usual day. Pure."""

import msgspec

SLOT_S = 3600
DAY_SLOTS = 24
# Until then nobody knows what is usual.
LEARNT_AFTER_SLOTS = 6


class Slot(msgspec.Struct, frozen=True, gc=False):
    """The longest silence that ended within an hour."""

    number: int
    longest_s: float


class UsualSilence(msgspec.Struct, frozen=True):
    """The longest silences of the hours in which something was heard, a day's worth. The present silence is in none."""

    slots: tuple[Slot, ...] = ()
    learns_since_s: float | None = None

    @property
    def longest_s(self) -> float | None:
        """The longest of a day; None until some hours were watched."""
        if self.learns_since_s is None or not self.slots:
            return None
        if self.slots[-1].number * SLOT_S - self.learns_since_s < (LEARNT_AFTER_SLOTS - 1) * SLOT_S:
            return None
        return max(slot.longest_s for slot in self.slots)

    def heard(self, now_s: float, silent_s: float) -> "UsualSilence":
        """Something was heard, after a silence. The first one began with the watch, and says as much as any other."""
        number = int(now_s // SLOT_S)
        since_s = now_s - silent_s if self.learns_since_s is None else self.learns_since_s
        last = self.slots[-1] if self.slots else None
        if last is not None and last.number == number:
            if silent_s <= last.longest_s:
                return self
            return UsualSilence((*self.slots[:-1], Slot(number, silent_s)), since_s)
        recent = tuple(slot for slot in self.slots if slot.number > number - DAY_SLOTS)
        return UsualSilence((*recent, Slot(number, silent_s)), since_s)
