"""How many in a time that slides: exact, so that nobody has to wait longer than the rule says. Pure."""

from collections.abc import Sequence

import msgspec

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Window(msgspec.Struct, frozen=True):
    """No more than `most` in any `period_ms`."""

    most: int
    period_ms: int


def wait_ms(times_ms: Sequence[int], now_ms: int, windows: Sequence[Window]) -> int:
    """How long until one more is allowed, 0 for now. The times are those of all before, in order."""
    full = [window for window in windows if len(times_ms) >= window.most]
    return max((0, *(times_ms[-window.most] + window.period_ms - now_ms for window in full)))


def with_one_more(times_ms: Sequence[int], now_ms: int, windows: Sequence[Window]) -> tuple[int, ...]:
    """The times with this one, and without those that matter no more. A clock that went back counts as standing."""
    now_ms = max((now_ms, *times_ms[-1:]))
    longest_ms = max(window.period_ms for window in windows)
    return (*(time_ms for time_ms in times_ms if now_ms - time_ms < longest_ms), now_ms)
