"""Registers read back a few at a time: one that lost its value is found, and nothing else."""

import pytest

from radio.simulator import BusFault
from radio.sx1302.canary import CANARY_PERIOD_S, PORTION_BYTES, PORTIONS, RECEIVE_REGISTERS, URGENT_PERIOD_S, portions
from tests.radio.sx1302.station import Station

CORRELATORS = 0x5821
PASS_S = len(PORTIONS) * CANARY_PERIOD_S


def spoil(station: Station, address: int, value: int) -> None:
    """Change a register behind the driver's back."""
    station.sim.transfer(bytes((0, 0x80 | address >> 8, address & 0xFF, value)))


def test_portions_cover_each_register_once_in_runs_that_are_short() -> None:
    assert [address for portion in PORTIONS for address in portion] == sorted(RECEIVE_REGISTERS)
    assert max(map(len, PORTIONS)) <= PORTION_BYTES
    assert all(portion[-1] - portion[0] + 1 == len(portion) for portion in PORTIONS)
    assert portions((1, 2, 3, 7, 8), most=2) == ((1, 2), (3,), (7, 8))


def test_what_transmits_is_left_out() -> None:
    assert not [address for address in RECEIVE_REGISTERS if 0x5200 <= address < 0x5600]
    assert CORRELATORS in RECEIVE_REGISTERS


def test_no_poll_reads_more_than_a_portion(station: Station) -> None:
    longest = 0
    for _ in range(round(PASS_S / 0.1) + 20):
        before = station.chip.bytes
        station.poll(0.1)
        longest = max(longest, station.chip.bytes - before)
    assert station.receiver.health.canary.state.passes >= 1
    assert longest <= 6 + PORTION_BYTES + 4


def test_a_sound_chip_has_nothing_astray_and_passes_are_counted(station: Station) -> None:
    station.poll_for(2 * PASS_S + 5)
    state = station.receiver.health.canary.state
    assert (state.passes, state.astray) == (2, ())
    assert state.passed_s is not None
    assert 0 < station.clock() - state.passed_s < PASS_S


def test_all_are_read_within_about_a_minute_and_sooner_where_that_is_urgent(station: Station) -> None:
    station.poll_for(70)
    assert station.receiver.health.canary.state.passes == 1
    station.receiver.health.is_urgent = True
    # Each takes its turn with the other readings, a twentieth of a second apart.
    station.poll_for(2 * len(PORTIONS) * (URGENT_PERIOD_S + 0.05) + CANARY_PERIOD_S)
    assert station.receiver.health.canary.state.passes >= 3


def test_a_register_that_lost_its_value_is_found_by_its_address_and_no_error(station: Station) -> None:
    station.poll_for(1.0)
    spoil(station, CORRELATORS, 0x3F)
    station.poll_for(PASS_S + 5)
    assert station.receiver.health.canary.state.astray == (CORRELATORS,)


def test_it_is_not_astray_any_more_once_it_holds_what_it_should(station: Station) -> None:
    spoil(station, CORRELATORS, 0x3F)
    station.poll_for(PASS_S + 5)
    spoil(station, CORRELATORS, 0xFF)
    station.poll_for(PASS_S + 5)
    assert station.receiver.health.canary.state.astray == ()


def test_one_wrong_reading_is_nothing(station: Station) -> None:
    for _ in range(len(PORTIONS)):
        station.sim.faults.break_bus(BusFault.ALL_ONES, transfers=1)
        station.receiver.health.canary.look(station.clock())
    assert station.receiver.health.canary.state.astray == ()


@pytest.mark.parametrize("address", [0x5601, 0x5800, 0x5B22, 0x608A])
def test_all_registers_can_be_looked_at_at_once(station: Station, address: int) -> None:
    held = station.chip.read_bytes(address, 1)[0]
    spoil(station, address, held ^ 0x01)
    station.receiver.health.canary.look_at_all(station.clock())
    state = station.receiver.health.canary.state
    assert (state.passes, state.astray) == (1, (address,))
