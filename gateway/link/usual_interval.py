"""How long a device usually lets pass from one uplink to the next. Pure.

It is the second longest of its last eight intervals: one long absence does not become usual, and neither do the
seconds between the messages of one report, as long as two of eight intervals are whole.
"""

Intervals = tuple[int, ...]
"""The last ones of a device in whole seconds, the oldest first."""

MOST_KEPT = 8
# Five uplinks.
KNOWN_FROM = 4


def with_interval(intervals: Intervals, interval_s: int) -> Intervals:
    """One interval more."""
    return (*intervals[1 - MOST_KEPT :], interval_s)


def usual_s(intervals: Intervals) -> int | None:
    """The usual one; None until it is known."""
    return None if len(intervals) < KNOWN_FROM else sorted(intervals)[-2]
