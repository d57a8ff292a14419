"""SPI frames: what reaches registers, memories and the receive window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.simulator import SX1303, SimulatedConcentrator
from tests.radio.simulator.host import read, write


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_whatever_is_sent_the_answer_is_as_long(frames: list[bytes]) -> None:
    chip = SimulatedConcentrator(clock=lambda: 0.0)
    assert [len(chip.transfer(frame)) for frame in frames] == [len(frame) for frame in frames]


@pytest.mark.parametrize("frame", ["", "00", "0056", "005606", "00560600", "03560600000000", "01"])
def test_malformed_frames_are_answered_with_zeros(chip: SimulatedConcentrator, frame: str) -> None:
    out = bytes.fromhex(frame)
    assert chip.transfer(out) == bytes(len(out))


def test_registers_start_from_the_reset_image(chip: SimulatedConcentrator) -> None:
    assert read(chip, 0x5601, 5) == bytes.fromhex("0b05028000")


def test_the_address_counts_up_inside_a_burst(chip: SimulatedConcentrator) -> None:
    write(chip, 0x5800, bytes(range(1, 17)))
    assert read(chip, 0x5804, 3) == bytes([5, 6, 7])


def test_read_only_registers_ignore_writes_even_inside_a_burst(chip: SimulatedConcentrator) -> None:
    write(chip, 0x5605, b"\x0f\x55\x55")
    assert read(chip, 0x5605, 3) == b"\x0f\x10\x00"


def test_read_only_bits_keep_their_value(chip: SimulatedConcentrator) -> None:
    write(chip, 0x5780, 0xFF)
    assert read(chip, 0x5780) == b"\xfe"


def test_addresses_between_the_blocks_read_zero(chip: SimulatedConcentrator) -> None:
    write(chip, 0x7000, 0xAA)
    assert read(chip, 0x7000) == b"\0"


def test_a_read_beyond_the_last_address_is_filled_with_zeros(chip: SimulatedConcentrator) -> None:
    assert read(chip, 0x7FFE, 10) == bytes(10)


def test_the_receive_window_hands_out_the_buffer_in_chunks(chip: SimulatedConcentrator) -> None:
    chip.inject(bytes(range(10)))
    assert read(chip, 0x58C8, 2) == b"\x00\x0a"
    assert read(chip, 0x4000, 4) + read(chip, 0x4000, 6) == bytes(range(10))
    assert read(chip, 0x4000, 3) == bytes(3)
    assert read(chip, 0x58C8, 2) == b"\x00\x00"


def test_the_one_time_memory_holds_eui_and_model() -> None:
    chip = SimulatedConcentrator(SX1303, eui=0x0011223344556677)
    contents: list[int] = []
    for index in [*range(8), 0xD0, 0x20]:
        write(chip, 0x6180, index)
        contents += read(chip, 0x6181)
    assert contents == [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 3, 0]


def test_the_version_tells_the_models_apart(chip: SimulatedConcentrator) -> None:
    assert read(chip, 0x5606) == b"\x10"
    assert read(SimulatedConcentrator(SX1303), 0x5606) == b"\x12"


def test_a_reset_forgets_registers_and_receive_buffer(listening: SimulatedConcentrator) -> None:
    listening.inject(b"left over")
    listening.reset()
    assert not listening.receiving
    assert read(listening, 0x5605) == b"\0"
    assert read(listening, 0x58C8, 2) == b"\0\0"
