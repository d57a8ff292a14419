"""When a CUPS server is asked. Pure.

At start, at once where no LNS is known; every `interval_s` after a success; sooner and sooner apart after a failure;
and when the LNS has not been reached many times in a row. Everything has jitter: a district's gateways start together.
"""

from forwarder.basics_station.xtime import Draw

FIRST_SPREAD_S = 10.0
# The last one is repeated. Basics Station comes back every 60 s for ever.
RETRY_DELAYS_S = (60.0, 120.0, 300.0, 600.0)
# New credentials for CUPS itself are tried soon; and nothing makes us ask more often than this.
SOON_S = 60.0
_STEPS = 1000


def first_contact_s(draw: Draw, *, has_lns: bool) -> float:
    """Seconds from the start to the first contact."""
    return FIRST_SPREAD_S * draw(_STEPS + 1) / _STEPS if has_lns else 0.0


def next_contact_s(failures: int, interval_s: float, draw: Draw, *, cups_changed: bool = False) -> float:
    """Seconds to the next contact, after so many failures in a row."""
    if failures:
        delay_s = RETRY_DELAYS_S[min(failures, len(RETRY_DELAYS_S)) - 1]
    else:
        delay_s = SOON_S if cups_changed else interval_s
    return min(delay_s, interval_s) * _between_half_and_one_and_a_half(draw)


def hurried_s(due_s: float, last_s: float, now_s: float) -> float:
    """When a contact is due that somebody wants now; `last_s` is when the last one ended."""
    return min(due_s, max(now_s, last_s + SOON_S))


def _between_half_and_one_and_a_half(draw: Draw) -> float:
    return 0.5 + draw(_STEPS + 1) / _STEPS
