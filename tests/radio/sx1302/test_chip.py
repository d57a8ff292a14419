"""The chip as registers: what is read, what is written, and what is remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.errors import BusError
from radio.sx1302.chip import LONGEST_BURST_BYTES, RADIO_PAUSE_S, Chip
from radio.sx1302.registers import Common, Field, RxTop, Write
from tests.radio.buses import FailingBus, RegisterFile
from tests.radio.sx1302.field_writes import FIRST, writes
from tests.radio.sx1302.station import no_sleep

LOW, HIGH, BYTE = Field("LOW", 0x5000, 0, 3), Field("HIGH", 0x5000, 3, 5), Field("BYTE", 0x5001)
SPI_DEFAULT_BYTES = 4096


@given(st.lists(st.lists(writes(), max_size=6), max_size=5), st.binary(min_size=24, max_size=24))
def test_write_all_leaves_the_registers_as_single_writes_would(batches: list[list[Write]], before: bytes) -> None:
    together, alone = (RegisterFile(dict(enumerate(before, FIRST))) for _ in range(2))
    chip = Chip(together, no_sleep)
    for batch in batches:
        chip.write_all(batch)
        for write in batch:
            # A driver without a memory: it reads every register before it changes some of its bits.
            Chip(alone, no_sleep).write(*write)
    assert together.content == alone.content
    assert together.touched == alone.touched


def test_a_register_is_read_once_and_only_if_some_of_its_bits_stay() -> None:
    bus = RegisterFile({0x5000: 0b10101_010})
    chip = Chip(bus, no_sleep)
    chip.write(BYTE, 7)
    assert bus.reads == 0
    chip.write(LOW, 0b111)
    chip.write(HIGH, 0)
    assert bus.reads == 1
    assert bus.content == {0x5000: 0b00000_111, 0x5001: 7}


def test_a_register_that_was_only_read_on_the_way_is_not_remembered() -> None:
    between, beyond = Field("BETWEEN", 0x5001, 0, 1), Field("BEYOND", 0x5002, 0, 1)
    bus = RegisterFile({0x5000: 0, 0x5001: 0, 0x5002: 0})
    chip = Chip(bus, no_sleep)
    chip.write_all((Write(LOW, 1), Write(beyond, 1)))
    assert bus.reads == 1
    bus.content[0x5001] = 0b1000
    chip.write(between, 1)
    assert bus.content[0x5001] == 0b1001


def test_what_the_chip_changed_by_itself_is_read_again_after_forget() -> None:
    bus = RegisterFile({0x5000: 0})
    chip = Chip(bus, no_sleep)
    chip.write(LOW, 1)
    bus.content[0x5000] = 0b11111_001
    chip.forget(LOW)
    chip.write(LOW, 2)
    assert bus.content[0x5000] == 0b11111_010


def test_a_read_always_asks_the_chip() -> None:
    bus = RegisterFile({})
    chip = Chip(bus, no_sleep)
    chip.write(Common.GLOBAL_ENABLE, 1)
    bus.content[Common.GLOBAL_ENABLE.address] = 0
    assert chip.read(Common.GLOBAL_ENABLE) == 0


def test_a_wide_field_is_big_endian_and_masked() -> None:
    chip = Chip(RegisterFile({0x58C8: 0xF1, 0x58C9: 0x23}), no_sleep)
    assert chip.read(RxTop.BUFFERED_BYTES) == 0x1123


def test_a_failed_write_is_not_remembered() -> None:
    memory = RegisterFile({0x5000: 0})
    chip = Chip(FailingBus(memory, {1}), no_sleep)
    with pytest.raises(BusError):
        chip.write(LOW, 7)
    chip.write(HIGH, 1)
    assert memory.content[0x5000] == 0b00001_000


def test_memory_travels_in_chunks_that_fit_a_transfer() -> None:
    bus = RegisterFile({})
    chip = Chip(bus, no_sleep)
    image = bytes(number % 251 for number in range(5000))
    chip.write_memory(0x2000, image)
    assert chip.read_memory(0x2000, len(image)) == image
    assert bus.touched == set(range(0x2000, 0x2000 + 5000))
    assert (chip.transfers, chip.bytes) == (5 + 2, 2 * 5000 + 5 * 3 + 2 * 4)
    assert LONGEST_BURST_BYTES + 4 <= SPI_DEFAULT_BYTES


def test_a_radio_is_left_a_moment_before_each_command() -> None:
    pauses: list[float] = []
    chip = Chip(RegisterFile({}), pauses.append)
    chip.radio_command(0, 0x80, b"\x00")
    chip.radio_query(1, 0xC0, 1)
    assert pauses == [RADIO_PAUSE_S, RADIO_PAUSE_S]
