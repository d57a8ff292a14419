"""Who would be admitted, straight from the definition: every admitted uplink is kept, and all are added up each time.

Nothing of the accounts' code is used. The token bucket is the virtual scheduling form of GCRA, ITU-T I.371: each
uplink moves the moment at which the bucket is full again.
"""

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from gateway.policy.claim import Limits
from gateway.policy.outcome import Level, Limit

HOUR_MS = 3_600_000
DAY_MS = 86_400_000


class Heard(NamedTuple):
    """An uplink, and whose it is: the device, its group, its depositor, by any names."""

    at_ms: int
    holders: tuple[Hashable, Hashable, Hashable]
    size_bytes: int
    airtime_us: int
    frame_id: int


class Fate(NamedTuple):
    refused_by: tuple[Level, Limit] | None
    repetition: bool


class _Spent(NamedTuple):
    at_ms: int
    uplinks: int
    size_bytes: int
    airtime_us: int


class _Holder:
    """All that one device, group or depositor was admitted with."""

    def __init__(self) -> None:
        self.spent = list[_Spent]()
        self.uplinks_ms = list[int]()
        self.frames = list[int]()
        # The moment times the rate: an uplink costs HOUR_MS of it, and it stays a whole number.
        self.full_again = 0

    def moment_ms(self, at_ms: int) -> int:
        return max([at_ms, *(spent.at_ms for spent in self.spent[-1:])])

    def refusal(self, limits: Limits, heard: Heard, *, repetition: bool) -> Limit | None:
        at_ms = self.moment_ms(heard.at_ms)
        day = [spent for spent in self.spent if at_ms - DAY_MS < spent.at_ms <= at_ms]
        if not repetition:
            too_soon_ms = limits.min_interval_ms or 0
            if any(at_ms - uplink_ms < too_soon_ms for uplink_ms in self.uplinks_ms[-1:]):
                return Limit.MIN_INTERVAL
            if limits.reload_per_hour is not None:
                most_ahead = (limits.bucket - 1) * HOUR_MS
                if most_ahead < 0 or self.full_again - at_ms * limits.reload_per_hour > most_ahead:
                    return Limit.RATE
            if limits.daily_uplinks is not None and sum(spent.uplinks for spent in day) + 1 > limits.daily_uplinks:
                return Limit.DAILY_UPLINKS
            size_bytes = sum(spent.size_bytes for spent in day)
            if limits.daily_bytes is not None and size_bytes + heard.size_bytes > limits.daily_bytes:
                return Limit.DAILY_BYTES
        airtime_us = sum(spent.airtime_us for spent in day)
        if limits.daily_airtime_us is not None and airtime_us + heard.airtime_us > limits.daily_airtime_us:
            return Limit.DAILY_AIRTIME
        return None

    def admit(self, limits: Limits, heard: Heard, *, repetition: bool) -> None:
        at_ms = self.moment_ms(heard.at_ms)
        self.spent = [spent for spent in self.spent if at_ms - DAY_MS < spent.at_ms]
        self.frames.append(heard.frame_id)
        if repetition:
            self.spent.append(_Spent(at_ms, 0, 0, heard.airtime_us))
            return
        self.spent.append(_Spent(at_ms, 1, heard.size_bytes, heard.airtime_us))
        self.uplinks_ms.append(at_ms)
        self.frames = [heard.frame_id]
        if limits.reload_per_hour is not None:
            self.full_again = max(self.full_again, at_ms * limits.reload_per_hour) + HOUR_MS


def admissions(limits_per_level: tuple[Limits, Limits, Limits], stream: Iterable[Heard]) -> list[Fate]:
    """What becomes of each uplink, in their order, where all devices have the same limits, and all groups, and all
    depositors.
    """
    holders = dict[tuple[Level, Hashable], _Holder]()
    fates = list[Fate]()
    for heard in stream:
        theirs = [holders.setdefault((level, key), _Holder()) for level, key in zip(Level, heard.holders, strict=True)]
        # The frame itself and 14 repetitions of it.
        frames = theirs[0].frames
        repetition = frames[:1] == [heard.frame_id] and len(frames) < 15
        refusals = [
            (level, limit)
            for level, limits, holder in zip(Level, limits_per_level, theirs, strict=True)
            if (limit := holder.refusal(limits, heard, repetition=repetition)) is not None
        ]
        fates.append(Fate(refusals[0] if refusals else None, repetition))
        if not refusals:
            for limits, holder in zip(limits_per_level, theirs, strict=True):
                holder.admit(limits, heard, repetition=repetition)
    return fates
