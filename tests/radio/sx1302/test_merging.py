"""Field values merged into bursts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.sx1302.merging import bursts, field_bytes, merge, partial_registers, spans
from radio.sx1302.registers import Field, Write
from tests.radio.sx1302.field_writes import ADDRESSES, FIRST, writes


def written_alone(content: dict[int, int], field: Field, value: int) -> None:
    """The definition of a field, by arithmetic on the number that its registers form."""
    registers = [field.address + index for index in range(field.length)]
    number = int.from_bytes(bytes(content[register] for register in registers), "big")
    mask = ((1 << field.bits) - 1) << field.offset
    number = number & ~mask | value << field.offset
    content.update(zip(registers, number.to_bytes(field.length, "big"), strict=True))


@given(st.lists(writes(), max_size=12), st.binary(min_size=24, max_size=24))
def test_a_merge_equals_the_writes_one_by_one(listed: list[Write], before: bytes) -> None:
    present = dict(enumerate(before, FIRST))
    expected = dict(present)
    for field, value in listed:
        written_alone(expected, field, value)
    known = {address: present[address] for address in partial_registers(listed)}
    merged = merge(listed, known)
    assert present | merged == expected
    assert merged.keys() == {address for field, _ in listed for address, _, _ in field_bytes(field, 0)}


@given(st.dictionaries(ADDRESSES, st.integers(0, 255)))
def test_bursts_write_the_image_and_nothing_else(image: dict[int, int]) -> None:
    runs = bursts(image)
    assert dict(pair for start, data in runs for pair in enumerate(data, start)) == image
    assert sum(len(data) for _, data in runs) == len(image)
    starts, ends = [start for start, _ in runs], [start + len(data) for start, data in runs]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False)), "neighbours share a burst"


@given(st.sets(st.integers(0, 500)), st.integers(0, 40))
def test_spans_cover_every_address_and_never_reach_further_than_the_gap(addresses: set[int], gap: int) -> None:
    covered = [address for start, length in spans(addresses, gap) for address in range(start, start + length)]
    assert addresses <= set(covered)
    assert len(covered) == len(set(covered))
    assert all(any(0 < nearest - address <= gap for nearest in addresses) for address in set(covered) - addresses)


def test_a_register_written_in_parts_that_add_up_needs_no_reading() -> None:
    halves = [Write(Field("LOW", 0x5000, 0, 4), 1), Write(Field("HIGH", 0x5000, 4, 4), 2)]
    assert partial_registers(halves[:1]) == {0x5000}
    assert partial_registers(halves) == set()
    assert merge(halves, {}) == {0x5000: 0x21}


@pytest.mark.parametrize("value", [-1, 8])
def test_a_value_too_wide_for_its_field_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=rf"NARROW \(0x5001\): {value} does not fit 3 bits"):
        merge([Write(Field("NARROW", 0x5001, 2, 3), value)], {0x5001: 0})
