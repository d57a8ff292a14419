"""Whether the gateway was dead before it started, and from when to when. Pure."""

import msgspec

from gateway.link.instant import Instant

# The last sign of life may be a minute old, and a restart takes some time too.
SHORT_MS = 120_000


class LifeSign(msgspec.Struct, frozen=True):
    """That the gateway was alive: in which boot, when on its clock, and when on the others. `stopped` in good order."""

    boot_id: str
    boot_ms: int
    at: Instant
    stopped: bool = False
    number: int = 0


class Gap(msgspec.Struct, frozen=True):
    """The gateway was dead from `begin`, its last sign of life, to `end`.

    `rebooted` says that the machine was too, and `ordered` that somebody stopped it.
    """

    begin: Instant
    end: Instant
    rebooted: bool
    ordered: bool


def gap_between(last: LifeSign | None, now: LifeSign) -> Gap | None:
    """What there is to tell at a start; None where the gateway was hardly away, or never was before.

    A restart in the same boot is told if it took longer than two minutes. A reboot is told always, except one in good
    order that is known to have been as short.
    """
    if last is None:
        return None
    rebooted = last.boot_id != now.boot_id
    away_ms = _away_ms(last, now, rebooted=rebooted)
    if away_ms is not None and away_ms <= SHORT_MS and (last.stopped or not rebooted):
        return None
    begin = Instant(min(last.at.ms, now.at.ms), _not_after(last.at.unix_ms, now.at.unix_ms))
    return Gap(begin, now.at, rebooted, last.stopped)


def _away_ms(last: LifeSign, now: LifeSign, *, rebooted: bool) -> int | None:
    """For how long, by a clock that went on in between; None where there is none."""
    if not rebooted:
        return max(0, now.boot_ms - last.boot_ms)
    if last.at.unix_ms is None or now.at.unix_ms is None:
        return None
    return max(0, now.at.unix_ms - last.at.unix_ms)


def _not_after(unix_ms: int | None, latest_unix_ms: int | None) -> int | None:
    """A clock that was wrong then or now must not make an end before its begin."""
    return unix_ms if unix_ms is None or latest_unix_ms is None else min(unix_ms, latest_unix_ms)
