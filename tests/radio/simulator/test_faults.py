"""Faults on demand."""

import pytest

from radio.errors import BusError
from radio.simulator import BusFault, SimulatedConcentrator, Transmission
from tests.radio.simulator.host import read, receive, write

UPLINK = Transmission(b"city light", 868_100_000, -80.0)


@pytest.mark.parametrize(("fault", "byte"), [(BusFault.ALL_ONES, b"\xff"), (BusFault.ALL_ZEROS, b"\0")])
def test_a_stuck_data_line_answers_one_value_for_so_many_transfers(
    chip: SimulatedConcentrator, fault: BusFault, byte: bytes
) -> None:
    chip.faults.break_bus(fault, transfers=2)
    assert [read(chip, 0x5606, 2) for _ in range(3)] == [byte * 2, byte * 2, b"\x10\x00"]


def test_noise_is_never_the_same_twice(chip: SimulatedConcentrator) -> None:
    chip.faults.break_bus(BusFault.NOISE)
    assert read(chip, 0x5606, 16) != read(chip, 0x5606, 16)
    chip.faults.mend_bus()
    assert read(chip, 0x5606) == b"\x10"


def test_a_failing_bus_raises(chip: SimulatedConcentrator) -> None:
    chip.faults.break_bus(BusFault.ERROR, transfers=1)
    with pytest.raises(BusError):
        read(chip, 0x5606)
    assert read(chip, 0x5606) == b"\x10"


def test_a_spoilt_transfer_does_not_reach_the_chip(chip: SimulatedConcentrator) -> None:
    chip.faults.break_bus(BusFault.ALL_ZEROS, transfers=1)
    write(chip, 0x5605, 0x0F)
    assert read(chip, 0x5605) == b"\0"


def test_version_and_model_can_lie(chip: SimulatedConcentrator) -> None:
    chip.faults.version, chip.faults.model = 0x00, 7
    write(chip, 0x6180, 0xD0)
    assert (read(chip, 0x5606), read(chip, 0x6181)) == (b"\x00", b"\x07")


def test_a_bad_checksum_spoils_the_next_record_only(listening: SimulatedConcentrator) -> None:
    listening.faults.bad_checksums = 1
    listening.air.deliver_now(UPLINK)
    spoilt = read(listening, 0x4000, listening.counters.level)
    assert sum(spoilt[:-1]) & 0xFF != spoilt[-1]
    listening.air.deliver_now(UPLINK)
    assert [record.payload for record in receive(listening)] == [UPLINK.payload]


def test_a_truncated_record_is_half_as_long(listening: SimulatedConcentrator) -> None:
    listening.faults.truncations = 1
    listening.air.deliver_now(UPLINK)
    assert listening.counters.level == (23 + len(UPLINK.payload)) // 2


def test_a_full_buffer_reads_4096(listening: SimulatedConcentrator) -> None:
    listening.air.deliver_now(UPLINK)
    listening.fill_rx_buffer()
    assert read(listening, 0x58C8, 2) == b"\x10\x00"
    listening.air.deliver_now(UPLINK)
    assert listening.counters.records_lost == 1
