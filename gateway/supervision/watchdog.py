"""Is the service alive, or does it only run? A sign of life goes to systemd while every watched part makes progress.

Pure: signs of life and the time go in, what is stuck comes out.
"""

from collections.abc import Iterable, Mapping

import msgspec

# Where systemd asks for no watchdog, what is stuck is told all the same; with one, half its period is the patience.
PATIENCE_S = 15.0
# What waits for a disk: a card that is worn stalls for tens of seconds, and a restart would mend nothing.
DISK_PATIENCE_S = 120.0


class Sign(msgspec.Struct, frozen=True):
    """A part's last sign of life, on the monotonic clock: None while none is expected of it.

    `waits_for_disk` grants it a disk's patience.
    """

    last_s: float | None
    waits_for_disk: bool = False


class Stuck(msgspec.Struct, frozen=True):
    """A part without progress, and for how long."""

    name: str
    for_s: float


class HoldUp(msgspec.Struct, frozen=True):
    """A time in which whoever looks at the parts did not run."""

    ended_s: float
    for_s: float


class Progress(msgspec.Struct, frozen=True):
    """A counter that grows while its part works, what it showed last, and since when."""

    count: int
    since_s: float


def moved(seen: Progress | None, count: int | None, now_s: float) -> Progress | None:
    """The counter as it is looked at now; None where there is none."""
    if count is None:
        return None
    return seen if seen is not None and seen.count == count else Progress(count, now_s)


def patience_s(watchdog_s: float | None) -> float:
    """How long a part may be without progress before the watchdog is fed no more.

    Half of the period: with looks every eighth of it, the last feeding is well within one period of the last progress,
    and most of another is left to say what is stuck before systemd ends the service.
    """
    return PATIENCE_S if watchdog_s is None else watchdog_s / 2


def look_every_s(watchdog_s: float | None) -> float:
    """How often to look, and to feed."""
    return 1.0 if watchdog_s is None else min(1.0, watchdog_s / 8)


def stuck_parts(
    signs: Mapping[str, Sign], now_s: float, patience: float, hold_ups: Iterable[HoldUp] = ()
) -> tuple[Stuck, ...]:
    """The parts that have made no progress for too long, longest first.

    What held up whoever looks held up all the others: a busy processor, a process that was stopped for a while. That
    time counts for none of them.
    """
    held = tuple(hold_ups)
    stuck = [
        Stuck(name, for_s)
        for name, sign in signs.items()
        if sign.last_s is not None
        and (for_s := now_s - sign.last_s - sum(_overlap_s(sign.last_s, hold_up) for hold_up in held))
        > (max(patience, DISK_PATIENCE_S) if sign.waits_for_disk else patience)
    ]
    return tuple(sorted(stuck, key=lambda part: -part.for_s))


def _overlap_s(since_s: float, hold_up: HoldUp) -> float:
    return max(0.0, hold_up.ended_s - max(since_s, hold_up.ended_s - hold_up.for_s))


def in_words(stuck: tuple[Stuck, ...]) -> str:
    """What `systemctl status` says of them."""
    return ", ".join(f"{part.name} (for {part.for_s:.0f} s)" for part in stuck)
