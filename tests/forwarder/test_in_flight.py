"""Each device stays in order, whatever becomes of what servers were given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.in_flight import DOUBT_MS, Flight, InFlight
from forwarder.store.records import NO_DEVICE
from tests.forwarder.store.scene import ROUTE, keys, stored

SERVER, OTHER = "main", "backup"


def flying(*numbers: int, server: str = SERVER, device: int = 1, sent_ms: int = 0) -> InFlight:
    in_flight = InFlight()
    for number in numbers:
        in_flight.sent(Flight(stored(number, device), server, sent_ms))
    return in_flight


def must_wait(in_flight: InFlight, server: str = SERVER, now_ms: int = 0, *, keeps_order: bool = False) -> bool:
    return in_flight.must_wait(ROUTE, 1, server, now_ms, keeps_order=keeps_order)


def test_a_device_of_which_nothing_is_in_flight_waits_for_nothing() -> None:
    assert not must_wait(InFlight())
    assert not must_wait(flying(1, device=2))


def test_what_was_just_sent_is_in_no_doubt() -> None:
    assert not must_wait(flying(1), now_ms=DOUBT_MS - 1)
    assert must_wait(flying(1), now_ms=DOUBT_MS)


def test_a_connection_that_keeps_order_is_never_in_doubt() -> None:
    assert not must_wait(flying(1), now_ms=60_000, keeps_order=True)


def test_another_server_waits_for_what_the_first_one_was_given() -> None:
    assert must_wait(flying(1), OTHER, keeps_order=True)


def test_behind_what_waits_everything_waits() -> None:
    in_flight = flying(1)
    in_flight.hold(stored(2))
    assert must_wait(in_flight)
    assert in_flight.held == 1


def test_what_waits_is_released_once_all_before_it_is_delivered() -> None:
    in_flight = flying(1, 2)
    in_flight.hold(stored(3))
    in_flight.hold(stored(4))
    first = in_flight.settle(2, delivered=True)
    assert first is not None
    assert first.released == ()
    second = in_flight.settle(1, delivered=True)
    assert second is not None
    assert keys(second.released) == [3, 4]
    assert (len(in_flight), in_flight.held) == (0, 0)
    assert not must_wait(in_flight)


def test_it_is_released_at_once_where_one_failed_since_it_goes_to_the_store_behind_that() -> None:
    in_flight = flying(1, 2)
    in_flight.hold(stored(3))
    settled = in_flight.settle(1, delivered=False)
    assert settled is not None
    assert keys(settled.released) == [3]


def test_one_that_failed_is_overtaken_where_a_newer_one_was_delivered() -> None:
    in_flight = flying(1, 2, 3)
    assert in_flight.settle(2, delivered=True)
    older, newer = in_flight.settle(1, delivered=False), in_flight.settle(3, delivered=False)
    assert older is not None
    assert newer is not None
    assert (older.overtaken, newer.overtaken) == (True, False)


def test_a_key_is_settled_once() -> None:
    in_flight = flying(1)
    assert in_flight.settle(1, delivered=True)
    assert in_flight.settle(1, delivered=False) is None
    assert in_flight.settle(99, delivered=True) is None


@pytest.mark.parametrize("flight", [Flight(stored(1, NO_DEVICE), SERVER), Flight(stored(1), SERVER, replayed=True)])
def test_nothing_waits_for_what_keeps_no_order_or_is_kept_in_order_by_the_store(flight: Flight) -> None:
    in_flight = InFlight()
    in_flight.sent(flight)
    assert not must_wait(in_flight, OTHER, 60_000)
    settled = in_flight.settle(1, delivered=False)
    assert settled is not None
    assert (settled.flight, settled.overtaken) == (flight, False)


def test_one_whose_fate_is_long_in_coming_is_overdue_unless_it_lies_in_a_store_or_is_of_no_use_later() -> None:
    in_flight = InFlight()
    for flight in (
        Flight(stored(1), SERVER, 100),
        Flight(stored(2), SERVER, 200),
        Flight(stored(3, 3), SERVER, 100, replayed=True),
        Flight(stored(4, NO_DEVICE), SERVER, 100, join=True),
    ):
        in_flight.sent(flight)
    assert keys([flight.stored for flight in in_flight.overdue(200)]) == [1]
    in_flight.hold(stored(5))
    assert keys(in_flight.keep(1)) == [5]
    assert in_flight.overdue(200) == []
    assert (in_flight.is_doubtful(SERVER), in_flight.is_doubtful(OTHER)) == (True, False)
    settled = in_flight.settle(1, delivered=True)
    assert settled is not None
    assert settled.flight.kept
    assert not in_flight.is_doubtful(SERVER)
    assert in_flight.keep(1) == ()


def test_in_the_end_what_is_in_flight_comes_before_what_waits_behind_it() -> None:
    in_flight = flying(1, 2)
    in_flight.hold(stored(3))
    assert keys([flight.stored for flight in in_flight.take_all()]) == [1, 2, 3]
    assert (len(in_flight), in_flight.held) == (0, 0)
    assert in_flight.settle(1, delivered=True) is None


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=60), st.booleans())
def test_a_server_is_given_each_devices_in_their_order(steps: list[tuple[int, bool]], keeps_order: bool) -> None:
    """As long as nothing fails: what fails goes to the store, which orders it by key."""
    in_flight, flying, given_out = InFlight(), dict[int, list[int]](), dict[int, list[int]]()
    taken: dict[int, list[int]] = {}
    for number, (device, hears) in enumerate(steps, 1):
        now_ms, sent = number * 300, []
        if hears:
            taken.setdefault(device, []).append(number)
            if in_flight.must_wait(ROUTE, device, SERVER, now_ms, keeps_order=keeps_order):
                in_flight.hold(stored(number, device))
            else:
                sent.append(stored(number, device))
        elif flying.get(device):
            settled = in_flight.settle(flying[device].pop(0), delivered=True)
            assert settled is not None
            sent += settled.released
        for each in sent:
            in_flight.sent(Flight(each, SERVER, now_ms))
            flying.setdefault(device, []).append(each.key)
            given_out.setdefault(device, []).append(each.key)
    assert all(taken[device][: len(keys)] == keys for device, keys in given_out.items())
    assert sum(map(len, given_out.values())) + in_flight.held == sum(map(len, taken.values()))
    assert all(flying[device] for device in taken if given_out.get(device, []) != taken[device])
