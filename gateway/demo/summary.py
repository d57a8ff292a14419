"""The account of a demonstration: every transmission ends in exactly one place, and so does every downlink. Pure."""

from collections import Counter as Tally
from collections.abc import Mapping

import msgspec

from forwarder.backend import BackendCounters
from radio.simulator import Fate
from radio.simulator.receive_window import WindowKind

RECORDED = (Fate.HEARD, Fate.HEARD_DAMAGED)


class DownlinkTotals(msgspec.Struct):
    """Downlinks asked for by kind, accepted or refused by the gateway, emitted by the chip, heard by their devices."""

    asked: Tally[str] = msgspec.field(default_factory=Tally)
    accepted: int = 0
    refused: Tally[str] = msgspec.field(default_factory=Tally)
    emitted: int = 0
    heard: Tally[WindowKind] = msgspec.field(default_factory=Tally)

    @property
    def unanswered(self) -> int:
        """Those that the gateway has neither accepted nor refused so far."""
        return self.asked.total() - self.accepted - self.refused.total()


class Reckoning(msgspec.Struct, frozen=True):
    """What was sent on the air, what the chip made of it, and what the gateway did with that.

    `downlinks` is None where nobody could hear one; `on_air` of those that the gateway accepted have not come to
    their end by its own account.
    """

    transmitted: int
    fates: Mapping[Fate, int]
    received: int
    server: str
    forwarded: BackendCounters
    downlinks: DownlinkTotals | None = None
    on_air: int = 0

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
        answered = self.on_air == 0 and (self.downlinks is None or self.downlinks.unanswered == 0)
        return answered and self.ended == self.transmitted and self.received == self.recorded and done == self.received


def summary(reckoning: Reckoning) -> list[str]:
    """The account in words: transmissions, packets heard, and what went back."""
    downlinks = reckoning.downlinks
    return [*_uplinks(reckoning), *([] if downlinks is None else _downlinks(downlinks))]


def _uplinks(reckoning: Reckoning) -> list[str]:
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


def _downlinks(totals: DownlinkTotals) -> list[str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in totals.asked.most_common())
    answers = [f"{totals.accepted} accepted"]
    answers += [f"{count} refused ({reason})" for reason, count in totals.refused.most_common()]
    if totals.unanswered:
        answers.append(f"{totals.unanswered} not answered")
    heard = [f"{totals.heard[window]} heard in {window.value}" for window in WindowKind if totals.heard[window]]
    if missed := totals.emitted - totals.heard.total():
        heard.append(f"{missed} not heard")
    if waiting := totals.accepted - totals.emitted:
        heard.append(f"{waiting} more not emitted")
    return [
        f"{totals.asked.total()} downlinks{f' ({kinds})' if kinds else ''}: {', '.join(answers)}",
        f"{totals.emitted} emitted: {', '.join(heard) or 'none'}",
    ]
