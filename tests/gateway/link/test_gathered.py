"""Refusals and warnings are gathered; ends that come near are announced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.gathered import MOST_DEVICES, Uplinks, approaching, gather
from gateway.link.incident import EventKind, IncidentKind
from gateway.link.incident_book import Events
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import End, Ending
from tests.gateway.link.incident_rig import DEPOSITOR, HOUR_S, UNIX_MS, Diary, check_events

DAY_S = 24 * HOUR_S
UNIX_S = UNIX_MS // 1000
REFUSALS = IncidentKind.REFUSALS


def refuse(
    diary: Diary, count: int = 1, outcome: Outcome = Outcome.RATE, kind: IncidentKind = REFUSALS, device: str = "A"
) -> Events:
    uplinks = Uplinks({outcome: count}, [device])
    return diary.do(lambda book, now: gather(book, DEPOSITOR, kind, now, uplinks))


def quiet(diary: Diary, seconds: int, kind: IncidentKind = REFUSALS, step_s: int = 60) -> list[EventKind]:
    told: Events = []
    for _ in range(0, seconds, step_s):
        diary.wait(step_s)
        told += diary.do(lambda book, now: gather(book, DEPOSITOR, kind, now))
    return [event.kind for event in told]


class TestRefusals:
    """A storm is one incident, whatever its size."""

    def test_a_few_are_none(self, diary: Diary) -> None:
        for _ in range(4):
            refuse(diary)
        assert quiet(diary, 2 * HOUR_S) == []
        assert diary.book.tracks[DEPOSITOR].gatherings == {}

    def test_a_storm_is_one_and_counts_all_of_it(self, diary: Diary) -> None:
        began = diary.now
        for number in range(5000):
            refuse(diary, 3, Outcome.RATE if number % 2 else Outcome.DAILY_UPLINKS)
            diary.wait(1)
        assert diary.told(REFUSALS) == ["opened"]
        assert diary.opened[0].begin == began
        assert quiet(diary, HOUR_S) == [EventKind.CLOSED]
        incident = diary.events[-1].incident
        assert incident.counts == {Outcome.RATE: 7500, Outcome.DAILY_UPLINKS: 7500}
        assert incident.end == began.at(began.ms + 4999 * 1000)
        check_events(diary.events, diary.opened)

    def test_one_that_goes_on_is_reminded_of_daily(self, diary: Diary) -> None:
        for _ in range(50):
            refuse(diary, 5)
            diary.wait(HOUR_S - 60)
        assert diary.told(REFUSALS) == ["opened", "reminded", "reminded"]
        assert diary.events[1].incident.counts[Outcome.RATE] > 100

    @pytest.mark.parametrize(
        "outcome", [Outcome.RIGHT_ENDED, Outcome.RIGHT_NOT_BEGUN, Outcome.SUSPENDED, Outcome.NO_POLICY]
    )
    def test_what_the_link_tells_is_not_told_again(self, diary: Diary, outcome: Outcome) -> None:
        assert refuse(diary, 1000, outcome) == []

    def test_devices_are_named_up_to_a_number(self, diary: Diary) -> None:
        for number in range(MOST_DEVICES):
            refuse(diary, device=f"{number:016X}")
        assert not diary.opened[0].devices_left_out
        refuse(diary, device="F" * 16)
        quiet(diary, 60)
        assert len(diary.opened[0].devices) == MOST_DEVICES
        assert diary.opened[0].devices_left_out

    def test_refusals_in_observe_mode_are_another_matter(self, diary: Diary) -> None:
        refuse(diary, 5)
        refuse(diary, 5, kind=IncidentKind.OVER_LIMITS)
        assert {incident.kind for incident in diary.opened} == {REFUSALS, IncidentKind.OVER_LIMITS}

    def test_one_warning_is_enough(self, diary: Diary) -> None:
        (event,) = refuse(diary, 1, Outcome.ADMITTED, IncidentKind.NEAR_LIMIT)
        assert event.kind is EventKind.OPENED
        assert quiet(diary, 5 * HOUR_S, IncidentKind.NEAR_LIMIT) == []
        assert quiet(diary, HOUR_S, IncidentKind.NEAR_LIMIT) == [EventKind.CLOSED]


class TestEnds:
    """An end is announced 30, 7 and 1 days before."""

    END = End(Ending.RIGHT, UNIX_S + 40 * DAY_S, DEPOSITOR)

    def look(self, diary: Diary, ends: list[End], day: float) -> list[str]:
        known_unix_s = UNIX_S + round(day * DAY_S)
        diary.now = diary.now.at(diary.now.ms + 1000)
        events = diary.do(lambda book, now: approaching(book, DEPOSITOR, ends, now, known_unix_s))
        return [event.kind.value for event in events]

    def test_its_life(self, diary: Diary) -> None:
        told = {day: kinds for day in range(45) if (kinds := self.look(diary, [self.END], day))}
        assert told == {10: ["opened"], 33: ["reminded"], 39: ["reminded"], 40: ["closed"]}
        check_events(diary.events, diary.opened)

    def test_one_that_is_put_off_is_closed(self, diary: Diary) -> None:
        self.look(diary, [self.END], 30)
        assert self.look(diary, [End(Ending.RIGHT, UNIX_S + 400 * DAY_S, DEPOSITOR)], 31) == ["closed"]

    def test_what_ends_together_is_told_together(self, diary: Diary) -> None:
        ends = [self.END, End(Ending.CONSENT, self.END.ends_unix_s, DEPOSITOR, "meters")]
        assert self.look(diary, ends, 20) == ["opened"]
        assert diary.opened[0].endings == ((Ending.RIGHT, None), (Ending.CONSENT, "meters"))
        assert self.look(diary, ends[:1], 21) == ["updated"]

    def test_the_end_of_a_suspension_is_no_matter(self, diary: Diary) -> None:
        assert self.look(diary, [End(Ending.SUSPENSION, self.END.ends_unix_s, DEPOSITOR)], 39) == []

    def test_what_is_noticed_late_is_announced_once(self, diary: Diary) -> None:
        assert self.look(diary, [self.END], 39.5) == ["opened"]
        assert self.look(diary, [self.END], 39.6) == []

    def test_without_a_known_time_nothing_is_said(self, diary: Diary) -> None:
        assert approaching(diary.book, DEPOSITOR, [self.END], diary.now, None) == (diary.book, [])


@given(steps=st.lists(st.tuples(st.integers(0, 9), st.sampled_from([1, 600, 3601]), st.booleans()), max_size=40))
def test_whatever_happens_the_history_is_in_order_and_every_uplink_counted(
    steps: list[tuple[int, int, bool]],
) -> None:
    diary, told, gathered = Diary(), 0, 0
    for count, seconds, restart in steps:
        refuse(diary, count)
        diary.wait(seconds)
        if restart:
            diary.restart(same_boot=False, lost_s=0)
    quiet(diary, 2 * HOUR_S)
    check_events(diary.events, diary.opened)
    told = sum(sum(event.incident.counts.values()) for event in diary.events if event.kind is EventKind.CLOSED)
    gathered = sum(count for count, _, _ in steps)
    untold = gathered - told
    assert untold >= 0
    assert untold <= 4 * len(steps)
