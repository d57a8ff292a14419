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

    A record that is not good costs only itself: the search goes on inside it. One that runs past the end is kept as
    remainder, unsearched, since a payload may well look like a record; `complete` says that nothing more will come.
    """
    records: list[bytes] = []
    bad_records = skipped_bytes = at = 0
    while at < len(data):
        if SYNC.startswith(data[at : at + len(SYNC)]):
            record = good_record_at(data, at)
            if record is not None:
                records.append(record)
                at += len(record)
                continue
            if not complete and runs_past_end(data, at):
                break
        following = next_start(data, at + 1, complete=complete)
        bad_records += _claimed(data[at:following])
        skipped_bytes += following - at
        at = following
    return Split(records, data[at:], bad_records, skipped_bytes)


def runs_past_end(data: bytes, at: int) -> bool:
    """Whether the record at `at` claims more bytes than there are."""
    length = record_length(data, at)
    return length is None or at + length > len(data)


def next_start(data: bytes, after: int, *, complete: bool) -> int:
    """Where the next good record begins; else, unless `complete`, where one may; else the end of the data."""
    good = next_good_record(data, after)
    if good >= 0:
        return good
    if complete:
        return len(data)
    at = data.find(SYNC, after)
    while at >= 0 and not runs_past_end(data, at):
        at = data.find(SYNC, at + 1)
    if at >= 0:
        return at
    return len(data) - data.endswith(SYNC[:1])


def _claimed(broken: bytes) -> int:
    """How many records were lost in a stretch of bad bytes, judged by the marks that begin a record."""
    count = at = 0
    while (at := broken.find(SYNC, at)) >= 0:
        count += 1
        at += min(record_length(broken, at) or MIN_RECORD_BYTES, len(broken))
    return count
