"""Who has to leave room on the air, for whom, and how long; and what it comes to in the queue."""

import itertools
import random
from collections.abc import Iterable

import pytest

from radio.packets import TxStatus
from radio.tx_queue import TxClass, TxQueue
from radio.tx_room import LONGEST_ROOM_US, PATIENCE, ROOM_FOR_US, ROOM_LENGTHS, Party, RoomForOthers
from tests.radio.test_tx_queue import AIRTIME_US, GAP_US, NOW_US, accepted, holding, request, status

CITY, METROPOLIS = Party("city"), Party("metropolis")
CITY_AT_ONCE = Party("city", can_wait=True)
LENGTH_US = 100_000


def refused(
    times: int, room: RoomForOthers | None = None, by: Party = METROPOLIS, length_us: int = LENGTH_US
) -> RoomForOthers:
    """The city finds no moment so many times in a row."""
    room = room or RoomForOthers()
    for _ in range(times):
        room = room.refused(CITY, {by}, length_us, NOW_US)
    return room


def test_nobody_leaves_room_before_somebody_was_refused_several_times_in_a_row() -> None:
    assert refused(PATIENCE - 1).room_us(METROPOLIS, NOW_US) == 0
    assert refused(PATIENCE).room_us(METROPOLIS, NOW_US) == ROOM_LENGTHS * LENGTH_US
    assert refused(PATIENCE - 1, refused(PATIENCE - 1).accepted(CITY)).room_us(METROPOLIS, NOW_US) == 0
    assert refused(1, refused(PATIENCE - 1).accepted(METROPOLIS)).room_us(METROPOLIS, NOW_US) > 0


def test_room_is_left_by_who_is_in_the_way_and_by_nobody_else() -> None:
    room = refused(PATIENCE)
    assert room.room_us(CITY, NOW_US) == 0
    assert room.room_us(Party("metropolis", can_wait=True), NOW_US) == 0


def test_own_packets_are_in_nobodys_way_but_those_that_can_wait() -> None:
    assert refused(PATIENCE, by=CITY) == RoomForOthers()
    assert refused(PATIENCE, by=CITY_AT_ONCE).room_us(CITY_AT_ONCE, NOW_US) > 0


def test_room_is_as_long_as_the_longest_that_found_none_and_ends_a_while_after_the_last_refusal() -> None:
    room = refused(1, refused(PATIENCE, length_us=2 * LENGTH_US))
    assert room.room_us(METROPOLIS, NOW_US) == ROOM_LENGTHS * 2 * LENGTH_US
    later_us = NOW_US + ROOM_FOR_US
    assert room.room_us(METROPOLIS, later_us) == 0
    assert room.refused(CITY, {METROPOLIS}, LENGTH_US, later_us - 1).room_us(METROPOLIS, later_us) > 0
    assert refused(PATIENCE, length_us=10**9).room_us(METROPOLIS, NOW_US) == LONGEST_ROOM_US


def test_it_remembers_no_more_than_one_count_and_two_rooms_for_each_origin() -> None:
    room, parties = RoomForOthers(), [Party(origin, can_wait) for origin in "xyz" for can_wait in (False, True)]
    for _, one, other in itertools.product(range(10), parties, parties):
        room = room.refused(one, {other}, LENGTH_US, NOW_US)
    assert (len(room.refusals), len(room.rooms)) == (len(parties), len(parties))


# --- In the queue

SECOND_US, TEN_MINUTES_US = 1_000_000, 600_000_000
SOON_US, LATER_US = NOW_US + SECOND_US, NOW_US + 2 * SECOND_US


Asking = tuple[int, TxClass, int | None, str]
"""When, for what, for which moment, and by whom."""


def windows_had(askings: Iterable[Asking], by: str) -> int:
    """How many receive windows a server has when all these ask."""
    queue, had = TxQueue(), 0
    for at_us, tx_class, due_us, origin in sorted(askings, key=lambda asking: asking[0]):
        while (wake_us := queue.next_wake_us()) is not None and wake_us <= at_us:
            queue, _ = queue.next_due(wake_us)
        queue, decision = queue.enqueue(request(tx_class, due_us, origin=origin), at_us)
        had += origin == by and tx_class is TxClass.A and decision.status is TxStatus.OK
    return had


def now_and_then(origin: str, count: int, notice_us: int, seed: int = 1) -> list[Asking]:
    """In ten minutes, so many receive windows, each so much ahead."""
    chance = random.Random(seed)
    moments_us = [NOW_US + chance.randrange(TEN_MINUTES_US) for _ in range(count)]
    return [(at_us, TxClass.A, at_us + notice_us, origin) for at_us in moments_us]


def without_an_end(tx_class: TxClass, origin: str, interval_us: int) -> list[Asking]:
    """For ten minutes, again and again."""
    moments_us = range(NOW_US, NOW_US + TEN_MINUTES_US, interval_us)
    return [(at_us, tx_class, at_us + 1_500_000 if tx_class is TxClass.A else None, origin) for at_us in moments_us]


@pytest.mark.parametrize("tx_class", [TxClass.A, TxClass.C])
def test_who_asks_moderately_has_its_windows_while_another_asks_for_all_of_the_air(tx_class: TxClass) -> None:
    askings = now_and_then("city", 300, 800_000) + without_an_end(tx_class, "metropolis", 50_000)
    assert windows_had(askings, "city") > 120


def test_windows_come_before_what_the_same_server_wants_sent_at_once() -> None:
    askings = now_and_then("city", 300, 800_000) + without_an_end(TxClass.C, "city", 50_000)
    assert windows_had(askings, "city") > 120


def test_of_two_who_ask_equally_often_the_one_that_asks_later_has_as_many_windows() -> None:
    askings = now_and_then("city", 3000, 900_000, seed=1) + now_and_then("metropolis", 3000, 600_000, seed=2)
    had = [windows_had(askings, by) for by in ("city", "metropolis")]
    assert min(had) > 0.35 * sum(had)


def test_who_hinders_nobody_may_use_all_of_the_air() -> None:
    step_us = AIRTIME_US + GAP_US + 1
    askings = [
        (due_us - SECOND_US, TxClass.A, due_us, "city")
        for due_us in range(LATER_US, LATER_US + 10 * SECOND_US, step_us)
    ]
    assert windows_had(askings, "city") == len(askings)


def test_what_was_accepted_stays_and_what_can_wait_keeps_its_distance_from_then_on() -> None:
    at_once = [request(TxClass.C, origin="metropolis")] * 4
    queue = holding(*at_once)
    before = queue.waiting
    window = request(due_us=before[1].due_us, origin="city")
    for _ in range(PATIENCE):
        queue, decision = queue.enqueue(window, NOW_US)
        assert decision.status is TxStatus.COLLISION_PACKET
    assert queue.waiting == before
    queue, entry = accepted(queue, at_once[0])
    room_us = ROOM_LENGTHS * (AIRTIME_US + 2 * GAP_US)
    assert entry.due_us == before[-1].end_us + room_us + GAP_US + 1
    # The other one's windows fit in between.
    assert status(queue, request(due_us=before[-1].end_us + room_us // 2, origin="city")) is TxStatus.OK


def hindering(queue: TxQueue, hindered: str, due_us: int, times: int = PATIENCE) -> TxQueue:
    """A server asks in vain for a moment that is another's."""
    for _ in range(times):
        queue, decision = queue.enqueue(request(due_us=due_us, origin=hindered), NOW_US)
        assert decision.status is TxStatus.COLLISION_PACKET
    return queue


APART_US = AIRTIME_US + GAP_US + 1


@pytest.mark.parametrize("near_us", [SOON_US + APART_US, SOON_US - APART_US])
def test_a_window_too_near_to_another_of_the_same_server_is_refused_while_it_has_to_leave_room(near_us: int) -> None:
    queue, near = holding(request(due_us=SOON_US, origin="metropolis")), request(due_us=near_us, origin="metropolis")
    assert status(queue, near) is TxStatus.OK
    queue = hindering(queue, "city", SOON_US)
    assert status(queue, near) is TxStatus.COLLISION_PACKET
    # By its own doing: the city owes nothing for it.
    queue = hindering(queue, "metropolis", near_us)
    assert queue.room.room_us(CITY, NOW_US) == 0


def test_packets_of_two_servers_may_follow_each_other_even_if_both_have_to_leave_room() -> None:
    queue = holding(request(due_us=SOON_US, origin="metropolis"), request(due_us=LATER_US, origin="city"))
    queue = hindering(hindering(queue, "city", SOON_US), "metropolis", LATER_US)
    for origin, due_us in (("city", SOON_US + APART_US), ("metropolis", LATER_US - APART_US)):
        assert queue.room.room_us(Party(origin), NOW_US) > 0
        assert status(queue, request(due_us=due_us, origin=origin)) is TxStatus.OK


def test_who_was_accepted_in_between_was_not_refused_in_a_row() -> None:
    queue = hindering(holding(request(due_us=SOON_US, origin="metropolis")), "city", SOON_US, PATIENCE - 1)
    queue, _ = accepted(queue, request(due_us=SOON_US + SECOND_US, origin="city"))
    queue = hindering(queue, "city", SOON_US, PATIENCE - 1)
    assert queue.room.room_us(METROPOLIS, NOW_US) == 0


def test_nobody_leaves_room_for_beacons() -> None:
    queue = holding(request(due_us=SOON_US, origin="metropolis"))
    for _ in range(PATIENCE):
        queue, decision = queue.enqueue(request(TxClass.BEACON, SOON_US, origin="beacon"), NOW_US)
        assert decision.status is TxStatus.COLLISION_PACKET
    assert queue.room == RoomForOthers()
