"""So that what comes and goes does not flood: each matter is told a few times an hour, and last what it came to. Pure.

What had no room waits, the latest of each matter alone: once there is room it is told late, unless something newer of
the same matter is told in its place. So the last that was told of a matter is true, an hour after it came to rest at
the latest.
"""

from collections.abc import Mapping

import msgspec

from gateway.link.operator.happening import Happening

MOST = 6
PERIOD_MS = 3_600_000


class Held(msgspec.Struct, frozen=True):
    """The latest that had no room, when it happened, and how many had none before it."""

    happening: Happening
    at_ms: int
    before: int


class Limits(msgspec.Struct, frozen=True):
    """When each matter was told in the last hour, and what waits."""

    told: Mapping[str, tuple[int, ...]] = {}
    held: Mapping[str, Held] = {}


def limited(limits: Limits, happening: Happening, now_ms: int, most: int = MOST) -> tuple[Limits, Happening | None]:
    """What is to be told now, if anything. `now_ms` is ledger time."""
    matter = happening.matter
    if matter is None:
        return limits, happening
    former = limits.held.get(matter)
    left_out = 0 if former is None else former.before + 1
    if len(_recent(limits, matter, now_ms)) >= most:
        held = {**limits.held, matter: Held(happening, now_ms, left_out)}
        return Limits(limits.told, held), None
    return _told(limits, matter, now_ms), _with(happening, left_out)


def due(limits: Limits, now_ms: int, most: int = MOST) -> tuple[Limits, tuple[Happening, ...]]:
    """What waited and has room now, the oldest first."""
    told: list[Happening] = []
    for matter, held in sorted(limits.held.items(), key=lambda each: each[1].at_ms):
        if len(_recent(limits, matter, now_ms)) < most:
            limits = _told(limits, matter, now_ms)
            told.append(_with(held.happening, held.before, max(0, now_ms - held.at_ms)))
    return limits, tuple(told)


def _told(limits: Limits, matter: str, now_ms: int) -> Limits:
    """Note it, and forget what is older than an hour of all matters."""
    recent = {each: _recent(limits, each, now_ms) for each in {**limits.told, matter: ()}}
    recent[matter] = (*recent[matter], now_ms)
    held = {each: waits for each, waits in limits.held.items() if each != matter}
    return Limits({each: times for each, times in recent.items() if times}, held)


def _recent(limits: Limits, matter: str, now_ms: int) -> tuple[int, ...]:
    return tuple(ms for ms in limits.told.get(matter, ()) if now_ms - ms < PERIOD_MS)


def _with(happening: Happening, left_out: int, late_ms: int | None = None) -> Happening:
    details = dict(happening.details)
    if left_out:
        details["left_out"] = left_out
    if late_ms is not None:
        details["late_s"] = round(late_ms / 1000, 1)
    return msgspec.structs.replace(happening, details=details)
