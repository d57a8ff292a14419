"""Class B beacons: which are queued, when they are withdrawn, and what they cost."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.beacons import AHEAD, BEACON_DELAY_US, Beacons, BeaconSettings
from gateway.emissions import Emissions
from gateway.gnss_time import GatewayPosition
from gateway.law import Law
from radio.beacon import BEACON_PERIOD_S, BEACON_PLANS, AntennaPosition, beacon_payload
from radio.duty_cycle_store import DutyCycleStore
from radio.packets import TxStatus, TxTrigger
from radio.regulation import regulation_for
from radio.time_reference import NS_PER_S, TimeReference
from radio.tx_dispatcher import RADIO_STOPPED, WITHDRAWN, EmissionReport
from radio.tx_queue import TxClass, TxEntry
from tests.gateway.queue_emitter import QueueEmitter
from tests.radio.plans import EU868, transmitting

BOOT = "5a0b6f6e-0000-4000-8000-000000000001"
NOW_US = 50_000_000
# So long before a beacon.
GPS_S = 1_451_628_032 - 20
FIRST_US = NOW_US + 20_000_000


class Radio(QueueEmitter):
    """A radio whose queue decides, and from which packets can be withdrawn."""

    def __init__(self) -> None:
        super().__init__(NOW_US)
        self.withdrawn: list[TxEntry] = []

    def withdraw(self, number: int) -> None:
        self._queue, entry = self._queue.cancel(number)
        if entry is not None:
            self.withdrawn.append(entry)


class Time:
    """What the timekeeper says."""

    def __init__(self) -> None:
        self.reference: TimeReference | None = TimeReference(NOW_US, GPS_S * NS_PER_S, None)
        self.crystal_settled = True
        self.position: GatewayPosition | None = GatewayPosition(45.18, 5.73, 212)


class Rig:
    """Beacons of EU868 under its law."""

    def __init__(self, directory: Path) -> None:
        self.radio: Radio | None = Radio()
        self.time = Time()
        law = Law(regulation_for("EU868"), 0.0, DutyCycleStore(directory / "duty_cycle", BOOT))
        emissions = Emissions(transmitting(EU868), lambda: self.radio, law)
        settings = BeaconSettings(BEACON_PLANS["EU868"], power_dbm=27, antenna=2)
        self.beacons = Beacons(settings, emissions, self.time, lambda: self.radio)

    @property
    def accepted(self) -> list[TxEntry]:
        """What the radio accepted so far."""
        assert self.radio is not None
        return self.radio.accepted

    @property
    def withdrawn(self) -> list[TxEntry]:
        """What it was asked to give up, and did."""
        assert self.radio is not None
        return self.radio.withdrawn

    def advance(self, seconds: float) -> None:
        """Time passes."""
        assert self.radio is not None
        assert self.radio.now_us is not None
        self.radio.now_us += round(seconds * 1e6)
        self.beacons.tend()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """One that has not sent any."""
    return Rig(tmp_path)


def test_three_are_queued_ahead_each_for_its_pulse(rig: Rig) -> None:
    rig.beacons.tend()
    period_us = BEACON_PERIOD_S * 1_000_000
    assert [entry.due_us for entry in rig.accepted] == [
        FIRST_US + number * period_us + BEACON_DELAY_US for number in range(AHEAD)
    ]
    assert {entry.trigger for entry in rig.accepted} == {TxTrigger.ON_PPS}
    assert {entry.request.tx_class for entry in rig.accepted} == {TxClass.BEACON}


def test_they_say_when_and_where(rig: Rig) -> None:
    rig.beacons.tend()
    packet = rig.accepted[1].request.packet
    position = AntennaPosition(45.18, 5.73, 2)
    assert packet.payload == beacon_payload(9, GPS_S + 20 + BEACON_PERIOD_S, position)
    assert (packet.freq_hz, packet.power_dbm) == (869_525_000, 27)


def test_the_concentrator_s_clock_is_corrected(rig: Rig) -> None:
    rig.time.reference = TimeReference(NOW_US, GPS_S * NS_PER_S, None, 1 + 10e-6)
    rig.beacons.tend()
    assert rig.accepted[0].request.packet.freq_hz == 869_525_000 - 8_695


def test_those_that_are_queued_are_left_alone(rig: Rig) -> None:
    for _ in range(10):
        rig.advance(1)
    assert len(rig.accepted) == AHEAD
    assert not rig.withdrawn


def test_the_next_follows_when_one_was_emitted(rig: Rig) -> None:
    rig.beacons.tend()
    rig.advance(21)
    rig.beacons.emitted(EmissionReport(rig.accepted[0]))
    rig.beacons.tend()
    assert len(rig.accepted) == AHEAD + 1
    assert rig.accepted[-1].due_us == FIRST_US + AHEAD * BEACON_PERIOD_S * 1_000_000 + BEACON_DELAY_US
    assert (rig.beacons.counters.queued, rig.beacons.counters.emitted) == (AHEAD + 1, 1)


class TestDoubt:
    """What cannot be answered for is taken back."""

    def lose_time(self, rig: Rig) -> None:
        rig.time.reference = None

    def lose_gps_time(self, rig: Rig) -> None:
        rig.time.reference = TimeReference(NOW_US, None, (GPS_S + 315_964_782) * NS_PER_S)

    def lose_rate(self, rig: Rig) -> None:
        rig.time.crystal_settled = False

    def lose_position(self, rig: Rig) -> None:
        rig.time.position = None

    @pytest.mark.parametrize("lost", ["time", "gps_time", "rate", "position"])
    def test_they_are_withdrawn_and_come_back(self, rig: Rig, lost: str) -> None:
        rig.beacons.tend()
        sure = rig.time.reference, rig.time.crystal_settled, rig.time.position
        getattr(self, f"lose_{lost}")(rig)
        rig.advance(1)
        assert rig.withdrawn == rig.accepted
        rig.advance(1)
        rig.time.reference, rig.time.crystal_settled, rig.time.position = sure
        rig.advance(1)
        assert len(rig.accepted) == 2 * AHEAD

    def test_what_was_withdrawn_is_no_failure_and_costs_no_airtime(self, rig: Rig) -> None:
        rig.beacons.tend()
        self.lose_time(rig)
        rig.advance(1)
        with capture_logs() as logs:
            for entry in rig.withdrawn:
                rig.beacons.emitted(EmissionReport(entry, WITHDRAWN))
        assert not logs
        counters = rig.beacons.counters
        assert (counters.queued, counters.withdrawn, counters.failed) == (AHEAD, AHEAD, 0)

    def test_a_missing_position_is_told_once(self, rig: Rig) -> None:
        self.lose_position(rig)
        with capture_logs() as logs:
            rig.beacons.tend()
            rig.beacons.tend()
        assert len(logs) == 1


def test_a_clock_that_drifted_moves_them(rig: Rig) -> None:
    rig.beacons.tend()
    rig.time.reference = TimeReference(NOW_US + 200, GPS_S * NS_PER_S, None)
    rig.advance(1)
    assert not rig.withdrawn
    rig.time.reference = TimeReference(NOW_US + 400, GPS_S * NS_PER_S, None)
    rig.advance(1)
    assert [entry.due_us for entry in rig.accepted[AHEAD:]] == [entry.due_us + 400 for entry in rig.withdrawn]


def test_a_radio_that_is_lost_gets_them_anew(rig: Rig) -> None:
    rig.beacons.tend()
    entries = rig.accepted
    rig.radio = None
    for entry in entries:
        rig.beacons.emitted(EmissionReport(entry, RADIO_STOPPED))
    rig.beacons.tend()
    rig.radio = Radio()
    rig.beacons.tend()
    assert len(rig.accepted) == AHEAD
    assert (rig.beacons.counters.withdrawn, rig.beacons.counters.failed) == (AHEAD, 0)


def test_what_the_queue_refuses_is_asked_for_again_and_told_once(rig: Rig) -> None:
    assert rig.radio is not None
    rig.time.reference = TimeReference(NOW_US, (GPS_S + 20) * NS_PER_S - 2_000_000, None)
    with capture_logs() as logs:
        rig.beacons.tend()
        rig.beacons.tend()
    assert [log["status"] for log in logs] == [TxStatus.TOO_LATE.value]
    assert rig.beacons.counters.refused == 2
    assert len(rig.accepted) == AHEAD - 1


def test_the_hour_s_share_counts_them(rig: Rig, tmp_path: Path) -> None:
    """A tenth of the hour, 360 s, and 153 ms each: what is queued is charged, what was withdrawn is not."""
    rig.beacons.tend()
    for entry in rig.accepted[:1]:
        rig.beacons.emitted(EmissionReport(entry, "the chip was not seen emitting it"))
    assert rig.beacons.counters.failed == 1
    assert (tmp_path / "duty_cycle").exists()
