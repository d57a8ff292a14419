from forwarder.store.backlog import GONE, Backlog

ROUTE = "city"


def backlog(*keys_by_device: list[int]) -> Backlog:
    made = Backlog()
    for device, keys in enumerate(keys_by_device):
        for key in keys:
            assert made.add(ROUTE, device, key, place=key * 10)
    return made


def taken(backlog: Backlog, most: int = 100, together: int = 1) -> list[int]:
    return [key for key, _ in backlog.take(ROUTE, most, together)]


def test_the_oldest_goes_first_over_all_devices() -> None:
    assert taken(backlog([3, 4], [1, 5], [2]), most=2) == [1, 2]


def test_while_one_of_a_device_is_out_nothing_more_of_it_goes() -> None:
    waiting = backlog([1, 2], [3])
    assert taken(waiting) == [1, 3]
    assert taken(waiting) == []
    waiting.settle(1)
    assert taken(waiting) == [2]


def test_several_of_a_device_go_together_where_that_keeps_them_in_order() -> None:
    waiting = backlog([1, 2, 5, 6], [3, 4])
    assert taken(waiting, together=3) == [1, 2, 3, 4, 5]
    assert taken(waiting, together=3) == []
    for key in (1, 2):
        waiting.settle(key)
    assert taken(waiting, together=3) == []
    waiting.settle(5)
    assert taken(waiting, together=3) == [6]


def test_what_failed_goes_back_to_its_place() -> None:
    waiting = backlog([1, 2, 3])
    assert taken(waiting, together=2) == [1, 2]
    assert waiting.put_back(2)
    assert waiting.put_back(1)
    assert taken(waiting, together=3) == [1, 2, 3]


def test_what_was_heard_earlier_goes_before_although_it_came_later() -> None:
    waiting = backlog([5, 7, 6, 1, 9])
    assert taken(waiting, together=9) == [1, 5, 6, 7, 9]


def test_a_device_has_a_backlog_until_the_last_of_it_is_settled() -> None:
    waiting = backlog([1])
    assert waiting.has(ROUTE, 0)
    assert not waiting.has(ROUTE, 1)
    assert not waiting.has("another", 0)
    taken(waiting)
    assert waiting.has(ROUTE, 0)
    assert waiting.settle(1) == 10
    assert not waiting.has(ROUTE, 0)
    assert (waiting.count, waiting.routes()) == (0, [])


def test_what_waits_can_be_settled_by_an_acknowledgement_that_comes_late() -> None:
    waiting = backlog([1, 2, 3])
    taken(waiting)
    waiting.put_back(1)
    assert waiting.settle(1) == 10
    assert waiting.settle(1) is None
    assert taken(waiting) == [2]


def test_a_key_is_there_once() -> None:
    waiting = backlog([1, 2])
    assert not waiting.add(ROUTE, 0, 2, 99)
    taken(waiting)
    assert not waiting.add(ROUTE, 0, 1, 99)
    assert waiting.count == 2


def test_what_is_dropped_waits_no_more_and_what_is_out_has_no_place_to_go_back_to() -> None:
    waiting = backlog([1, 2, 3], [4])
    taken(waiting, most=1)
    assert sorted(waiting.drop_range(10, 30)) == [(1, 10), (2, 20)]
    assert waiting.is_out(1)
    assert waiting.place(ROUTE, 0, 1) == GONE
    assert not waiting.put_back(1)
    assert taken(waiting, together=9) == [3, 4]


def test_what_is_out_and_dropped_may_still_arrive() -> None:
    waiting = backlog([1])
    taken(waiting)
    waiting.drop(ROUTE, 0, 1)
    assert waiting.has(ROUTE, 0)
    assert waiting.settle(1) == GONE
    assert waiting.count == 0


def test_an_uplink_can_move_while_it_waits_and_while_it_is_out() -> None:
    waiting = backlog([1, 2])
    assert waiting.move(ROUTE, 0, 2, 77)
    taken(waiting)
    assert waiting.move(ROUTE, 0, 1, 66)
    assert not waiting.move(ROUTE, 0, 9, 55)
    assert (waiting.settle(1), waiting.settle(2)) == (66, 77)
