"""A GNSS receiver that knows where and when it is, and a pulse that arrives."""

import asyncio
from pathlib import Path

from gateway.config.sections import GnssSection
from gateway.doctor.check import Check, Reason
from gateway.doctor.gnss import examine_gnss, has_fix, pps_result
from gateway.doctor.result import Grade
from radio.gnss import NoPosition, Position, UtcReading
from tests.gateway.doctor.board import StandInBoard, configuration, examined
from tests.gateway.doctor.time_scenes import SERVER, SOME_UTC_S, receiver, said
from tests.gnss_receiver import gga, rmc


def test_a_receiver_with_a_fix_passes(tmp_path: Path) -> None:
    (result,) = asyncio.run(said(tmp_path, rmc(SOME_UTC_S) + gga()))
    assert result.grade is Grade.PASS


def test_a_fix_is_time_and_place() -> None:
    place, time = Position(45.0, 5.0, 200.0), UtcReading(0)
    assert has_fix([time, NoPosition(), place])
    assert not has_fix([time, NoPosition()])
    assert not has_fix([place])


def test_nothing_is_expected_without_a_port() -> None:
    assert asyncio.run(examine_gnss(GnssSection(), 1.0)).reason is Reason.NOT_CONFIGURED
    assert pps_result(GnssSection(), None).reason is Reason.NOT_CONFIGURED


def test_of_a_pulse_nothing_is_known_where_the_chip_was_not_reached() -> None:
    assert pps_result(GnssSection(port="/dev/ttyS0"), None).reason is Reason.EARLIER_FAULT


def test_the_chip_tells_whether_the_pulse_arrives(tmp_path: Path) -> None:
    with receiver(tmp_path) as (section, _):
        config = configuration(tmp_path, sections=f'[gnss]\nport = "{section.port}"\n' + SERVER)
        results = asyncio.run(examined(StandInBoard(config), config, tmp_path, listen_s=1.3))
    (pulse,) = (result for result in results if result.check is Check.PPS)
    assert pulse.grade is Grade.PASS
