"""Killed at any moment while its channels fail, the outbox tells everything, in order. 300 times: see outbox_kills."""

from pathlib import Path

import pytest

from tests.robustness.outbox_kills import Numbers, campaign, check_order

KILLS = 8


def test_every_opening_and_closing_arrives_in_order_on_each_channel(tmp_path: Path) -> None:
    report = campaign(tmp_path, KILLS, seed=7)
    assert report.kills == KILLS
    assert report.incidents > 0
    assert report.failures > 0
    assert report.messages > 0


@pytest.mark.parametrize(
    ("messages", "repeated"),
    [([(1,), (2, 3), (4,)], 0), ([(1,), (1,), (1, 2), (3,)], 2), ([(2,), (4,)], 0), ([], 0)],
)
def test_a_lane_in_order(messages: list[Numbers], repeated: int) -> None:
    assert check_order(messages) == repeated


@pytest.mark.parametrize(
    "messages",
    [[(2,), (1,)], [(1,), (2,), (1,)], [(1, 2), (3,), (2,)], [(2, 1)], [(1, 1)], [(1, 2), (2,)], [(1,), (2,), (1, 2)]],
)
def test_a_lane_out_of_order_is_found(messages: list[Numbers]) -> None:
    with pytest.raises(AssertionError):
        check_order(messages)
