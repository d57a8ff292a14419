"""A moment that was noted on the clock that nobody sets, told by the calendar. Pure."""

from gateway.link.instant import Instant
from gateway.link.messages import Utc, utc_text


def utc_of(now: Instant, ms: int) -> Utc | None:
    """When it was, by what the calendar says now; None where that is not sure, or says that it was before 1970."""
    unix_ms = now.at(ms).unix_ms
    return None if unix_ms is None or unix_ms < 0 else utc_text(unix_ms)


def ago_s(now: Instant, ms: int) -> float:
    """How long ago it was."""
    return max(0, now.ms - ms) / 1000
