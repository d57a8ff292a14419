"""Faults on demand."""

import pytest

from radio.errors import BusError
from radio.simulator import BusFault, Fate, Hang, SimulatedConcentrator, Transmission
from tests.radio.simulator.conftest import HandClock
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


def test_a_radio_that_fell_out_of_reception_hears_again_once_it_is_told_to(listening: SimulatedConcentrator) -> None:
    listening.faults.radios_out = {0, 1}
    assert listening.air.deliver_now(UPLINK).fate is Fate.NO_CHANNEL
    listening.faults.radios_out.clear()
    assert listening.air.deliver_now(UPLINK).fate is Fate.HEARD


class TestHangs:
    """A chip that hears nothing and looks sound, and what frees it."""

    @pytest.mark.parametrize("hang", sorted(set(Hang) - {Hang.TRANSMITTER}, key=str))
    def test_a_chip_that_hangs_hears_nothing(self, listening: SimulatedConcentrator, hang: Hang) -> None:
        listening.faults.hangs.add(hang)
        assert listening.air.deliver_now(UPLINK).fate is Fate.DEAF
        assert listening.receiving

    def test_what_is_on_the_air_when_it_begins_is_not_recorded(
        self, listening: SimulatedConcentrator, clock: HandClock
    ) -> None:
        reception = listening.air.transmit(UPLINK)
        listening.advance()
        listening.faults.hangs.add(Hang.CORRELATORS)
        clock.advance(1.0)
        listening.advance()
        assert reception.fate is Fate.DEAF

    def test_correlators_are_freed_by_switching_them_off(self, listening: SimulatedConcentrator) -> None:
        listening.faults.hangs.add(Hang.CORRELATORS)
        write(listening, 0x5605, 0x0F)
        assert listening.faults.hangs
        write(listening, 0x5605, 0x08)
        assert not listening.faults.hangs

    def test_a_transmitter_that_hangs_never_leaves_its_rest_and_reception_goes_on(
        self, listening: SimulatedConcentrator
    ) -> None:
        listening.faults.hangs.add(Hang.TRANSMITTER)
        write(listening, 0x5200, 0x01)
        assert read(listening, 0x5211) == b"\x80"
        assert listening.air.deliver_now(UPLINK).fate is Fate.HEARD
        write(listening, 0x5605, 0x07)
        assert not listening.faults.hangs

    @pytest.mark.parametrize(("hang", "control"), [(Hang.AGC, 0x5780), (Hang.ARBITER, 0x6080)])
    def test_a_program_is_freed_by_holding_its_core_in_clear(
        self, listening: SimulatedConcentrator, hang: Hang, control: int
    ) -> None:
        listening.faults.hangs.add(hang)
        write(listening, 0x5605, 0x00)
        assert listening.faults.hangs == {hang}
        write(listening, control, 0x04)
        assert not listening.faults.hangs

    def test_gain_control_shows_that_it_hangs_in_its_status(self, listening: SimulatedConcentrator) -> None:
        assert read(listening, 0x5781) == b"\x0f"
        listening.faults.hangs.add(Hang.AGC)
        assert read(listening, 0x5781) == b"\x14"

    def test_the_reset_pin_frees_all_but_a_latch_up_and_the_supply_that_too(self, chip: SimulatedConcentrator) -> None:
        chip.faults.hangs.update(Hang)
        chip.reset()
        assert chip.faults.hangs == {Hang.LATCH_UP}
        chip.power_cycle()
        assert not chip.faults.hangs
