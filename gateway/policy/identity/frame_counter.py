"""The 32 bits of a frame counter, of which 16 are on the air. Pure.

LoRaWAN L2 1.0.4, section 4.3.1.5: a receiver follows the counter and infers the upper half. A gateway does not hear
everything and may have been off, so that several values are possible; with the device's key the MIC tells which one.
"""

import enum

CYCLE = 1 << 16
MOST = (1 << 32) - 1
# A device that sends every five minutes needs ten years for as many cycles.
UNKNOWN_CYCLES = 16


class Course(enum.Enum):
    """How a counter goes on from the last one."""

    FIRST = "first"
    """No last one is known."""
    REPEATED = "repeated"
    """The same once more: a repetition on the air, or a replay; the frame's other bytes tell."""
    ADVANCED = "advanced"
    WENT_BACK = "went_back"
    """Reset, as by a device without a join that lost its power, or replayed. The counter alone does not tell."""


def candidates(fcnt: int, last_fcnt: int | None) -> tuple[int, ...]:
    """All 32-bit values that 16 bits on the air may stand for, the likeliest first.

    `last_fcnt` is the last one in 32 bits. After it may come the nearest value, above or below; the other neighbour; a
    reset; a cycle that nobody heard. Where none is known, the first sixteen cycles are possible.
    """
    if last_fcnt is None:
        return tuple(range(fcnt, UNKNOWN_CYCLES * CYCLE, CYCLE))
    above = last_fcnt + (fcnt - last_fcnt) % CYCLE
    neighbours = (above, above - CYCLE) if above - last_fcnt < CYCLE // 2 else (above - CYCLE, above)
    ordered = dict.fromkeys((*neighbours, fcnt, above + CYCLE))
    return tuple(value for value in ordered if 0 <= value <= MOST)


def unlikely_candidates(fcnt: int, last_fcnt: int | None) -> tuple[int, ...]:
    """What else it may stand for, after a reset or where the last one was a replay: the first sixteen cycles."""
    likely = candidates(fcnt, last_fcnt)
    return tuple(value for value in candidates(fcnt, None) if value not in likely)


def inferred(fcnt: int, last_fcnt: int | None) -> int:
    """The likeliest value, for want of a key."""
    if last_fcnt is None:
        return fcnt
    above = last_fcnt + (fcnt - last_fcnt) % CYCLE
    is_nearer = above - last_fcnt < CYCLE // 2 and above <= MOST
    return above if is_nearer or above < CYCLE else above - CYCLE


def course(fcnt_32: int, last_fcnt: int | None) -> Course:
    """What a counter, in 32 bits, means after the last one."""
    if last_fcnt is None:
        return Course.FIRST
    if fcnt_32 == last_fcnt:
        return Course.REPEATED
    return Course.ADVANCED if fcnt_32 > last_fcnt else Course.WENT_BACK
