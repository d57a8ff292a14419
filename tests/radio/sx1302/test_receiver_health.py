"""Signs of ill health: the receiver notices them by itself, and soon."""

from collections.abc import Sequence

import pytest

from radio.errors import ChipError, ChipFault
from radio.simulator import BusFault, Hang
from radio.sx1302.health import MCU_PERIOD_S, SUSPICION_PERIOD_S, SUSPICIONS
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.receiver import TEMPERATURE_PERIOD_S
from tests.radio.buses import SpoiltBus, TamperedBus
from tests.radio.plans import EU868, FINE
from tests.radio.sx1302.record_builder import record
from tests.radio.sx1302.station import Station

SOON_S = 5.0


def test_a_healthy_chip_is_not_suspected(station: Station) -> None:
    assert station.poll_for(60.0) == []


@pytest.mark.parametrize("every_s", [0.006, 0.1])
def test_a_chip_that_was_reset_behind_the_driver_s_back_is_noticed(station: Station, every_s: float) -> None:
    station.poll_for(2.0)
    station.sim.reset()
    with pytest.raises(ChipError) as caught:
        station.poll_for(SOON_S, every_s)
    assert (caught.value.step, caught.value.expected, caught.value.found) == ("reception", "0f 10", "00 10")
    assert "reset or lost its supply" in caught.value.advice


@pytest.mark.parametrize(
    ("fault", "found"), [(BusFault.ALL_ONES, "ff ff"), (BusFault.ALL_ZEROS, "00 00")], ids=["high", "low"]
)
def test_a_data_line_that_sticks_is_noticed(station: Station, fault: BusFault, found: str) -> None:
    station.sim.faults.break_bus(fault)
    with pytest.raises(ChipError) as caught:
        station.poll_for(SOON_S)
    assert caught.value.found in (found, "0 µs")


def test_noise_is_noticed_and_nothing_is_made_of_it(station: Station) -> None:
    station.sim.faults.break_bus(BusFault.NOISE)
    with pytest.raises(ChipError):
        station.poll_for(SOON_S)
    assert station.receiver.counters.packets == 0


@pytest.mark.parametrize("byte", [0x00, 0xFF, 0x5A])
@pytest.mark.parametrize("number", range(60))
def test_one_wrong_answer_is_no_illness(station: Station, byte: int, number: int) -> None:
    """Twenty seconds of polls, two a second, so that every kind of reading is among the transfers."""
    station.poll_for(2.0)
    station.bus = SpoiltBus(station.sim, {number}, byte)
    station.poll_for(20.0, every_s=0.5)
    station.bus = station.sim
    assert station.payloads(record(b"still here")) == [b"still here"]


@pytest.mark.parametrize("plan", [EU868, FINE], ids=["EU868", "fine timestamps"])
def test_a_counter_that_stands_still_is_noticed(plan: ConcentratorPlan) -> None:
    station = Station(plan)
    station.poll_for(2.0)
    station.sim.counter.freeze()
    with pytest.raises(ChipError, match="a running counter") as caught:
        station.poll_for(SOON_S)
    assert "clock stands still" in caught.value.advice


def test_a_counter_that_stands_still_is_noticed_under_traffic_too(station: Station) -> None:
    station.poll_for(2.0)
    station.sim.counter.freeze()
    with pytest.raises(ChipError, match="a running counter"):
        station.payloads(*(record(b"number %d" % number) for number in range(500)))


def test_no_packet_is_lost_to_a_counter_that_stands_still(station: Station) -> None:
    station.poll_for(2.0)
    station.sim.counter.freeze()
    received: list[bytes] = []

    def hear_all(payloads: Sequence[bytes]) -> None:
        for payload in payloads:
            station.sim.inject(record(payload))
            received.extend(packet.payload for packet in station.poll())

    sent = [b"number %d" % number for number in range(500)]
    with pytest.raises(ChipError, match="a running counter"):
        hear_all(sent)
    # The last one reached the chip after the receiver had noticed.
    assert received == sent[: len(received)]
    assert station.sim.counters.level == len(record(sent[len(received)]))


def test_a_counter_that_paused_and_went_on_is_no_illness(station: Station) -> None:
    station.poll_for(2.0)
    station.sim.counter.freeze()
    station.poll_for(1.5)
    station.sim.counter.resume()
    assert station.poll_for(10.0) == []


@pytest.mark.parametrize(("control", "name"), [(0x5780, "AGC_PARITY_ERROR"), (0x6080, "ARB_PARITY_ERROR")])
def test_a_program_that_was_damaged_while_it_ran_is_noticed(station: Station, control: int, name: str) -> None:
    station.bus = TamperedBus(station.sim, {control: 0x01})
    with pytest.raises(ChipError) as caught:
        station.poll_for(2 * MCU_PERIOD_S + 2)
    assert name in caught.value.register
    assert (caught.value.expected, caught.value.found) == ("0", "1")


class TestHangingPrograms:
    """A program that hangs shows a status that no sound one shows, for as long as it hangs."""

    def test_one_is_noticed_though_nothing_else_tells(self, station: Station) -> None:
        station.poll_for(1.0)
        station.sim.faults.hangs.add(Hang.AGC)
        with pytest.raises(ChipError, match="hangs") as caught:
            station.poll_for(2 * MCU_PERIOD_S + SUSPICIONS * SUSPICION_PERIOD_S + 1)
        assert (caught.value.register, caught.value.found) == ("MCU_AGC_STATUS (0x5781)", "0x14")
        assert caught.value.fault is ChipFault.MCU_SILENT

    @pytest.mark.parametrize("register", [0x5781, 0x6081])
    def test_a_status_that_passes_is_no_hang(self, station: Station, register: int) -> None:
        """Each program is looked at twice a minute, and one that shows it for the first time a second later."""
        for _ in range(200):
            station.bus = TamperedBus(station.sim, {register: 0x14})
            station.poll_for((SUSPICIONS - 1) * SUSPICION_PERIOD_S - 0.2)
            station.bus = station.sim
            assert station.poll_for(SUSPICION_PERIOD_S + 0.5) == []

    @pytest.mark.parametrize("status", range(0x10))
    def test_every_status_of_a_sound_program_passes(self, station: Station, status: int) -> None:
        station.bus = TamperedBus(station.sim, {0x5781: status, 0x6081: status})
        assert station.poll_for(3 * MCU_PERIOD_S) == []


class TestTemperature:
    """RSSI is corrected by the board's temperature, where there is a sensor."""

    @staticmethod
    def rssi_dbm(station: Station) -> float:
        station.sim.inject(record(b"loud", rssi_channel=130))
        (packet,) = station.poll()
        return packet.rssi_channel_dbm

    def test_a_change_shows_at_the_next_reading(self, station: Station) -> None:
        before_dbm = self.rssi_dbm(station)
        station.temperature_c = 45.0
        station.poll_for(TEMPERATURE_PERIOD_S + 1)
        drift_db = (20.41 * (45**2 - 25**2) + 2162.56 * 20) / 65536
        assert self.rssi_dbm(station) - before_dbm == pytest.approx(drift_db)
        assert station.receiver.temperature_c == 45.0

    def test_without_a_sensor_rssi_is_uncorrected(self) -> None:
        station = Station(EU868, temperature_c=None)
        assert self.rssi_dbm(station) == pytest.approx(130 - 215.4)
        assert station.receiver.temperature_c is None

    def test_a_sensor_that_falls_silent_leaves_rssi_uncorrected(self, station: Station) -> None:
        station.temperature_c = None
        station.poll_for(TEMPERATURE_PERIOD_S + 1)
        assert self.rssi_dbm(station) == pytest.approx(130 - 215.4)
