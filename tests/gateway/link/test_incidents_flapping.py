"""A link that comes and goes is one incident, which says so."""

import pytest

from gateway.link.state import Detail
from tests.gateway.link.incident_rig import HOUR_S, Diary, S


def test_two_hundred_changes_in_an_hour_give_three_notices(diary: Diary) -> None:
    for _ in range(100):
        diary.go_on(Detail.RADIO_LOST, 18)
        diary.go_on(Detail.WORKING, 18)
    assert diary.told() == ["opened"]
    diary.go_on(Detail.WORKING, HOUR_S + 120)
    assert diary.told() == ["opened", "closed"]
    incident = diary.events[-1].incident
    assert (incident.flapping, incident.times) == (True, 100)


@pytest.mark.parametrize("pattern", [(30, 6), (35, 1), (1, 35), (60, 119)])
def test_so_do_other_patterns(diary: Diary, pattern: tuple[int, int]) -> None:
    down_s, up_s = pattern
    for _ in range(2 * HOUR_S // (down_s + up_s)):
        diary.go_on(Detail.SERVERS_SILENT, down_s)
        diary.go_on(Detail.WORKING, up_s)
    assert len([kind for kind in diary.told() if kind != "reminded"]) <= 3
    assert diary.opened[0].flapping


def test_an_incident_that_begins_to_flap_says_so_once(diary: Diary) -> None:
    diary.go_on(Detail.RADIO_LOST, 60)
    for _ in range(20):
        diary.go_on(Detail.WORKING, 20)
        diary.go_on(Detail.RADIO_LOST, 20)
    assert diary.told() == ["opened", "updated"]
    assert diary.events[-1].incident.flapping


def test_short_troubles_begin_with_the_first_that_was_not_told(diary: Diary) -> None:
    first_ms = diary.now.ms + S
    for _ in range(3):
        diary.go_on(Detail.RADIO_LOST, 5)
        diary.go_on(Detail.WORKING, 300)
    (incident,) = diary.opened
    assert (incident.begin.ms, incident.times, incident.flapping) == (first_ms, 3, True)


def test_what_was_told_is_not_told_again(diary: Diary) -> None:
    diary.go_on(Detail.RADIO_LOST, 60)
    diary.go_on(Detail.WORKING, 200)
    second_ms = diary.now.ms + S
    for _ in range(2):
        diary.go_on(Detail.RADIO_LOST, 5)
        diary.go_on(Detail.WORKING, 5)
    (incident,) = diary.opened
    assert (incident.begin.ms, incident.times, incident.flapping) == (second_ms, 2, True)


def test_nor_is_what_came_back_while_it_was_open(diary: Diary) -> None:
    for detail, seconds in ((Detail.RADIO_LOST, 60), (Detail.WORKING, 5), (Detail.RADIO_LOST, 5)):
        diary.go_on(detail, seconds)
    diary.go_on(Detail.WORKING, 200)
    assert diary.told() == ["opened", "closed"]
    third_ms = diary.now.ms + S
    diary.go_on(Detail.RADIO_LOST, 5)
    (incident,) = diary.opened
    assert (incident.begin.ms, incident.times, incident.flapping) == (third_ms, 1, True)


def test_a_long_trouble_after_a_short_one_begins_by_itself(diary: Diary) -> None:
    diary.go_on(Detail.RADIO_LOST, 5)
    diary.go_on(Detail.WORKING, 300)
    second_ms = diary.now.ms + S
    diary.go_on(Detail.RADIO_LOST, 60)
    assert diary.opened[0].begin.ms == second_ms


def test_another_cause_of_what_flaps_is_no_news(diary: Diary) -> None:
    for _ in range(3):
        diary.go_on(Detail.RADIO_LOST, 5)
        diary.go_on(Detail.WORKING, 5)
    diary.go_on(Detail.SERVERS_SILENT, 60)
    assert diary.told() == ["opened"]
    assert diary.opened[0].detail is Detail.SERVERS_SILENT


def test_three_in_more_than_an_hour_are_no_flapping(diary: Diary) -> None:
    for _ in range(3):
        diary.go_on(Detail.RADIO_LOST, 5)
        diary.go_on(Detail.WORKING, 1800)
    assert diary.events == []


def test_causes_in_turn_are_flapping_too(diary: Diary) -> None:
    for _ in range(100):
        diary.go_on(Detail.RADIO_LOST, 18)
        diary.go_on(Detail.SOME_SERVERS_SILENT, 18)
    assert diary.told() == ["opened", "updated"]
    assert diary.opened[0].flapping


def test_it_closes_after_an_hour_of_calm(diary: Diary) -> None:
    for _ in range(3):
        diary.go_on(Detail.RADIO_LOST, 5)
        diary.go_on(Detail.WORKING, 5)
    diary.go_on(Detail.WORKING, HOUR_S - 10)
    assert diary.told() == ["opened"]
    diary.go_on(Detail.WORKING, 10)
    assert diary.told() == ["opened", "closed"]
