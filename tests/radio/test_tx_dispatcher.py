"""The radio thread's transmit side on a simulated chip, time stepped by hand."""

from collections.abc import Callable

import msgspec
import pytest

from radio.airtime import tx_airtime_us
from radio.counter import linear_now_us
from radio.errors import BusError
from radio.packets import CodingRate, TxPacket, TxStatus
from radio.simulator import BusFault, Emission, Hang
from radio.tx_dispatcher import EmissionReport, TxDispatcher
from radio.tx_queue import TxClass, TxEntry, TxRequest, TxTiming
from tests.radio.plans import EU868, transmitting
from tests.radio.sx1302.station import Station

TIMING = TxTiming()
PACKET = TxPacket(
    payload=b"city light",
    freq_hz=869_525_000,
    power_dbm=14,
    bandwidth_hz=125_000,
    spreading_factor=9,
    coding_rate=CodingRate.CR_4_5,
    invert_polarity=True,
)
AIRTIME_US = tx_airtime_us(PACKET)


class Rig:
    """A started chip, its transmit side, and what both said."""

    def __init__(self) -> None:
        self.station = Station(transmitting(EU868))
        self.reports: list[EmissionReport] = []
        self.emissions: list[Emission] = []
        self.station.sim.air.on_emission(self.emissions.append)
        self.tx = TxDispatcher(self.station.chip, self.station.plan, self.reports.append, TIMING)

    @property
    def now_us(self) -> int:
        """The linear counter."""
        counter = self.station.receiver.counter
        assert counter is not None
        return linear_now_us(counter, self.station.clock())

    def ask(self, after_us: int | None, packet: TxPacket = PACKET) -> TxStatus:
        """Request a packet so long from now, or at once."""
        now_us = self.now_us
        tx_class = TxClass.C if after_us is None else TxClass.A
        due_us = None if after_us is None else now_us + after_us
        request = TxRequest(packet, tx_class, tx_airtime_us(packet), due_us, "town")
        return self.tx.request(request, now_us, lambda _: TxStatus.OK).status

    def run(self, until: Callable[[], bool], most_s: float = 10.0) -> None:
        """Wake the transmit side when it asks to be, and look at the air now and then."""
        end_s = self.station.clock() + most_s
        while not until() and self.station.clock() < end_s:
            wake_us = self.tx.next_wake_us()
            step_us = 5_000 if wake_us is None else min(max(wake_us - self.now_us, 0) + 20, 5_000)
            self.station.clock.advance(step_us / 1e6)
            if wake_us is not None and self.now_us >= wake_us:
                self.tx.work(self.now_us)
            self.station.receiver.poll(self.station.clock())
        assert until()

    @property
    def failures(self) -> list[str]:
        """Why packets were not emitted; empty texts for those that were."""
        return [report.failure for report in self.reports]


@pytest.fixture
def rig() -> Rig:
    """A gateway's radio that may transmit."""
    return Rig()


def test_an_accepted_packet_is_emitted_at_its_microsecond_and_reported(rig: Rig) -> None:
    due_us = rig.now_us + 1_000_000
    assert rig.ask(1_000_000) is TxStatus.OK
    rig.run(lambda: bool(rig.reports))
    (emission,) = rig.emissions
    assert emission.counter_us == pytest.approx(due_us, abs=2)
    assert (emission.payload, emission.spreading_factor, emission.inverted) == (PACKET.payload, 9, True)
    assert rig.failures == [""]
    assert rig.reports[0].entry.due_us == due_us
    assert 0 <= rig.reports[0].lateness_us <= 100


def test_a_packet_is_reported_only_when_its_emission_is_over(rig: Rig) -> None:
    rig.ask(100_000)
    rig.run(lambda: bool(rig.emissions))
    assert not rig.reports
    rig.run(lambda: bool(rig.reports))
    assert rig.station.clock() >= rig.emissions[0].end_s


def test_at_once_means_within_the_shortest_notice(rig: Rig) -> None:
    asked_us = rig.now_us
    assert rig.ask(None) is TxStatus.OK
    rig.run(lambda: bool(rig.reports))
    assert rig.failures == [""]
    assert rig.emissions[0].counter_us - asked_us <= TIMING.at_once_us + 1_000


def test_many_packets_go_out_one_after_another(rig: Rig) -> None:
    moments = [rig.now_us + 200_000 + number * (AIRTIME_US + 40_000) for number in range(8)]
    for due_us in reversed(moments):
        assert rig.ask(due_us - rig.now_us) is TxStatus.OK
    rig.run(lambda: len(rig.reports) == 8)
    assert rig.failures == [""] * 8
    assert [emission.counter_us for emission in rig.emissions] == pytest.approx(moments, abs=2)


def test_whoever_approves_has_the_last_word(rig: Rig) -> None:
    asked: list[TxEntry] = []

    def refuse(entry: TxEntry) -> TxStatus:
        asked.append(entry)
        return TxStatus.DUTY_CYCLE_OVERFLOW

    request = TxRequest(PACKET, TxClass.C, AIRTIME_US)
    decision = rig.tx.request(request, rig.now_us, refuse)
    assert (decision.status, decision.entry) == (TxStatus.DUTY_CYCLE_OVERFLOW, None)
    assert asked[0].due_us > rig.now_us
    assert rig.tx.next_wake_us() is None


def test_a_collision_is_refused_before_anybody_approves(rig: Rig) -> None:
    rig.ask(500_000)
    assert rig.ask(500_000 + AIRTIME_US // 2) is TxStatus.COLLISION_PACKET


def test_what_the_radio_cannot_emit_is_reported_as_failed(rig: Rig) -> None:
    rig.ask(100_000, msgspec.structs.replace(PACKET, rf_chain=1))
    rig.run(lambda: bool(rig.reports))
    assert rig.failures == ["the radio cannot emit it (INVALID)"]
    assert not rig.emissions


def test_a_bus_error_while_programming_costs_that_packet_alone(rig: Rig) -> None:
    rig.ask(100_000)
    rig.ask(100_000 + AIRTIME_US + 40_000)
    wake_us = rig.tx.next_wake_us()
    assert wake_us is not None
    rig.station.clock.advance((wake_us - rig.now_us) / 1e6)
    rig.station.sim.faults.break_bus(BusFault.ERROR, transfers=1)
    with pytest.raises(BusError):
        rig.tx.work(rig.now_us)
    assert rig.failures == ["simulated fault: the transfer failed"]
    rig.run(lambda: len(rig.reports) == 2)
    assert rig.failures[1] == ""
    assert len(rig.emissions) == 1


def test_a_radio_thread_that_wakes_too_late_says_so(rig: Rig) -> None:
    rig.ask(100_000)
    rig.station.clock.advance(0.2)
    rig.tx.work(rig.now_us)
    assert rig.failures == ["it could not be programmed in time"]
    assert not rig.emissions


def test_a_chip_whose_clock_stands_still_does_not_finish(rig: Rig) -> None:
    rig.ask(100_000)
    wake_us = rig.tx.next_wake_us()
    assert wake_us is not None
    rig.station.clock.advance((wake_us - rig.now_us) / 1e6)
    rig.tx.work(rig.now_us)
    rig.station.sim.counter.freeze()
    for _ in range(100):
        wake_us = rig.tx.next_wake_us()
        if wake_us is None:
            break
        rig.station.clock.advance(max(wake_us - rig.now_us, 0) / 1e6 + 1e-5)
        rig.tx.work(rig.now_us)
    assert rig.failures == ["the chip did not finish it (transmitter scheduled)"]


def test_a_failed_packet_gives_its_air_back(rig: Rig) -> None:
    rig.ask(100_000)
    wake_us = rig.tx.next_wake_us()
    assert wake_us is not None
    due_us = rig.now_us + 100_000
    rig.station.clock.advance((wake_us - rig.now_us) / 1e6)
    rig.station.sim.faults.break_bus(BusFault.ERROR, transfers=1)
    with pytest.raises(BusError):
        rig.tx.work(rig.now_us)
    assert rig.ask(due_us + 20_000 - rig.now_us) is TxStatus.OK


def test_giving_up_reports_everything_that_was_accepted(rig: Rig) -> None:
    rig.ask(100_000)
    rig.ask(100_000 + AIRTIME_US + 40_000)
    rig.run(lambda: bool(rig.emissions))
    rig.tx.give_up("the radio was stopped")
    assert rig.failures == ["the radio was stopped"] * 2
    assert rig.tx.next_wake_us() is None


def test_whoever_looks_too_late_says_that_nobody_saw(rig: Rig) -> None:
    rig.ask(100_000)
    rig.run(lambda: bool(rig.tx.is_emitting))
    rig.station.clock.advance(1.0)
    rig.station.receiver.poll(rig.station.clock())
    rig.run(lambda: bool(rig.reports))
    assert [(report.seen, report.missed) for report in rig.reports] == [(False, True)]


def test_a_chip_that_was_looked_at_in_time_and_did_nothing_is_told(rig: Rig) -> None:
    rig.station.sim.faults.hangs.add(Hang.TRANSMITTER)
    rig.ask(100_000)
    rig.run(lambda: bool(rig.reports))
    assert [(report.seen, report.missed) for report in rig.reports] == [(False, False)]


def test_what_comes_after_the_radio_was_given_up_is_refused_since_nobody_would_answer_for_it(rig: Rig) -> None:
    rig.tx.give_up("the radio was lost")
    assert rig.ask(100_000) is TxStatus.RADIO_DOWN
    assert rig.tx.next_wake_us() is None
    assert rig.reports == []


def test_only_what_the_chip_was_never_given_is_certain_not_to_have_been_on_the_air(rig: Rig) -> None:
    rig.ask(100_000, msgspec.structs.replace(PACKET, rf_chain=1))
    rig.run(lambda: len(rig.reports) == 1)
    rig.ask(100_000)
    rig.ask(100_000 + AIRTIME_US + 40_000)
    rig.run(lambda: bool(rig.emissions))
    rig.tx.give_up("the radio was stopped")
    assert [report.programmed for report in rig.reports] == [False, True, False]
