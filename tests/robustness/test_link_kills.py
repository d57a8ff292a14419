"""Killed at any moment while every way fails, what informs depositors tells everything. 300 times: see link_kills."""

import asyncio
from pathlib import Path

import pytest

from tests.flows.link_scene import CHANNELS
from tests.robustness.link_kills import Heard, campaign, check_stream

KILLS = 8
ENDED = Heard()


def test_every_incident_is_opened_and_closed_on_each_channel_in_order(tmp_path: Path) -> None:
    report = asyncio.run(campaign(tmp_path, KILLS, seed=7))
    assert report.kills == KILLS
    assert report.incidents > 0
    assert report.failures > 0
    assert all(report.told[channel] > 0 for channel in CHANNELS)


def life(*stages: str, incident: str = "1") -> list[Heard]:
    """What is heard of one incident; the times are the stages' own."""
    times = {"opened": "01", "updated": "02", "closed": "03"}
    return [Heard(incident, stage, times[stage]) for stage in stages]


@pytest.mark.parametrize(
    "stream",
    [
        life("opened", "updated", "closed"),
        [*life("opened", "closed"), ENDED, *life("opened", "closed")],
        [*life("opened"), ENDED, *life("opened", "updated")],
        life("opened", "opened"),
    ],
)
def test_a_life_that_is_told_in_order(stream: list[Heard]) -> None:
    check_stream(stream)


@pytest.mark.parametrize(
    "stream",
    [
        life("opened", "closed", "opened"),
        life("closed", "opened"),
        [*life("updated"), ENDED, *life("opened")],
        [*life("opened", "updated"), *life("opened", incident="2")],
    ],
)
def test_a_life_that_is_not_is_found(stream: list[Heard]) -> None:
    with pytest.raises(AssertionError):
        check_stream(stream)
