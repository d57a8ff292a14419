"""What waits to be published: in order, bounded, and every message with one fate."""

import asyncio
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.outbox import Fate, Outbox, Outgoing

NOW_S = 1_000.0


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

    def __call__(
        self, topic: str = "a", size: int = 1, *, retain: bool = False, expires_at_s: float = math.inf
    ) -> Outgoing:
        message = Outgoing(topic, bytes(size), retain, 1, self._loop.create_future(), expires_at_s=expires_at_s)
        self.made.append(message)
        return message

    def fates(self) -> list[Fate | None]:
        return [message.fate.result() if message.fate.done() else None for message in self.made]


def taken_from(outbox: Outbox, now_s: float = NOW_S) -> Iterator[Outgoing]:
    return iter(lambda: outbox.take(now_s), None)


@pytest.fixture
def make(loop: asyncio.AbstractEventLoop) -> Maker:
    return Maker(loop)


def test_first_in_first_out(make: Maker) -> None:
    outbox = Outbox()
    for topic in "abc":
        outbox.put(make(topic), NOW_S)
    assert [outbox.take(NOW_S) for _ in range(4)] == [*make.made, None]


def test_the_oldest_makes_room_by_number(make: Maker) -> None:
    outbox = Outbox(most_messages=2)
    for topic in "abc":
        outbox.put(make(topic), NOW_S)
    assert make.fates() == [Fate.DROPPED, None, None]
    assert (len(outbox), outbox.dropped) == (2, 1)


def test_the_oldest_make_room_by_size(make: Maker) -> None:
    outbox = Outbox(most_bytes=10)
    for size in (4, 4, 2, 7):
        outbox.put(make(size=size), NOW_S)
    assert make.fates() == [Fate.DROPPED, Fate.DROPPED, None, None]


@pytest.mark.parametrize("retain", [False, True])
def test_what_never_fits_is_dropped_alone(make: Maker, retain: bool) -> None:
    outbox = Outbox(most_bytes=10)
    outbox.put(make(size=1, retain=retain), NOW_S)
    outbox.put(make(size=11, retain=retain), NOW_S)
    assert make.fates() == [None, Fate.DROPPED]
    assert (len(outbox), outbox.dropped, outbox.superseded) == (1, 1, 0)
    outbox.put(make(size=9), NOW_S)
    assert len(outbox) == 2


def test_of_retained_messages_of_a_topic_the_last_remains_in_its_own_place(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make("status", retain=True), NOW_S)
    outbox.put(make("event"), NOW_S)
    outbox.put(make("status", retain=True), NOW_S)
    assert make.fates() == [Fate.SUPERSEDED, None, None]
    assert [message.topic for message in taken_from(outbox)] == ["event", "status"]
    assert (outbox.superseded, outbox.dropped) == (1, 0)


def test_messages_that_are_not_retained_do_not_supersede(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make("status", retain=True), NOW_S)
    outbox.put(make("status"), NOW_S)
    outbox.put(make("status"), NOW_S)
    assert len(outbox) == 3


def test_what_is_put_back_comes_first_and_in_order(make: Maker) -> None:
    outbox = Outbox()
    for topic in "abcd":
        outbox.put(make(topic), NOW_S)
    taken = [message for message in (outbox.take(NOW_S), outbox.take(NOW_S)) if message is not None]
    outbox.put_back(taken, NOW_S)
    assert [message.topic for message in taken_from(outbox)] == ["a", "b", "c", "d"]


def test_what_is_put_back_is_superseded_by_what_came_in_the_meantime(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make("status", retain=True), NOW_S)
    old = outbox.take(NOW_S)
    assert old is not None
    outbox.put(make("status", retain=True), NOW_S)
    outbox.put_back([old], NOW_S)
    assert make.fates() == [Fate.SUPERSEDED, None]
    assert len(outbox) == 1


def test_a_fate_that_nobody_waits_for_any_more_is_no_error(make: Maker) -> None:
    outbox = Outbox(most_messages=1)
    outbox.put(make(), NOW_S)
    make.made[0].fate.cancel()
    outbox.put(make(), NOW_S)
    assert outbox.dropped == 1


def test_what_waits_too_long_is_never_taken(make: Maker) -> None:
    outbox = Outbox()
    for expires_at_s in (NOW_S + 5, math.inf, NOW_S + 10):
        outbox.put(make(expires_at_s=expires_at_s), NOW_S)
    assert list(taken_from(outbox, NOW_S + 5)) == make.made[1:]
    assert make.fates() == [Fate.EXPIRED, None, None]
    assert (outbox.expired, outbox.dropped) == (1, 0)


def test_until_then_it_waits(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make(expires_at_s=NOW_S + 5), NOW_S)
    assert list(taken_from(outbox, NOW_S + 4.999)) == make.made


def test_what_has_expired_makes_room_before_the_oldest_must(make: Maker) -> None:
    outbox = Outbox(most_messages=2)
    outbox.put(make(), NOW_S)
    outbox.put(make(expires_at_s=NOW_S + 5), NOW_S)
    outbox.put(make(), NOW_S + 5)
    assert make.fates() == [None, Fate.EXPIRED, None]


def test_what_has_expired_takes_no_room_any_more(make: Maker) -> None:
    outbox = Outbox(most_bytes=10)
    outbox.put(make(size=3), NOW_S)
    outbox.put(make(size=7, expires_at_s=NOW_S + 5), NOW_S)
    outbox.put(make(size=7), NOW_S + 5)
    assert make.fates() == [None, Fate.EXPIRED, None]


def test_what_has_expired_before_it_is_put_supersedes_nothing(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make("status", retain=True), NOW_S)
    outbox.put(make("status", retain=True, expires_at_s=NOW_S), NOW_S)
    assert make.fates() == [None, Fate.EXPIRED]


def test_what_has_expired_on_its_way_does_not_wait_again(make: Maker) -> None:
    outbox = Outbox()
    outbox.put(make(expires_at_s=NOW_S + 5), NOW_S)
    outbox.put(make(expires_at_s=NOW_S + 6), NOW_S)
    taken = list(taken_from(outbox))
    outbox.put_back(taken, NOW_S + 5)
    assert make.fates() == [Fate.EXPIRED, None]
    assert outbox.take(NOW_S + 6) is None
    assert make.fates() == [Fate.EXPIRED, Fate.EXPIRED]


PUTS = ("put", "retain", "short", "shortly retained")
Steps = st.lists(st.tuples(st.sampled_from((*PUTS, "take", "back", "drop", "expire", "later")), st.sampled_from("ab")))


@given(Steps)
def test_each_message_waits_is_taken_or_has_a_fate(steps: list[tuple[str, str]]) -> None:
    loop = asyncio.new_event_loop()
    make, outbox, now_s = Maker(loop), Outbox(most_messages=3, most_bytes=5), NOW_S
    taken: list[Outgoing] = []
    for step, topic in steps:
        match step:
            case "put" | "retain" | "short" | "shortly retained":
                expires_at_s = now_s + 2 if "short" in step else math.inf
                size = 2 if topic == "a" else 1
                outbox.put(make(topic, size, retain="retain" in step, expires_at_s=expires_at_s), now_s)
            case "take":
                fresh = outbox.take(now_s)
                assert fresh is None or not fresh.has_expired(now_s)
                taken += [] if fresh is None else [fresh]
            case "back":
                outbox.put_back(taken, now_s)
                taken = []
            case "expire":
                outbox.expire(now_s)
            case "later":
                now_s += 1
            case _:
                outbox.drop_all()
    fates = make.fates()
    assert fates.count(Fate.EXPIRED) == outbox.expired
    assert fates.count(Fate.DROPPED) == outbox.dropped
    assert fates.count(Fate.SUPERSEDED) == outbox.superseded
    assert fates.count(None) == len(outbox) + len(taken)
    waiting = list(taken_from(outbox, -math.inf))
    assert sum(len(message.payload) for message in waiting) <= 5
    assert len(waiting) <= 3
    loop.close()
