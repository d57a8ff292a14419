"""What waits to be published: in order, bounded, and every message with one fate."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.outbox import Fate, Outbox, Outgoing


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


class Maker:
    """Makes messages, and remembers them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.made: list[Outgoing] = []

    def __call__(self, topic: str = "a", size: int = 1, *, retain: bool = False) -> Outgoing:
        message = Outgoing(topic, bytes(size), retain, 1, self._loop.create_future())
        self.made.append(message)
        return message

    def fates(self) -> list[Fate | None]:
        return [message.fate.result() if message.fate.done() else None for message in self.made]


@pytest.fixture
def make(loop: asyncio.AbstractEventLoop) -> Maker:
    return Maker(loop)


def test_first_in_first_out(make: Maker) -> None:
    outbox = Outbox()
    for topic in "abc":
        outbox.put(make(topic))
    assert [outbox.take() for _ in range(4)] == [*make.made, None]


def test_the_oldest_makes_room_by_number(make: Maker) -> None:
    outbox = Outbox(most_messages=2)
    for topic in "abc":
        outbox.put(make(topic))
    assert make.fates() == [Fate.DROPPED, None, None]
    assert (len(outbox), outbox.dropped) == (2, 1)


def test_the_oldest_make_room_by_size(make: Maker) -> None:
    outbox = Outbox(most_bytes=10)
    for size in (4, 4, 2, 7):
        outbox.put(make(size=size))
    assert make.fates() == [Fate.DROPPED, Fate.DROPPED, None, None]


@pytest.mark.parametrize("retain", [False, True])
def test_what_never_fits_is_dropped_alone(make: Maker, retain: bool) -> None:
    outbox = Outbox(most_bytes=10)
    outbox.put(make(size=1, retain=retain))
    outbox.put(make(size=11, retain=retain))
    assert make.fates() == [None, Fate.DROPPED]
    assert (len(outbox), outbox.dropped, outbox.superseded) == (1, 1, 0)
    outbox.put(make(size=9))
    assert len(outbox) == 2


def test_of_retained_messages_of_a_topic_the_last_remains_in_its_own_place(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make("status", retain=True))
    outbox.put(make("event"))
    outbox.put(make("status", retain=True))
    assert make.fates() == [Fate.SUPERSEDED, None, None]
    assert [message.topic for message in iter(outbox.take, None)] == ["event", "status"]
    assert (outbox.superseded, outbox.dropped) == (1, 0)


def test_messages_that_are_not_retained_do_not_supersede(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make("status", retain=True))
    outbox.put(make("status"))
    outbox.put(make("status"))
    assert len(outbox) == 3


def test_what_is_put_back_comes_first_and_in_order(make: Maker) -> None:
    outbox = Outbox()
    for topic in "abcd":
        outbox.put(make(topic))
    taken = [message for message in (outbox.take(), outbox.take()) if message is not None]
    outbox.put_back(taken)
    assert [message.topic for message in iter(outbox.take, None)] == ["a", "b", "c", "d"]


def test_what_is_put_back_is_superseded_by_what_came_in_the_meantime(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make("status", retain=True))
    old = outbox.take()
    assert old is not None
    outbox.put(make("status", retain=True))
    outbox.put_back([old])
    assert make.fates() == [Fate.SUPERSEDED, None]
    assert len(outbox) == 1


def test_a_fate_that_nobody_waits_for_any_more_is_no_error(make: Maker) -> None:
    outbox = Outbox(most_messages=1)
    outbox.put(make())
    make.made[0].fate.cancel()
    outbox.put(make())
    assert outbox.dropped == 1


Steps = st.lists(st.tuples(st.sampled_from(("put", "retain", "take", "back", "drop")), st.sampled_from("ab")))


@given(Steps)
def test_each_message_waits_is_taken_or_has_a_fate(steps: list[tuple[str, str]]) -> None:
    loop = asyncio.new_event_loop()
    make, outbox, taken = Maker(loop), Outbox(most_messages=3, most_bytes=5), []
    for step, topic in steps:
        match step:
            case "put" | "retain":
                outbox.put(make(topic, 2 if topic == "a" else 1, retain=step == "retain"))
            case "take":
                taken += [message for message in [outbox.take()] if message is not None]
            case "back":
                outbox.put_back(taken)
                taken = []
            case _:
                outbox.drop_all()
    fates = make.fates()
    assert fates.count(Fate.DROPPED) == outbox.dropped
    assert fates.count(Fate.SUPERSEDED) == outbox.superseded
    assert fates.count(None) == len(outbox) + len(taken)
    waiting = list(iter(outbox.take, None))
    assert sum(len(message.payload) for message in waiting) <= 5
    assert len(waiting) <= 3
    loop.close()
