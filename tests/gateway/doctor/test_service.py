"""What systemd and the running gateway say, as links of the chain."""

from pathlib import Path

import pytest

from gateway.config.sections import RadioSection
from gateway.console.snapshot import ClockPart, GnssPart, RadioPart, RadioState, Snapshot
from gateway.doctor.check import Check, Reason
from gateway.doctor.chip import CHAIN
from gateway.doctor.fault import Fault
from gateway.doctor.result import Grade
from gateway.doctor.service import ask_service, is_active, radio_results, read_unit, service_results, time_results
from tests.gateway.doctor.service_scenes import LOADED, STATE_DIR
from tests.gateway.doctor.snapshots import WELL, snapshot

SIMULATED = RadioSection(bus="simulator")


def test_a_gateway_that_answers_is_at_work() -> None:
    (result,) = service_results({**LOADED, "ActiveState": "active"}, WELL, STATE_DIR, is_held=True)
    assert (result.grade, result.facts) == (Grade.PASS, {"uptime_h": 2})


def test_a_young_gateway_is_told_in_minutes() -> None:
    (result,) = service_results(None, snapshot(uptime_s=184.0), STATE_DIR, is_held=True)
    assert result.facts == {"uptime_min": 3}


def test_a_gateway_without_systemd_is_at_work_all_the_same() -> None:
    (result,) = service_results(None, WELL, STATE_DIR, is_held=True)
    assert result.grade is Grade.PASS


def test_where_there_is_no_unit_nothing_is_missing() -> None:
    (result,) = service_results(None, None, STATE_DIR, is_held=False)
    assert result.reason is Reason.NOT_THERE


def test_a_service_that_is_active_and_does_not_answer_is_a_fault() -> None:
    (result,) = service_results({**LOADED, "ActiveState": "active"}, None, STATE_DIR, is_held=False)
    assert result.fault is Fault.SERVICE_SPEECHLESS


@pytest.mark.parametrize(("restarts", "fault"), [("2", None), ("3", Fault.SERVICE_RESTARTS)])
def test_a_few_restarts_are_forgiven(restarts: str, fault: Fault | None) -> None:
    (result,) = service_results({**LOADED, "ActiveState": "active", "NRestarts": restarts}, WELL, "", is_held=True)
    assert result.fault is fault


def test_what_counts_as_active() -> None:
    assert is_active({"ActiveState": "activating"})
    assert not is_active({"ActiveState": "failed"})
    assert not is_active(None)


def test_without_systemd_it_is_not_asked(tmp_path: Path) -> None:
    assert read_unit(tmp_path) is None


def test_where_no_gateway_answers_there_is_no_snapshot(tmp_path: Path) -> None:
    assert ask_service(str(tmp_path), {}) is None


def test_a_working_radio_vouches_for_its_links() -> None:
    results = {result.check: result for result in radio_results(WELL, SIMULATED)}
    assert tuple(results) == CHAIN
    assert results[Check.CHIP].facts == {"model": "SX1302", "eui": "0016C001FF10A235"}
    assert results[Check.TEMPERATURE].facts == {"temperature_c": 31.2}
    assert results[Check.RECEPTION].facts == {"packets": 208}


def test_a_radio_that_is_lost_is_told_with_the_services_reason() -> None:
    lost = snapshot(radio=RadioPart(state=RadioState.LOST, problem="the chip was reset"))
    results = {result.check: result for result in radio_results(lost, SIMULATED)}
    assert results[Check.RECEPTION].fault is Fault.RADIO_LOST
    assert results[Check.RECEPTION].facts["problem"] == "the chip was reset"
    assert results[Check.CHIP].reason is Reason.EARLIER_FAULT


@pytest.mark.parametrize("said", [None, snapshot(radio=RadioPart(state=RadioState.STARTING))])
def test_of_a_radio_that_is_starting_nothing_is_claimed(said: Snapshot | None) -> None:
    assert {result.reason for result in radio_results(said, SIMULATED)} == {Reason.SERVICE_SAYS_NOTHING}


def clock(gnss: GnssPart | None) -> Snapshot:
    return snapshot(clock=ClockPart(unix_s=1_795_996_800.0, synchronised=True, gnss=gnss))


def test_time_that_is_in_use_vouches_for_receiver_and_pulse() -> None:
    results = time_results(clock(GnssPart(time_known=True, agreed_s=1.0)), "/dev/ttyS0")
    assert [(result.check, result.grade) for result in results] == [(Check.GNSS, Grade.PASS), (Check.PPS, Grade.PASS)]


def test_a_receiver_without_time_is_a_fault_only_where_one_is_configured() -> None:
    without = clock(GnssPart(time_known=False, problem="no fix"))
    assert time_results(without, "/dev/ttyS0")[0].fault is Fault.GNSS_NO_FIX
    assert {result.reason for result in time_results(without, None)} == {Reason.NOT_CONFIGURED}
    assert {result.reason for result in time_results(None, "/dev/ttyS0")} == {Reason.SERVICE_SAYS_NOTHING}
