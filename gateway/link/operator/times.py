"""How messages of the gateway begin, and how their moments are dated. Pure."""

import msgspec

from gateway.link.instant import Instant
from gateway.link.messages import LATEST_UNIX_MS, EuiText, Utc, eui_text, utc_text

MS_PER_S = 1000


class Letterhead(msgspec.Struct, frozen=True):
    """What every message says first: who tells it, when it was written, and whether the clock was right then."""

    gateway_eui: EuiText
    at: Utc | None
    clock_sure: bool


def letterhead(gateway_eui: int, now: Instant) -> Letterhead:
    """That of a message written now."""
    at = moment(now.unix_ms)
    return Letterhead(eui_text(gateway_eui), at, clock_sure=at is not None)


def dated(ms: int, now: Instant) -> Utc | None:
    """A moment of ledger time by today's clock, without an interruption in between; None while that is not sure."""
    return moment(now.at(ms).unix_ms)


def date_of(unix_s: int | None) -> Utc | None:
    """A date that is no clock's: of a policy, a certificate, planned work."""
    return None if unix_s is None else moment(unix_s * MS_PER_S)


def moment(unix_ms: int | None) -> Utc | None:
    """As messages have it; None where there is none, or none that they can tell."""
    return None if unix_ms is None or not 0 <= unix_ms <= LATEST_UNIX_MS else utc_text(unix_ms)


def in_words(duration_s: float) -> str:
    """A duration as engineers of both languages read it: "42 s", "3 min 05 s", "2 h 14 min"."""
    whole_s = round(duration_s)
    minutes, seconds = divmod(whole_s, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
