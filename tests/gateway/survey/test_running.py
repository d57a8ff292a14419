"""A survey on a real console."""

import asyncio
from pathlib import Path

import pytest

from gateway.console.connecting import NoGatewayError
from gateway.console.lines import SOCKET_NAME, Untold
from gateway.survey.result import SurveyResult
from gateway.survey.running import Surveying, survey
from tests.gateway.console.scene import pass_by, run, served, until
from tests.gateway.console.snapshots import WELL, heard


def test_what_passes_is_surveyed_until_it_is_stopped(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen: list[SurveyResult] = []
        async with served(tmp_path) as scene:
            scene.console.look.eui = 0x0016C001F1500812
            surveying = asyncio.create_task(
                asyncio.to_thread(
                    survey,
                    [scene.path],
                    600.0,
                    is_stopped=lambda: bool(seen) and seen[-1].packets == 3 and seen[-1].gateway_eui is not None,
                    on_progress=seen.append,
                )
            )
            await until(lambda: scene.console.watchers == 1)
            pass_by(scene.console, 1, 2, 5)
            result = await surveying
        (device,) = result.devices
        assert (device.packets, device.frames, device.depositor) == (3, 3, "metropole")
        assert result.gateway_eui == "0016C001F1500812"

    run(scenario)


def test_it_ends_when_its_time_is_over(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            result = await asyncio.to_thread(survey, [scene.path], 0.01)
            assert result.devices == ()

    run(scenario)


def test_without_a_gateway_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoGatewayError):
        survey([tmp_path / SOCKET_NAME], 1.0)


def test_lines_that_were_lost_are_no_losses_on_the_air() -> None:
    surveying = Surveying((), 0.0)
    surveying.take([WELL, heard(fcnt=1, frame=1), Untold(5), heard(fcnt=9, frame=9)], 60.0)
    result = surveying.result(120.0)
    assert (result.untold, result.devices[0].lost, result.gateway_eui) == (5, None, "0016C001FF10A235")
    assert result.duration_s == 120.0
