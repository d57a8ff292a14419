"""How long to wait before a broker is tried again."""

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
# A connection that held for so long gives all attempts back.
STABLE_S = 30.0


def pause_s(failures: int, chance: float) -> float:
    """How long to wait before the next attempt after so many failures; `chance` from 0 to 1 spreads many gateways."""
    longest_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))
    return longest_s * (0.5 + chance / 2)


def failures_after(failures: int, held_s: float, *, sent_unwanted: bool) -> int:
    """How many failures in a row there are after one more end.

    What nobody wants may be retained, and come again with each connection: such an end never counts as a success.
    """
    return 1 if held_s >= STABLE_S and not sent_unwanted else failures + 1
