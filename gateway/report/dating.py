"""When entries of the evidence were written, also where no clock was sure then. Pure.

- A run is what the gateway wrote from one start to the next. A start that has a death to tell begins with that. What is
  missing in the log begins another run, since there may have been a start in it.
- An entry whose clock was sure is dated by itself. Another one is dated by the clock that nobody can set, from the last
  sure entry before it in its run, or, without one, from the first after it.
- A run without any sure entry stays undated: all that is known is that it lies between its dated neighbours.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from gateway.link.evidence.chain import Draft, Entry, EntryTime, Head, Kind
from gateway.report.reading import Found, Missing

EARLIEST_MS, LATEST_MS = -(1 << 62), 1 << 62
_STARTED, _WAS_DEAD = b'"event":"started"', b'"event":"was_dead"'


class When(msgspec.Struct, frozen=True, gc=False):
    """When an entry was written. `unix_ms` is None where it is undated: then it lies between the other two."""

    number: int
    run: int
    steady_ms: int
    unix_ms: int | None
    earliest_ms: int
    latest_ms: int


class Placed(msgspec.Struct, frozen=True, gc=False):
    """An entry, and when it was written."""

    draft: Draft
    when: When


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Missing entries, and between which times they lie."""

    missing: Missing
    earliest_ms: int
    latest_ms: int


Item = Placed | Gap
_Waiting = tuple[int, Entry | Missing]


def placed(found: Iterable[Found]) -> Iterator[Item]:
    """The log with dates, in its order. Heads are left out."""
    run, anchor, last_ms, after_death = 0, None, EARLIEST_MS, False
    waiting: list[_Waiting] = []
    for each in found:
        if isinstance(each, Head):
            continue
        is_dead = isinstance(each, Entry) and _is_gateway(each, _WAS_DEAD)
        if isinstance(each, Missing) or is_dead or (_is_gateway(each, _STARTED) and not after_death):
            run, anchor = run + 1, None
        after_death = is_dead
        if isinstance(each, Entry) and _is_sure(each):
            anchor = each.draft.at
        waiting.append((run, each))
        if anchor is not None:
            for item in _settled(waiting, run, anchor, last_ms):
                if isinstance(item, Placed) and item.when.unix_ms is not None:
                    last_ms = item.when.unix_ms
                yield item
            waiting = []
    yield from _settled(waiting, -1, EntryTime(0, LATEST_MS, True), last_ms)


def _settled(waiting: Sequence[_Waiting], run: int, anchor: EntryTime, last_ms: int) -> Iterator[Item]:
    """What waited for a sure time, once there is one in `run`: what is of earlier runs lies before its first entry."""
    offset_ms = anchor.unix_ms - anchor.steady_ms
    steady_ms = (each.draft.at.steady_ms for of, each in waiting if of == run and isinstance(each, Entry))
    next_ms = next(steady_ms, anchor.steady_ms) + offset_ms
    for of, each in waiting:
        if isinstance(each, Missing):
            yield Gap(each, last_ms, next_ms)
        elif of != run:
            yield Placed(each.draft, When(each.number, of, each.draft.at.steady_ms, None, last_ms, next_ms))
        else:
            at = each.draft.at
            unix_ms = at.unix_ms if at.clock_sure else at.steady_ms + offset_ms
            yield Placed(each.draft, When(each.number, of, at.steady_ms, unix_ms, unix_ms, unix_ms))


def _is_sure(entry: Entry) -> bool:
    """Entries about the log itself have their time of whatever is written with them."""
    return entry.draft.at.clock_sure and entry.draft.kind != Kind.LOG


def _is_gateway(entry: Entry, event: bytes) -> bool:
    return entry.draft.kind == Kind.GATEWAY and event in entry.draft.body
