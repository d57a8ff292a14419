"""When what is sent: in order, not too often, nothing lost unsaid. The time is an argument."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.notices.delivery import (
    HOUR_S,
    MOST_IN_ONE,
    MOST_WAITING,
    Pace,
    Parcel,
    Progress,
    accepted,
    begun,
    failed,
    next_parcel,
    put,
)
from gateway.notices.notice import Notice

PACE = Pace()


def notice(number: int, incident: str | None = None) -> Notice:
    """One of an incident of its own, unless it has another."""
    incident = incident or f"incident-{number}"
    return msgspec.convert(
        {
            "id": f"{incident}.{number}",
            "incident_id": incident,
            "kind": "updated",
            "matter": "link",
            "depositor": "metropole",
            "language": "fr",
            "timezone": "Europe/Paris",
            "subject": "",
            "sentence": "",
            "text": "",
            "created_unix_s": None,
            "number": number,
        },
        Notice,
    )


def waiting(*notices: Notice, at_s: float = 0) -> Progress:
    progress = begun(PACE, at_s)
    for each in notices:
        progress, _ = put(progress, each, at_s)
    return progress


def numbers(found: Parcel | float | None) -> list[int]:
    assert isinstance(found, Parcel), found
    return [each.number for each in found.notices]


def sent(progress: Progress, now_s: float, pace: Pace = PACE) -> tuple[Progress, list[list[int]]]:
    """All that goes at a moment, if everything is taken."""
    parcels: list[list[int]] = []
    while isinstance(found := next_parcel(progress, pace, now_s), Parcel):
        parcels.append(numbers(found))
        progress = accepted(progress, found, pace, now_s)
    return progress, parcels


def test_nothing_waits_nothing_goes() -> None:
    assert next_parcel(begun(PACE, 0), PACE, 0) is None


def test_few_go_one_by_one_in_order() -> None:
    assert sent(waiting(notice(1), notice(2), notice(3)), 0)[1] == [[1], [2], [3]]


def test_what_waits_of_one_incident_goes_as_one() -> None:
    progress = waiting(notice(1, "a"), notice(2, "a"), notice(3, "b"))
    assert sent(progress, 0)[1] == [[1, 2], [3]]


def test_merging_does_not_change_the_order() -> None:
    progress = waiting(notice(1, "a"), notice(2, "b"), notice(3, "a"))
    assert sent(progress, 0)[1] == [[1], [2], [3]]


def test_more_than_may_go_become_one_message() -> None:
    assert sent(waiting(*map(notice, range(1, 6))), 0)[1] == [[1, 2, 3, 4, 5]]


def test_a_storm_costs_a_contact_no_more_than_the_ceiling() -> None:
    progress, times, told = begun(PACE, 0), [], []
    for second in range(7_200):
        if second < HOUR_S and second % 18 == 0:
            progress, _ = put(progress, notice(second + 1), second)
        progress, parcels = sent(progress, second)
        times += [second] * len(parcels)
        told += [number for parcel in parcels for number in parcel]
    assert told == list(range(1, 3_600, 18))
    assert sum(second < HOUR_S for second in times) <= PACE.ceiling_per_hour
    # Nobody waits for longer than it takes until another one may go.
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) <= 1_201


def test_after_a_failure_there_is_a_pause_that_grows_and_ends_growing() -> None:
    progress, pauses = waiting(notice(1)), []
    for _ in range(12):
        progress = failed(progress, PACE, 0, 0.5)
        pauses.append(progress.not_before_s)
    assert pauses[:4] == [15, 30, 60, 120]
    assert pauses[-1] == PACE.longest_pause_s
    assert next_parcel(progress, PACE, 0) == PACE.longest_pause_s
    assert numbers(next_parcel(progress, PACE, PACE.longest_pause_s)) == [1]


def test_chance_spreads_attempts() -> None:
    assert [failed(waiting(notice(1)), PACE, 0, chance).not_before_s for chance in (0, 1)] == [11.25, 18.75]


def test_a_refusal_that_will_last_is_not_asked_about_at_once() -> None:
    assert failed(waiting(notice(1)), PACE, 0, 0.5, is_refusal=True).not_before_s == PACE.refused_pause_s


def test_what_the_other_side_asks_for_is_respected_within_reason() -> None:
    assert failed(waiting(notice(1)), PACE, 0, 0.5, wait_s=600).not_before_s == 600
    assert failed(waiting(notice(1)), PACE, 0, 0.5, wait_s=1e9).not_before_s == PACE.refused_pause_s


def test_a_message_that_was_taken_ends_the_pauses() -> None:
    progress = failed(waiting(notice(1)), PACE, 0, 0.5)
    found = next_parcel(progress, PACE, 100)
    assert isinstance(found, Parcel)
    progress = accepted(progress, found, PACE, 100)
    assert (progress.failures, progress.not_before_s) == (0, 0)


def test_one_that_is_never_taken_holds_the_others_back_and_then_they_go_as_one() -> None:
    pace = msgspec.structs.replace(PACE, ceiling_per_hour=60)
    progress = begun(pace, 0)
    for number in range(1, 11):
        progress, _ = put(progress, notice(number), 0)
    progress = failed(progress, pace, 0, 0.5)
    assert numbers(next_parcel(progress, pace, 100)) == [1]
    progress, _ = put(progress, notice(11), 100)
    assert numbers(next_parcel(progress, pace, 100)) == list(range(1, 12))


def test_after_an_outage_of_hours_there_is_one_message() -> None:
    progress = waiting(notice(1), notice(2))
    assert numbers(next_parcel(progress, PACE, PACE.late_s - 1)) == [1]
    assert numbers(next_parcel(progress, PACE, PACE.late_s)) == [1, 2]


def test_a_message_holds_what_a_person_can_read() -> None:
    progress = waiting(*map(notice, range(MOST_IN_ONE + 5)))
    assert sent(progress, 0)[1] == [list(range(MOST_IN_ONE)), list(range(MOST_IN_ONE, MOST_IN_ONE + 5))] or (
        sent(progress, 0)[1][0] == list(range(MOST_IN_ONE))
    )


def test_where_there_is_no_more_room_the_oldest_go_and_the_next_message_says_so() -> None:
    progress = begun(PACE, 0)
    dropped: list[int] = []
    for number in range(MOST_WAITING + 3):
        progress, gone = put(progress, notice(number), 0)
        dropped += [each.number for each in gone]
    assert dropped == [0, 1, 2]
    found = next_parcel(progress, PACE, 0)
    assert isinstance(found, Parcel)
    assert found.lost == 3
    progress = accepted(progress, found, PACE, 0)
    assert progress.lost == 0


@pytest.mark.parametrize("ceiling", [2, 3, 6, 60])
def test_the_ceiling_is_never_below_one_at_once(ceiling: int) -> None:
    pace = Pace(ceiling_per_hour=ceiling)
    assert 1 <= pace.at_once <= ceiling
    assert pace.at_once + pace.refill_per_s * HOUR_S <= ceiling + 1e-9


steps = st.lists(
    st.tuples(st.sampled_from(["put", "put", "same", "take", "fail"]), st.floats(0, 1_500), st.floats(0, 1)),
    max_size=80,
)


@settings(max_examples=300)
@given(steps=steps, ceiling=st.integers(2, 12))
def test_whatever_happens_order_and_ceiling_hold_and_nothing_is_lost(
    steps: list[tuple[str, float, float]], ceiling: int
) -> None:
    pace = Pace(ceiling_per_hour=ceiling)
    progress, now_s, number = begun(pace, 0), 0.0, 0
    told: list[int] = []
    times: list[float] = []
    for what, pause_s, chance in steps:
        now_s += pause_s
        if what in {"put", "same"}:
            number += 1
            progress, dropped = put(progress, notice(number, "same" if what == "same" else None), now_s)
            assert not dropped
        elif isinstance(found := next_parcel(progress, pace, now_s), Parcel):
            if what == "fail":
                progress = failed(progress, pace, now_s, chance)
                assert progress.not_before_s > now_s
                continue
            told += numbers(found)
            times.append(now_s)
            progress = accepted(progress, found, pace, now_s)
        elif found is not None:
            assert found > now_s
            # Whoever comes back then is not sent away again.
            assert isinstance(next_parcel(progress, pace, found), Parcel)
    left = [each.notice.number for each in progress.waiting]
    assert told + left == list(range(1, number + 1))
    for index, begin_s in enumerate(times):
        assert sum(begin_s <= each < begin_s + HOUR_S - 10 for each in times[index:]) <= ceiling
