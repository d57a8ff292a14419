"""What the broker says of a gateway that is gone, and what a gateway says itself."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.broker.client import Broker
from gateway.broker.settings import Will
from tests.gateway.broker.scene import Heard, connected, play, running, settings, until
from tests.mosquitto import Mosquitto, Way, free_port


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


def test_the_will_is_said_when_the_connection_is_lost(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as listener:
            heard = Heard(listener, "gateway/state")
            await connected(listener)
            await listener.publish("flush", b"")
            will = Will("gateway/state", b"lost")
            async with Way(mosquitto.port).served() as way, running(settings(way.port), will) as broker:
                await connected(broker)
                await broker.publish("gateway/state", b"up", retain=True)
                way.cut()
                assert (await heard.next()).payload == b"up"
                assert (await heard.next()).payload == b"lost"

    play(story())


def test_no_will_is_said_of_a_gateway_that_takes_leave(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as listener:
            heard = Heard(listener, "gateway/state")
            await connected(listener)
            await listener.publish("flush", b"")
            async with running(settings(mosquitto.port), Will("gateway/state", b"lost")) as broker:
                await connected(broker)
            await listener.publish("gateway/state", b"last")
            assert (await heard.next()).payload == b"last"

    play(story())


def test_a_will_that_is_asked_for_is_new_with_each_connection(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        numbers = itertools.count(1)
        async with running(settings(mosquitto.port)) as listener, Way(mosquitto.port).served() as way:
            heard = Heard(listener, "gateway/state")
            await connected(listener)
            await listener.publish("flush", b"")
            async with running(settings(way.port), lambda: Will("gateway/state", b"lost %d" % next(numbers))) as broker:
                await connected(broker)
                way.cut()
                assert (await heard.next()).payload == b"lost 1"
                await until(lambda: broker.counters.connections == 2)
                way.cut()
                assert (await heard.next()).payload == b"lost 2"

    play(story())


def test_no_will_may_be_the_answer(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as listener, Way(mosquitto.port).served() as way:
            heard = Heard(listener, "gateway/state")
            await connected(listener)
            await listener.publish("flush", b"")
            async with running(settings(way.port), lambda: None) as broker:
                await connected(broker)
                way.cut()
                await until(lambda: broker.counters.connections == 2)
            await listener.publish("gateway/state", b"last")
            assert (await heard.next()).payload == b"last"

    play(story())


def test_a_will_that_is_given_later_is_said_of_the_next_connection(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as listener, Way(mosquitto.port).served() as way:
            heard = Heard(listener, "gateway/state")
            await connected(listener)
            await listener.publish("flush", b"")
            async with running(settings(way.port), Will("gateway/state", b"first")) as broker:
                await connected(broker)
                broker.will = lambda: Will("gateway/state", b"second")
                way.cut()
                assert (await heard.next()).payload == b"first"
                await until(lambda: broker.counters.connections == 2)
                way.cut()
                assert (await heard.next()).payload == b"second"

    play(story())


def test_a_farewell_is_asked_for_when_leave_is_taken_and_not_before(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        asked: list[str] = []
        is_over = False

        def farewell() -> Will:
            asked.append("over" if is_over else "early")
            return Will("gateway/state", b"stopped")

        async with running(settings(mosquitto.port)) as listener:
            heard = Heard(listener, "gateway/state")
            await connected(listener)
            await listener.publish("flush", b"")
            async with running(settings(mosquitto.port), Will("gateway/state", b"lost")) as broker:
                broker.farewell = farewell
                await connected(broker)
                await broker.publish("a", b"")
                is_over = True
            assert (await heard.next()).payload == b"stopped"
            assert asked == ["over"]

    play(story())


def test_where_there_is_no_farewell_after_all_leave_is_taken_without(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as listener:
            heard = Heard(listener, "gateway/state")
            await connected(listener)
            await listener.publish("flush", b"")
            async with running(settings(mosquitto.port), Will("gateway/state", b"lost")) as broker:
                broker.farewell = lambda: None
                await connected(broker)
            await listener.publish("gateway/state", b"last")
            assert (await heard.next()).payload == b"last"

    play(story())


def test_a_will_that_cannot_be_told_is_a_bug_and_not_hidden() -> None:
    def fail() -> Will:
        raise ZeroDivisionError

    async def story() -> None:
        with pytest.raises(ZeroDivisionError):
            await Broker(settings(free_port()), fail).run()

    play(story())
