"""The account of a demonstration: every transmission ends in exactly one place. Pure."""

from collections.abc import Mapping

import msgspec

from forwarder.backend import BackendCounters
from radio.simulator import Fate

RECORDED = (Fate.HEARD, Fate.HEARD_DAMAGED)


class Reckoning(msgspec.Struct, frozen=True):
    """What was sent on the air, what the chip made of it, and what the gateway did with that."""

    transmitted: int
    fates: Mapping[Fate, int]
    received: int
    server: str
    forwarded: BackendCounters

    @property
    def ended(self) -> int:
        """Transmissions that are over."""
        return sum(self.fates.values())

    @property
    def recorded(self) -> int:
        """Transmissions of which the chip made a record."""
        return sum(self.fates.get(fate, 0) for fate in RECORDED)

    @property
    def complete(self) -> bool:
        """Whether nothing is under way any more."""
        counters = self.forwarded
        done = counters.uplinks_acknowledged + counters.uplinks_filtered + counters.uplinks_dropped
        return self.ended == self.transmitted and self.received == self.recorded and done == self.received


def summary(reckoning: Reckoning) -> list[str]:
    """The account in words."""
    counters = reckoning.forwarded
    on_air = reckoning.transmitted - reckoning.ended
    fates = [f"{count} {fate.value}" for fate, count in sorted(reckoning.fates.items(), key=lambda item: -item[1])]
    if on_air:
        fates.append(f"{on_air} still on the air")
    missing = reckoning.recorded - reckoning.received
    unacknowledged = counters.uplinks_sent - counters.uplinks_acknowledged
    heard = [
        f"{counters.uplinks_sent} forwarded to {reckoning.server} ({counters.uplinks_acknowledged} acknowledged)",
        f"{counters.uplinks_filtered} left out for their CRC",
    ]
    if counters.uplinks_dropped:
        heard.append(f"{counters.uplinks_dropped} that could not be sent")
    if unacknowledged:
        heard.append(f"{unacknowledged} without acknowledgement")
    if missing:
        heard.append(f"{missing} recorded by the chip but not read")
    return [
        f"{reckoning.transmitted} transmissions: {', '.join(fates) or 'none'}",
        f"{reckoning.received} packets heard: {', '.join(heard)}",
    ]
