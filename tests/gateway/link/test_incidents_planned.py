"""Planned work is announced before, told when it begins, and closed after."""

from gateway.link.incident import EventKind
from gateway.link.incidents import follow_maintenance
from gateway.link.signals import Maintenance
from gateway.link.state import Detail
from tests.gateway.link.incident_rig import DEPOSITOR, HOUR_S, UNIX_MS, Diary, check_events

DAY_S = 24 * HOUR_S
UNIX_S = UNIX_MS // 1000


def follow(diary: Diary, planned: Maintenance | None, after_s: float = 0) -> list[EventKind]:
    diary.wait(after_s)
    assert diary.now.unix_ms is not None
    unix_s = diary.now.unix_ms // 1000
    events = diary.do(lambda book, now: follow_maintenance(book, DEPOSITOR, planned, now, unix_s))
    return [event.kind for event in events]


def test_its_life(diary: Diary) -> None:
    planned = Maintenance("antenna", UNIX_S + 3 * DAY_S, UNIX_S + 3 * DAY_S + HOUR_S)
    assert follow(diary, planned) == [EventKind.OPENED]
    assert follow(diary, planned, DAY_S) == []
    assert follow(diary, planned, DAY_S) == [EventKind.REMINDED]
    assert follow(diary, planned, 60) == []
    assert follow(diary, planned, DAY_S) == [EventKind.UPDATED]
    assert diary.opened[0].is_under_way
    assert follow(diary, planned, HOUR_S) == [EventKind.CLOSED]
    assert follow(diary, planned, 60) == []
    check_events(diary.events, diary.opened)


def test_what_is_announced_shortly_before_is_told_once(diary: Diary) -> None:
    planned = Maintenance("antenna", UNIX_S + HOUR_S, UNIX_S + 2 * HOUR_S)
    assert follow(diary, planned) == [EventKind.OPENED]
    assert follow(diary, planned, 60) == []


def test_another_time_is_an_update_and_none_at_all_the_end(diary: Diary) -> None:
    follow(diary, Maintenance("antenna", UNIX_S + HOUR_S))
    assert follow(diary, Maintenance("antenna", UNIX_S + 2 * HOUR_S)) == [EventKind.UPDATED]
    assert follow(diary, None) == [EventKind.CLOSED]
    assert follow(diary, None) == []


def test_what_it_interrupts_is_no_incident_of_its_own(diary: Diary) -> None:
    diary.go_on(Detail.MAINTENANCE, 600)
    diary.go_on(Detail.MAINTENANCE_INTERRUPTS, HOUR_S)
    diary.go_on(Detail.MAINTENANCE, 600)
    assert diary.told() == []


def test_calm_before_an_interruption_does_not_close_what_was_open(diary: Diary) -> None:
    diary.go_on(Detail.RADIO_LOST, 60)
    diary.go_on(Detail.MAINTENANCE, 60)
    diary.go_on(Detail.MAINTENANCE_INTERRUPTS, HOUR_S)
    diary.go_on(Detail.MAINTENANCE, 120)
    assert diary.told() == ["opened"]


def test_an_incident_before_it_stays_open_while_the_link_is_interrupted(diary: Diary) -> None:
    diary.go_on(Detail.RADIO_LOST, 60)
    diary.go_on(Detail.MAINTENANCE_INTERRUPTS, HOUR_S)
    assert diary.told() == ["opened"]
    diary.go_on(Detail.MAINTENANCE, 121)
    assert diary.told() == ["opened", "closed"]
