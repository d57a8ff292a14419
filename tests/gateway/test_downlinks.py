"""Requests to transmit: what is accepted, with which power, what is refused, and what becomes of it."""

from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from forwarder.backend import AtCounter, AtGpsTime, AtOnce, Downlink, Timing, TxReceipt
from gateway.downlinks import DownlinkDesk
from gateway.law import Law
from radio.airtime import tx_airtime_us
from radio.duty_cycle_store import DutyCycleStore
from radio.packets import CodingRate, TxPacket, TxStatus
from radio.regulation import regulation_for
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass
from tests.gateway.queue_emitter import QueueEmitter
from tests.radio.plans import EU868, transmitting

BOOT = "5a0b6f6e-0000-4000-8000-000000000001"
PLAN = transmitting(EU868)
PACKET = TxPacket(
    payload=b"city light",
    freq_hz=868_100_000,
    power_dbm=14,
    bandwidth_hz=125_000,
    spreading_factor=12,
    coding_rate=CodingRate.CR_4_5,
    invert_polarity=True,
)
HIGH_POWER_HZ = 869_525_000
SOON = AtCounter(11_000_000)


class Desk:
    """A desk before a radio whose queue decides, under the law of EU868."""

    def __init__(self, directory: Path, gain_dbi: float = 0.0, *, enforce: bool = True) -> None:
        self.emitter: QueueEmitter | None = QueueEmitter()
        self.path = directory / "duty_cycle"
        self.law = Law(regulation_for("EU868"), gain_dbi, DutyCycleStore(self.path, BOOT), enforce=enforce)
        self.desk = DownlinkDesk(PLAN, lambda: self.emitter, self.law, gain_dbi)

    def ask(self, timing: Timing = SOON, **changes: object) -> TxReceipt:
        """Request the plain packet, with some of its fields changed."""
        return self.desk.decide(Downlink("town", 7, msgspec.structs.replace(PACKET, **changes), timing))

    @property
    def packets(self) -> list[TxPacket]:
        """What the radio accepted."""
        assert self.emitter is not None
        return [entry.request.packet for entry in self.emitter.accepted]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """One that has never transmitted."""
    return Desk(tmp_path)


def test_a_request_for_a_counter_is_class_a_at_that_moment(desk: Desk) -> None:
    receipt = desk.ask()
    assert (receipt.status, receipt.power_used_dbm) == (TxStatus.OK, None)
    assert receipt.emission is not None
    assert desk.emitter is not None
    (entry,) = desk.emitter.accepted
    assert (entry.request.tx_class, entry.due_us, entry.request.origin) == (TxClass.A, 11_000_000, "town")
    assert entry.request.airtime_us == tx_airtime_us(PACKET)


def test_a_counter_that_wrapped_lies_ahead(desk: Desk) -> None:
    assert desk.emitter is not None
    desk.emitter.now_us = (3 << 32) - 500_000
    desk.ask(AtCounter(500_000))
    assert desk.emitter.accepted[0].due_us == (3 << 32) + 500_000


def test_a_request_at_once_is_class_c(desk: Desk) -> None:
    assert desk.ask(AtOnce()).status is TxStatus.OK
    assert desk.emitter is not None
    assert desk.emitter.accepted[0].request.tx_class is TxClass.C


def test_without_a_sure_time_there_is_no_class_b(desk: Desk) -> None:
    assert desk.ask(AtGpsTime(1_451_628_018_000)).status is TxStatus.GPS_UNLOCKED


@pytest.mark.parametrize(
    ("timing", "status"),
    [
        (AtCounter(9_000_000), TxStatus.TOO_LATE),
        (AtCounter(10_001_000), TxStatus.TOO_LATE),
        (AtCounter(523_000_000), TxStatus.TOO_EARLY),
    ],
)
def test_what_is_too_late_or_too_early_is_refused(desk: Desk, timing: Timing, status: TxStatus) -> None:
    assert desk.ask(timing).status is status


def test_a_collision_is_refused_and_costs_no_airtime(desk: Desk) -> None:
    assert desk.ask().status is TxStatus.OK
    for _ in range(40):
        assert desk.ask().status is TxStatus.COLLISION_PACKET
    assert desk.ask(AtCounter(14_000_000)).status is TxStatus.OK


class TestPower:
    """Asked for as radiated, emitted as the connector needs it."""

    @pytest.mark.parametrize(
        ("asked_dbm", "gain_dbi", "connector_dbm", "used_dbm"),
        [(14, 0.0, 14, None), (13, 0.0, 12, 12), (30, 0.0, 14, 14), (14, 2.0, 12, None), (20, 1.0, 14, 15)],
    )
    def test_it_is_lowered_to_what_is_lawful_and_possible(
        self, tmp_path: Path, asked_dbm: int, gain_dbi: float, connector_dbm: int, used_dbm: int | None
    ) -> None:
        desk = Desk(tmp_path, gain_dbi)
        receipt = desk.ask(power_dbm=asked_dbm)
        assert (receipt.status, receipt.power_used_dbm) == (TxStatus.OK, used_dbm)
        assert desk.packets[0].power_dbm == connector_dbm

    def test_the_sub_band_for_high_power_allows_more(self, desk: Desk) -> None:
        receipt = desk.ask(power_dbm=27, freq_hz=HIGH_POWER_HZ)
        assert (receipt.status, receipt.power_used_dbm) == (TxStatus.OK, None)
        assert desk.packets[0].power_dbm == 27

    def test_an_antenna_that_makes_the_least_power_unlawful_is_refused(self, tmp_path: Path) -> None:
        assert Desk(tmp_path, 6.0).ask().status is TxStatus.TX_POWER


@pytest.mark.parametrize("freq_hz", [862_900_000, 868_650_000, 869_300_000, 870_000_000, 915_000_000])
def test_where_the_law_has_no_sub_band_nothing_is_transmitted(desk: Desk, freq_hz: int) -> None:
    assert desk.ask(freq_hz=freq_hz).status is TxStatus.TX_FREQ


def test_the_board_s_own_range_counts_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    radio, other = PLAN.radios
    assert radio is not None
    narrow = msgspec.structs.replace(radio, tx_freq_min_hz=868_500_000, tx_freq_max_hz=869_700_000)
    plan = msgspec.structs.replace(PLAN, radios=(narrow, other))
    limited = DownlinkDesk(plan, lambda: desk.emitter, desk.law)
    assert limited.decide(Downlink("town", 7, PACKET, SOON)).status is TxStatus.TX_FREQ


@pytest.mark.parametrize("rf_chain", [1, 2])
def test_a_chain_that_does_not_transmit_is_refused(desk: Desk, rf_chain: int) -> None:
    assert desk.ask(rf_chain=rf_chain).status is TxStatus.INVALID


def test_without_a_radio_nothing_is_accepted(desk: Desk) -> None:
    assert desk.emitter is not None
    desk.emitter.now_us = None
    assert desk.ask().status is TxStatus.RADIO_DOWN
    desk.emitter = None
    assert desk.ask().status is TxStatus.RADIO_DOWN


def test_a_gateway_that_only_listens_refuses_everything(desk: Desk) -> None:
    listening = DownlinkDesk(EU868, lambda: desk.emitter, None)
    assert listening.decide(Downlink("town", 7, PACKET, SOON)).status is TxStatus.RADIO_DOWN


class TestDutyCycle:
    """One per cent of any hour at 868.1 MHz: 36 s, and SF12 takes 1.3 s."""

    def spend(self, desk: Desk) -> int:
        """Ask until the law says no, a hundred times at most; how often it said yes."""
        count = 0
        while count < 100:
            assert desk.emitter is not None
            due_us = desk.emitter.now_us + 1_000_000 if desk.emitter.now_us is not None else 0
            status = desk.ask(AtCounter(due_us % (1 << 32))).status
            if status is not TxStatus.OK:
                assert status is TxStatus.DUTY_CYCLE_OVERFLOW
                break
            count += 1
            desk.emitter.now_us = due_us + 3_000_000
        return count

    def test_it_is_never_exceeded(self, desk: Desk) -> None:
        count = self.spend(desk)
        assert count == 36_000_000 // tx_airtime_us(PACKET)

    def test_other_sub_bands_have_their_own(self, desk: Desk) -> None:
        self.spend(desk)
        assert desk.emitter is not None
        assert desk.emitter.now_us is not None
        due_us = desk.emitter.now_us + 1_000_000
        assert desk.ask(AtCounter(due_us), freq_hz=HIGH_POWER_HZ).status is TxStatus.OK

    def test_a_restart_does_not_forgive(self, desk: Desk, tmp_path: Path) -> None:
        self.spend(desk)
        desk.law.close()
        assert self.spend(Desk(tmp_path)) == 0

    def test_a_kill_does_not_forgive(self, desk: Desk, tmp_path: Path) -> None:
        self.spend(desk)
        assert self.spend(Desk(tmp_path)) == 0

    def test_what_was_not_emitted_is_given_back(self, desk: Desk) -> None:
        self.spend(desk)
        assert desk.emitter is not None
        desk.desk.emitted(EmissionReport(desk.emitter.accepted[-1], "the radio was lost"))
        assert self.spend(desk) == 1

    def test_what_may_have_been_on_the_air_is_not_given_back(self, desk: Desk) -> None:
        self.spend(desk)
        assert desk.emitter is not None
        doubtful = EmissionReport(desk.emitter.accepted[-1], "the chip was not seen emitting it", programmed=True)
        desk.desk.emitted(doubtful)
        assert self.spend(desk) == 0

    def test_without_enforcement_there_is_no_limit_and_the_log_says_so(self, tmp_path: Path) -> None:
        with capture_logs() as logs:
            desk = Desk(tmp_path, enforce=False)
        assert any("not enforced" in log["event"] for log in logs)
        assert self.spend(desk) == 100
        desk.law.close()
        assert not desk.path.exists()

    def test_a_disk_that_fails_stops_transmitting(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path / "state")
        (tmp_path / "state").write_text("in the way")
        with capture_logs() as logs:
            assert desk.ask().status is TxStatus.DUTY_CYCLE_OVERFLOW
        assert any(log["log_level"] == "error" for log in logs)


def test_every_request_is_counted_to_its_end(desk: Desk) -> None:
    desk.ask()
    desk.ask(AtCounter(15_000_000))
    desk.ask(rf_chain=1)
    assert desk.emitter is not None
    first, second = desk.emitter.accepted
    desk.desk.emitted(EmissionReport(first))
    desk.desk.emitted(EmissionReport(second, "the chip was not seen emitting it"))
    counters = desk.desk.counters
    assert (counters.received, counters.accepted, counters.emitted, counters.failed) == (3, 2, 1, 1)


def test_an_account_that_was_lost_is_silent_for_one_hour_and_not_for_one_after_each_restart(tmp_path: Path) -> None:
    path = tmp_path / "duty_cycle"
    path.write_bytes(b"damaged")
    assert Desk(tmp_path).ask().status is TxStatus.DUTY_CYCLE_OVERFLOW
    written = path.read_bytes()
    assert written != b"damaged"
    assert Desk(tmp_path).ask().status is TxStatus.DUTY_CYCLE_OVERFLOW
    assert path.read_bytes() == written
