"""What was used in the last day or hour: a sliding history that stays small. Pure.

An entry made at t counts while now < t + span. Entries are packed in one `bytes`, so that a history of a hundred
thousand devices is cheap to keep and one charge costs one copy. Up to MOST_EXACT entries the history is exact. Beyond,
a further entry joins the last one where both lie in one slot of a 256th of the span, and both count from the later
moment: a little too long, never too short.
"""

import struct
from collections.abc import Iterator

import msgspec

MOST_EXACT = 512
SLOTS = 256

# Moment, uplinks, bytes, microseconds.
_ENTRY = struct.Struct("<qIIq")
_MOMENT = struct.Struct("<q")
_ENTRY_BYTES = _ENTRY.size


class Window(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Entries in the order of their moments, and what they come to; immutable."""

    packed: bytes = b""
    count: int = 0
    size_bytes: int = 0
    airtime_us: int = 0

    def __len__(self) -> int:
        return len(self.packed) // _ENTRY_BYTES


EMPTY = Window()


def entries(window: Window) -> Iterator[tuple[int, int, int, int]]:
    """Moment, count, bytes and airtime of each, the oldest first."""
    return _ENTRY.iter_unpack(window.packed)


def aged(window: Window, now_ms: int, span_ms: int) -> Window:
    """The window without what no longer counts; the very same where all of it does."""
    packed = window.packed
    horizon_ms = now_ms - span_ms
    if not packed or _MOMENT.unpack_from(packed)[0] > horizon_ms:
        return window
    gone, count, size_bytes, airtime_us = 0, window.count, window.size_bytes, window.airtime_us
    for moment_ms, entry_count, entry_bytes, entry_airtime_us in _ENTRY.iter_unpack(packed):
        if moment_ms > horizon_ms:
            break
        gone += _ENTRY_BYTES
        count -= entry_count
        size_bytes -= entry_bytes
        airtime_us -= entry_airtime_us
    return Window(packed[gone:], count, size_bytes, airtime_us)


def added(window: Window, now_ms: int, span_ms: int, *, count: int, size_bytes: int, airtime_us: int) -> Window:
    """An aged window with one entry more, which is not before its last."""
    packed = window.packed
    last = len(packed) - _ENTRY_BYTES
    # Two at one moment are one, without loss. In one slot they are where there are too many to keep apart.
    if last >= 0 and (
        (last_ms := _MOMENT.unpack_from(packed, last)[0]) == now_ms
        or (len(packed) >= MOST_EXACT * _ENTRY_BYTES and _same_slot(last_ms, now_ms, span_ms))
    ):
        _, last_count, last_bytes, last_airtime_us = _ENTRY.unpack_from(packed, last)
        entry = _ENTRY.pack(now_ms, last_count + count, last_bytes + size_bytes, last_airtime_us + airtime_us)
        packed = packed[:last] + entry
    else:
        packed += _ENTRY.pack(now_ms, count, size_bytes, airtime_us)
    return Window(packed, window.count + count, window.size_bytes + size_bytes, window.airtime_us + airtime_us)


def without(window: Window, at_ms: int, span_ms: int, airtime_us: int) -> Window:
    """The window without an entry of one count and some airtime, made at a moment; the very same where there is none.

    It may have joined others since: then it is looked for in the entry that its slot's later ones are in.
    """
    for number, (moment_ms, count, size_bytes, entry_airtime_us) in enumerate(entries(window)):
        if count == 1:
            found = moment_ms == at_ms and entry_airtime_us == airtime_us
        else:
            found = moment_ms >= at_ms and _same_slot(at_ms, moment_ms, span_ms) and entry_airtime_us >= airtime_us
        if not found:
            continue
        start = number * _ENTRY_BYTES
        left = b"" if count == 1 else _ENTRY.pack(moment_ms, count - 1, size_bytes, entry_airtime_us - airtime_us)
        packed = window.packed[:start] + left + window.packed[start + _ENTRY_BYTES :]
        return Window(packed, window.count - 1, window.size_bytes, window.airtime_us - airtime_us)
    return window


def _same_slot(first_ms: int, second_ms: int, span_ms: int) -> bool:
    return first_ms * SLOTS // span_ms == second_ms * SLOTS // span_ms
