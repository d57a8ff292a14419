"""Requests for a GPS time, and uplinks with their times."""

from pathlib import Path

from forwarder.backend import AtGpsTime, Downlink, Uplink
from gateway.downlinks import DownlinkDesk
from gateway.gnss_time import GatewayPosition, NoGnssTime
from gateway.law import Law
from gateway.pipeline import Pipeline
from radio.duty_cycle_store import DutyCycleStore
from radio.packets import TxStatus
from radio.regulation import regulation_for
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxEntry, TxRequest
from tests.gateway.queue_emitter import QueueEmitter
from tests.gateway.test_downlinks import BOOT, PACKET, PLAN
from tests.gateway.test_pipeline import DAMAGED, Memory, pipeline_to
from tests.packets import PLAIN

GPS_MS = 1_451_628_018_000


class KnownTime:
    """A receiver that is sure."""

    utc_ns = None
    position = agreed_s = problem = None

    def times_of(self, counter_us: int) -> tuple[int, int]:
        return counter_us * 1000, counter_us // 1000

    def linear_us_at_gps(self, _gps_ms: int) -> None:
        return None

    def summary(self) -> dict[str, object]:
        return {}


def desk(directory: Path, linear_us: int | None) -> tuple[DownlinkDesk, QueueEmitter]:
    """One for which all GPS times lie at one moment of the linear counter."""
    emitter = QueueEmitter()
    law = Law(regulation_for("EU868"), 0.0, DutyCycleStore(directory / "duty_cycle", BOOT))
    return DownlinkDesk(PLAN, lambda: emitter, law, 0.0, lambda _: linear_us), emitter


def test_a_request_for_a_gps_time_is_class_b_at_its_moment(tmp_path: Path) -> None:
    made, emitter = desk(tmp_path, 12_345_678)
    assert made.decide(Downlink("town", 7, PACKET, AtGpsTime(GPS_MS))).status is TxStatus.OK
    (entry,) = emitter.accepted
    assert (entry.request.tx_class, entry.due_us) == (TxClass.B, 12_345_678)


def test_one_for_the_past_is_too_late(tmp_path: Path) -> None:
    made, _ = desk(tmp_path, 9_000_000)
    assert made.decide(Downlink("town", 7, PACKET, AtGpsTime(GPS_MS))).status is TxStatus.TOO_LATE


def test_while_the_time_is_not_sure_it_is_refused(tmp_path: Path) -> None:
    made, _ = desk(tmp_path, None)
    assert made.decide(Downlink("town", 7, PACKET, AtGpsTime(GPS_MS))).status is TxStatus.GPS_UNLOCKED


def test_uplinks_carry_the_times_of_their_counter() -> None:
    backend = Memory("main")
    pipeline = pipeline_to(backend)
    pipeline.gnss = KnownTime()
    pipeline.handle_uplinks([PLAIN, DAMAGED])
    counter_us = PLAIN.counter_us
    assert backend.batches[0][0] == Uplink(PLAIN, counter_us * 1000, counter_us // 1000)


def test_a_report_has_the_position_that_was_configured() -> None:
    backend = Memory("main")
    pipeline = pipeline_to(backend)
    pipeline.gnss = NoGnssTime(GatewayPosition(45.18, 5.73, 212.4))
    pipeline.report(None, None)
    (stats,) = backend.stats
    assert (stats.latitude_deg, stats.longitude_deg, stats.altitude_m) == (45.18, 5.73, 212)
    assert stats.unix_time_s is None


def test_beacons_are_counted_beside_downlinks() -> None:
    pipeline, told = Pipeline(), list[EmissionReport]()
    pipeline.on_beacon = told.append
    beacon = EmissionReport(TxEntry(0, TxRequest(PACKET, TxClass.BEACON, 1000, 5), 5))
    pipeline.handle_emission(beacon)
    pipeline.handle_emission(EmissionReport(TxEntry(1, TxRequest(PACKET, TxClass.B, 1000, 5), 5)))
    assert told == [beacon]
    assert (pipeline.totals.beacons_emitted, pipeline.totals.downlinks_emitted) == (1, 1)
