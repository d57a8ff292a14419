"""The receive buffer's framing: bytes to whole records, whatever else is among them. Pure.

Record layout: SX1302 data sheet, section "RX buffer"; reference recordings, section "RX record".
"""

import msgspec

SYNC = b"\xa5\xc0"
HEAD_BYTES = 9
TAIL_BYTES = 14
MIN_RECORD_BYTES = HEAD_BYTES + TAIL_BYTES
LENGTH_OFFSET = 2
METRICS_OFFSET = HEAD_BYTES + 12


class Split(msgspec.Struct, frozen=True):
    """The good records of some bytes, in order, and what became of the rest.

    `remainder` may be the beginning of a record whose end has not been read yet.
    `bad_records` are those with a wrong checksum or cut short; `skipped_bytes` belong to no record.
    """

    records: list[bytes]
    remainder: bytes
    bad_records: int
    skipped_bytes: int


def record_length(data: bytes, at: int) -> int | None:
    """The length that the record at `at` claims, or None while its metrics count is not there yet."""
    if at + LENGTH_OFFSET >= len(data):
        return None
    metrics_at = at + METRICS_OFFSET + data[at + LENGTH_OFFSET]
    if metrics_at >= len(data):
        return None
    return MIN_RECORD_BYTES + data[at + LENGTH_OFFSET] + 2 * data[metrics_at]


def good_record_at(data: bytes, at: int) -> bytes | None:
    """The whole record at `at`, if it is there and its checksum is right."""
    length = record_length(data, at)
    if length is None or at + length > len(data):
        return None
    record = data[at : at + length]
    return record if sum(record[:-1]) & 0xFF == record[-1] else None


def next_good_record(data: bytes, after: int) -> int:
    """Where the next good record begins, or -1."""
    at = data.find(SYNC, after)
    while at >= 0:
        if good_record_at(data, at) is not None:
            return at
        at = data.find(SYNC, at + 1)
    return -1


def split(data: bytes, *, complete: bool) -> Split:
    """Find the good records in what was read from the receive buffer.

    A record that is not good costs only itself: the search goes on inside it. One that runs past the end
    is kept as remainder unless a good one follows, or `complete` says that nothing more will come.
    """
    records: list[bytes] = []
    bad_records = skipped_bytes = at = 0
    while at < len(data):
        record = good_record_at(data, at) if data.startswith(SYNC, at) else None
        if record is not None:
            records.append(record)
            at += len(record)
            continue
        following = next_good_record(data, at + 1)
        broken = data[at:following] if following >= 0 else data[at:]
        if following < 0 and not complete and (start := _unfinished(data, at)) is not None:
            bad_records += _claimed(data[at:start])
            return Split(records, data[start:], bad_records, skipped_bytes + start - at)
        bad_records += _claimed(broken)
        skipped_bytes += len(broken)
        at += len(broken)
    return Split(records, b"", bad_records, skipped_bytes)


def _unfinished(data: bytes, at: int) -> int | None:
    """Where a record begins that runs past the end of the data, or None."""
    start = data.find(SYNC, at)
    while start >= 0:
        length = record_length(data, start)
        if length is None or start + length > len(data):
            return start
        start = data.find(SYNC, start + 1)
    return len(data) - 1 if data.endswith(SYNC[:1]) else None


def _claimed(broken: bytes) -> int:
    """How many records were lost in a stretch of bad bytes, judged by the marks that begin a record."""
    count = at = 0
    while (at := broken.find(SYNC, at)) >= 0:
        count += 1
        at += min(record_length(broken, at) or MIN_RECORD_BYTES, len(broken))
    return count
