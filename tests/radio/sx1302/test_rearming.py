"""The receive path switched off and on: what hangs there is freed, what was lost is written, all else is left alone."""

import pytest

from radio.bus import SpiBus
from radio.errors import ChipError, ChipFault
from radio.simulator import BusFault, Fate, Hang, Transmission
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.rearming import rearm, stop_receiving
from radio.sx1302.registers import RxTop
from tests.radio.buses import TamperedBus
from tests.radio.plans import CN490_WITHOUT_EXTRAS, EU868, FINE, US915
from tests.radio.sx1302.record_builder import record
from tests.radio.sx1302.station import Station
from tests.radio.sx1302.test_canary import CORRELATORS, spoil


@pytest.mark.parametrize("plan", [EU868, US915, FINE, CN490_WITHOUT_EXTRAS])
def test_the_chip_hears_by_the_same_plan_afterwards(plan: ConcentratorPlan) -> None:
    station = Station(plan)
    rearm(station.chip, plan)
    for channel in range(8):
        station.hear(b"channel %d" % channel, channel)
    assert sorted(packet.payload for packet in station.poll()) == [b"channel %d" % channel for channel in range(8)]


def test_the_single_sf_channel_hears_again_too(station: Station) -> None:
    rearm(station.chip, EU868)
    sent = Transmission(b"fast", 868_300_000, -80.0, spreading_factor=7, bandwidth_hz=250_000)
    assert station.sim.air.deliver_now(sent).fate is Fate.HEARD


def test_what_hangs_in_it_is_freed_and_nothing_else(station: Station) -> None:
    station.sim.faults.hangs.update(Hang)
    rearm(station.chip, EU868)
    assert station.sim.faults.hangs == set(Hang) - {Hang.CORRELATORS}


def test_a_register_that_was_lost_is_written(station: Station) -> None:
    spoil(station, CORRELATORS, 0x00)
    rearm(station.chip, EU868)
    assert station.chip.read_bytes(CORRELATORS, 1) == b"\xff"


def test_what_was_recorded_stays(station: Station) -> None:
    station.sim.inject(record(b"before"))
    rearm(station.chip, EU868)
    assert [packet.payload for packet in station.poll()] == [b"before"]


def test_the_counter_and_the_programs_go_on(station: Station) -> None:
    station.poll_for(2.0)
    rearm(station.chip, EU868)
    assert station.sim.receiving
    assert station.poll_for(60.0) == []


def test_it_takes_few_transfers(station: Station) -> None:
    before = station.chip.transfers
    rearm(station.chip, EU868)
    assert station.chip.transfers - before <= 80


def test_a_chip_that_does_not_keep_what_is_written_is_told(station: Station) -> None:
    station.bus = TamperedBus(station.sim, {CORRELATORS: 0x3F})
    with pytest.raises(ChipError, match="re-arming") as caught:
        rearm(station.chip, EU868)
    assert caught.value.fault is ChipFault.WRITE_LOST
    assert (caught.value.register, caught.value.expected, caught.value.found) == ("register 0x5821", "0xFF", "0x3F")


class TornLevelBus:
    """The first reading of the receive buffer's level is torn: its high byte is from before a carry."""

    def __init__(self, bus: SpiBus) -> None:
        self._bus = bus
        self._torn = False

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        answer = bytearray(self._bus.transfer(out))
        if not self._torn and out[1:3] == RxTop.BUFFERED_BYTES.address.to_bytes(2, "big") and answer[-2]:
            self._torn = True
            answer[-2] -= 1
        return bytes(answer)

    def close(self) -> None:
        """See `SpiBus.close`."""


class TestTheRest:
    """What a chip had recorded when it was lost, or is stopped."""

    def test_a_chip_that_stopped_receiving_records_nothing_and_keeps_what_it_had(self, station: Station) -> None:
        station.sim.inject(record(b"last"))
        stop_receiving(station.chip)
        sent = Transmission(b"too late", 868_100_000, -80.0)
        assert station.sim.air.deliver_now(sent).fate is Fate.NO_CHANNEL
        assert [packet.payload for packet in station.receiver.salvage(station.clock())] == [b"last"]

    def test_what_a_torn_level_hides_is_taken_all_the_same(self, station: Station) -> None:
        many = [b"number %3d" % number for number in range(30)]
        for payload in many:
            station.sim.inject(record(payload))
        station.bus = TornLevelBus(station.sim)
        assert [packet.payload for packet in station.receiver.salvage(station.clock())] == many

    def test_half_a_record_is_given_up(self, station: Station) -> None:
        station.sim.inject(record(b"whole") + record(b"half")[:9])
        assert [packet.payload for packet in station.receiver.salvage(station.clock())] == [b"whole"]
        assert station.receiver.counters.bad_records == 1

    @pytest.mark.parametrize("fault", BusFault)
    def test_a_chip_that_cannot_be_reached_has_nothing_and_nothing_is_raised(
        self, station: Station, fault: BusFault
    ) -> None:
        station.sim.inject(record(b"lost"))
        station.sim.faults.break_bus(fault)
        assert station.receiver.salvage(station.clock()) == []

    def test_what_had_been_read_already_is_not_lost_with_the_bus(self, station: Station) -> None:
        station.sim.inject(record(b"first") + record(b"second")[:12])
        assert [packet.payload for packet in station.poll()] == [b"first"]
        station.sim.inject(record(b"second")[12:])
        assert [packet.payload for packet in station.receiver.salvage(station.clock())] == [b"second"]
