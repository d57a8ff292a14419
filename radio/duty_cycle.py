"""How much of any hour each sub-band was on the air: an account of emissions, made and reserved. Pure.

Duty cycle is the time on air in an hour, whichever hour: ETSI EN 300 220-1 V3.1.1, 5.4. Times are microseconds of one
clock that never jumps. Airtime is kept in blocks. A block is one emission, or several that lie in its span; so a
window holds no more of it than its airtime, and no more than the part of its span inside the window. For one emission
that is exact, for several it is too much at the window's edges and never too little.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import msgspec

WINDOW_US = 3_600_000_000
# What ended before this is forgotten: a window, and a minute for emissions that are accounted late.
MEMORY_US = WINDOW_US + 60_000_000
# Past emissions are put together beyond this number. In an hour at 10 % they are then spans of some ten seconds.
MOST_BLOCKS = 256


class Block(msgspec.Struct, frozen=True, gc=False, array_like=True, order=True):
    """Airtime spent between two moments."""

    start_us: int
    end_us: int
    airtime_us: int


class Account(msgspec.Struct, frozen=True):
    """The blocks of each sub-band by start, complete from `known_since_us` on."""

    known_since_us: int
    blocks: dict[str, tuple[Block, ...]] = {}


def fresh_account(now_us: int) -> Account:
    """The account of a transmitter that has been silent for as long as matters."""
    return Account(now_us - MEMORY_US)


def lost_account(now_us: int) -> Account:
    """The account of a transmitter that may have spent everything until now: nothing fits before an hour is over."""
    return Account(now_us)


class _Spending:
    """The airtime that was spent before a moment, by emissions of known start and airtime."""

    def __init__(self, emissions: Iterable[tuple[int, int]]) -> None:
        pairs = list(emissions)
        self._starts = sorted(start_us for start_us, _ in pairs)
        self._ends = sorted(start_us + airtime_us for start_us, airtime_us in pairs)
        self._start_sums = [0, *accumulate(self._starts)]
        self._end_sums = [0, *accumulate(self._ends)]

    def before_us(self, time_us: int) -> int:
        begun, ended = bisect_left(self._starts, time_us), bisect_left(self._ends, time_us)
        return (begun - ended) * time_us - self._start_sums[begun] + self._end_sums[ended]


def busiest_window_us(blocks: Sequence[Block], first_us: int, last_us: int) -> int:
    """The most airtime in a window of an hour that begins between two moments.

    A block enters a window with its airtime first and leaves it with its airtime last. What a window holds rises and
    falls in straight lines, so that its peak lies where an airtime ends at the window's end or begins at its start.
    """
    earliest = _Spending((block.start_us, block.airtime_us) for block in blocks)
    latest = _Spending((block.end_us - block.airtime_us, block.airtime_us) for block in blocks)
    peaks = {first_us, last_us}
    peaks.update(block.start_us + block.airtime_us - WINDOW_US for block in blocks)
    peaks.update(block.end_us - block.airtime_us for block in blocks)
    return max(
        earliest.before_us(start_us + WINDOW_US) - latest.before_us(start_us)
        for start_us in peaks
        if first_us <= start_us <= last_us
    )


def fits(account: Account, sub_band: str, limit_us: int, start_us: int, airtime_us: int) -> bool:
    """Whether no hour holds more than `limit_us` with a further emission; False too where its past is not known."""
    if airtime_us > limit_us or start_us - WINDOW_US < account.known_since_us:
        return False
    blocks = account.blocks.get(sub_band, ())
    if airtime_us + sum(block.airtime_us for block in blocks) <= limit_us:
        return True
    end_us = start_us + airtime_us
    with_it = (*blocks, Block(start_us, end_us, airtime_us))
    return busiest_window_us(with_it, start_us - WINDOW_US, end_us) <= limit_us


def reserve(account: Account, sub_band: str, start_us: int, airtime_us: int, now_us: int) -> Account:
    """The account with an emission more, past or to come, as it matters from `now_us` on.

    Emissions to come are kept one by one: the transmit queue bounds their number, and they are an hour ahead at most.
    """
    known_since_us = max(account.known_since_us, now_us - MEMORY_US)
    kept = {
        name: remembered
        for name, blocks in account.blocks.items()
        if (remembered := tuple(block for block in blocks if block.end_us > known_since_us))
    }
    blocks = list(kept.get(sub_band, ()))
    insort(blocks, Block(start_us, start_us + airtime_us, airtime_us))
    kept[sub_band] = tuple(_condensed(blocks, now_us))
    return Account(known_since_us, kept)


def release(account: Account, sub_band: str, start_us: int, airtime_us: int) -> Account:
    """The account without an emission that did not take place; unchanged where it has none like it, or condensed it."""
    blocks = list(account.blocks.get(sub_band, ()))
    emission = Block(start_us, start_us + airtime_us, airtime_us)
    if emission not in blocks:
        return account
    blocks.remove(emission)
    return Account(account.known_since_us, {**account.blocks, sub_band: tuple(blocks)})


def shifted(account: Account, by_us: int) -> Account:
    """The same account on a clock that shows `by_us` more."""
    blocks = {
        name: tuple(Block(block.start_us + by_us, block.end_us + by_us, block.airtime_us) for block in blocks)
        for name, blocks in account.blocks.items()
    }
    return Account(account.known_since_us + by_us, blocks)


def _condensed(blocks: list[Block], now_us: int) -> list[Block]:
    """Blocks by start, at most MOST_BLOCKS as far as past ones can be put together, the closest first."""
    while len(blocks) > MOST_BLOCKS:
        spans = [
            (second.end_us - first.start_us, number)
            for number, (first, second) in enumerate(pairwise(blocks))
            if first.end_us <= second.start_us and second.end_us <= now_us
        ]
        if not spans:
            break
        _, number = min(spans)
        first, second = blocks[number : number + 2]
        joined = Block(first.start_us, second.end_us, first.airtime_us + second.airtime_us)
        blocks[number : number + 2] = [joined]
    return blocks
