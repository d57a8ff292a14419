"""Killed at any moment, also on full disks, the outage store keeps its word. 300 times: see store_kills."""

from collections import Counter
from pathlib import Path

import pytest

from tests.robustness.store_child import ROOMS, Told
from tests.robustness.store_kills import Life, campaign, check

KILLS = 4
NONE = Counter[tuple[str, str]]()


@pytest.mark.parametrize("room", ROOMS)
def test_what_was_kept_arrives_in_order_or_counts_as_lost(tmp_path: Path, room: str) -> None:
    report = campaign(tmp_path / "store", room, KILLS, seed=7)
    assert report.kills == KILLS
    assert report.kept > 0


def heard(*keys: int, device: int = 1) -> Life:
    return [Told("heard", key, "city", device, "water") for key in keys]


def kept(*keys: int) -> Life:
    return [Told("kept", key) for key in keys]


def got(*keys: int) -> Life:
    return [Told("got", key) for key in keys]


def test_a_story_as_it_should_be() -> None:
    lives = [
        [Told("first", 1), *heard(1, 2, 3, 4), *kept(1, 2, 3), *got(1, 2)],
        [Told("first", 5), *heard(5), *got(2, 3, 5)],
    ]
    report = check(lives, NONE)
    assert (report.kills, report.heard, report.kept, report.repeated) == (1, 5, 3, 1)


def test_what_is_counted_need_not_come() -> None:
    check([[*heard(1, 2), *kept(1, 2), *got(2)]], Counter({("water", "too_old"): 1}))


@pytest.mark.parametrize(
    "lives",
    [
        [[*heard(1, 2), *kept(1, 2), *got(2)]],
        [[*heard(1, 2), *kept(1, 2), *got(2, 1)]],
        [[*heard(1), *kept(1), *got(1, 1)]],
        [[*heard(*range(1, 201)), *got(*range(1, 201))], got(1)],
        [[Told("first", 1), *heard(1), *got(1)], [Told("first", 1)]],
    ],
    ids=["lost", "out of order", "twice", "again long after", "a number again"],
)
def test_a_broken_promise_is_found(lives: list[Life]) -> None:
    with pytest.raises(AssertionError):
        check(lives, NONE)


def test_a_loss_under_another_depositor_is_found() -> None:
    with pytest.raises(AssertionError):
        check([[*heard(1), *kept(1)]], Counter({("waste", "too_old"): 1}))


def test_a_loss_that_never_was_is_found() -> None:
    with pytest.raises(AssertionError):
        check([[*heard(1), *got(1)]], Counter({("water", "too_old"): 1}))
