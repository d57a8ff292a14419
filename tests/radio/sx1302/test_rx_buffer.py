"""Framing of the receive buffer: a bad record costs only itself."""

import itertools
from typing import NamedTuple

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from radio.sx1302.rx_buffer import MIN_RECORD_BYTES, split
from tests.radio.sx1302.record_builder import SYNC, record, spoilt

GOOD = record(b"city light")
OTHER = record(b"street bench", stamp_us=2_000, metrics=b"\x01\xff" * 3)


def right_records(data: bytes) -> list[int]:
    """Where bytes happen to be a record whose checksum is right, by the letter of the layout."""
    found = []
    for at in range(len(data) - MIN_RECORD_BYTES + 1):
        size = data[at + 2]
        if not data.startswith(SYNC, at) or at + 21 + size >= len(data):
            continue
        end = at + MIN_RECORD_BYTES + size + 2 * data[at + 21 + size]
        if end <= len(data) and sum(data[at : end - 1]) % 256 == data[end - 1]:
            found.append(at)
    return found


class Traffic(NamedTuple):
    """Bytes as the chip may hold them, and the good records among them."""

    data: bytes
    good: list[bytes]


good_records = st.builds(
    record,
    st.binary(max_size=40),
    channel=st.integers(0, 7),
    stamp_us=st.integers(0, 2**27 - 1),
    metrics=st.binary(max_size=4).map(lambda pair: pair * 2),
)
bad_records = good_records.map(spoilt)
truncated_records = st.builds(lambda good, kept: good[:kept], good_records, st.integers(1, 22))
garbage = st.one_of(st.binary(max_size=30), st.just(SYNC), st.just(SYNC[:1]), st.just(bytes(5)), st.just(SYNC * 9))


@st.composite
def traffic(draw: st.DrawFn) -> Traffic:
    """Good records in any company, except where the company forms a record by accident."""
    parts = draw(st.lists(st.tuples(st.sampled_from("gbtx"), st.integers(0, 2**16)), max_size=10))
    data, good, starts = b"", [], []
    for kind, _ in parts:
        part = draw({"g": good_records, "b": bad_records, "t": truncated_records, "x": garbage}[kind])
        if kind == "g":
            starts.append(len(data))
            good.append(part)
        data += part
    assume(right_records(data) == starts)
    return Traffic(data, good)


@given(traffic())
@example(Traffic(b"", []))
@example(Traffic(SYNC + GOOD, [GOOD]))
@example(Traffic(GOOD[:20] + OTHER, [OTHER]))
@example(Traffic(spoilt(GOOD) + OTHER + b"\xa5", [OTHER]))
def test_every_good_record_comes_out_in_order_and_every_other_byte_is_counted(heard: Traffic) -> None:
    found = split(heard.data, complete=True)
    assert found.records == heard.good
    assert found.remainder == b""
    assert found.skipped_bytes == len(heard.data) - sum(map(len, heard.good))


@given(traffic(), st.lists(st.integers(0, 600), max_size=6))
def test_it_does_not_matter_where_the_reading_was_interrupted(heard: Traffic, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(heard.data)) for cut in cuts), len(heard.data)]
    records: list[bytes] = []
    remainder = b""
    for start, end in itertools.pairwise(edges):
        found = split(remainder + heard.data[start:end], complete=end == len(heard.data))
        records += found.records
        remainder = found.remainder
    assert records == heard.good


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_split_without_an_exception_and_accounted_for(data: bytes, complete: bool) -> None:
    found = split(data, complete=complete)
    kept = sum(map(len, found.records)) + len(found.remainder)
    assert kept + found.skipped_bytes == len(data)
    assert not (complete and found.remainder)


@pytest.mark.parametrize("kept", [1, 2, 3, 9, 22, len(GOOD) - 1])
def test_half_a_record_is_kept_until_its_other_half_comes(kept: int) -> None:
    first = split(OTHER + GOOD[:kept], complete=False)
    assert (first.records, first.remainder) == ([OTHER], GOOD[:kept])
    assert split(first.remainder + GOOD[kept:], complete=False).records == [GOOD]


@pytest.mark.parametrize("kept", [3, 9, 22, len(GOOD) - 1])
def test_half_a_record_that_nothing_follows_is_bad(kept: int) -> None:
    found = split(OTHER + GOOD[:kept], complete=True)
    assert (found.records, found.bad_records, found.skipped_bytes) == ([OTHER], 1, kept)


@pytest.mark.parametrize(
    ("data", "bad"),
    [
        (spoilt(GOOD), 1),
        (spoilt(GOOD) + spoilt(OTHER), 2),
        (spoilt(GOOD) + OTHER + spoilt(GOOD), 2),
        (b"no record at all", 0),
        (GOOD[:15] + OTHER, 1),
    ],
)
def test_bad_records_are_counted_apart_from_mere_garbage(data: bytes, bad: int) -> None:
    assert split(data, complete=True).bad_records == bad


def test_a_record_in_the_payload_of_another_is_payload() -> None:
    carrier = record(b"before" + GOOD + b"after")
    assert split(carrier, complete=False).records == [carrier]


def test_a_record_in_a_payload_that_is_still_arriving_is_payload_too() -> None:
    carrier = record(b"before" + GOOD + b"after")
    first = split(carrier[:-5], complete=False)
    assert first.records == []
    assert split(first.remainder + carrier[-5:], complete=False).records == [carrier]


def test_a_wrong_length_cannot_swallow_what_follows() -> None:
    longer = bytearray(GOOD)
    longer[2] += 40
    assert split(bytes(longer) + OTHER + OTHER, complete=False).records == [OTHER, OTHER]
