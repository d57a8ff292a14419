"""The table of registers."""

from collections.abc import Iterator

import pytest

from radio.sx1302 import registers
from radio.sx1302.registers import Field

BLOCKS = (
    registers.Common,
    registers.Gpio,
    registers.RadioFrontEnd,
    registers.Agc,
    registers.Clock,
    registers.RxTop,
    registers.LoraStd,
    registers.Fsk,
    registers.Arbiter,
    registers.Timestamp,
    registers.Otp,
    registers.Tx,
)
# Whole registers beside the fields in them, on purpose.
WHOLE = {registers.Common.ENABLES, registers.Agc.CONTROL, registers.Arbiter.CONTROL}


def every_field() -> Iterator[Field]:
    """All fields of all blocks, those of tables included."""
    for block in BLOCKS:
        for value in vars(block).values():
            if isinstance(value, Field):
                yield value
            elif isinstance(value, tuple):
                yield from value


def bits_of(field: Field) -> set[int]:
    """Every bit that a field occupies, as 8 · address + bit."""
    last = field.address + field.length - 1
    return {8 * (last - (field.offset + bit) // 8) + (field.offset + bit) % 8 for bit in range(field.bits)}


def test_no_two_fields_share_a_bit() -> None:
    owners: dict[int, Field] = {}
    for field in every_field():
        if field in WHOLE:
            continue
        for bit in bits_of(field):
            assert bit not in owners, f"{field} overlaps {owners[bit]}"
            owners[bit] = field


def test_every_field_lies_in_the_register_space_and_a_wide_one_ends_in_low_bits() -> None:
    for field in every_field():
        assert 0x5200 <= field.address < 0x6200, field
        assert field.length == 1 or field.offset == 0, field


@pytest.mark.parametrize(
    ("field", "length", "shown"),
    [
        (registers.RxTop.BUFFERED_BYTES, 2, "RX_BUFFER_NB_BYTES (0x58C8)"),
        (registers.Timestamp.COUNTER, 4, "TIMESTAMP (0x6105)"),
        (registers.Fsk.SYNC_WORD, 8, "FSK_REF_PATTERN (0x5B5D)"),
        (registers.Common.CLK32_RIF, 1, "CLK32_RIF_CTRL (0x5601)"),
    ],
)
def test_a_field_knows_its_length_and_names_itself(field: Field, length: int, shown: str) -> None:
    assert (field.length, str(field)) == (length, shown)


def test_mailboxes_lie_in_descending_order() -> None:
    assert [field.address for field in registers.Agc.MAILBOX_WRITE] == [0x578C, 0x578B, 0x578A, 0x5789]
    assert [field.address for field in registers.Agc.MAILBOX_READ] == [0x5790, 0x578F, 0x578E, 0x578D]
