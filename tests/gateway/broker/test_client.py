"""Publishing and hearing through a real broker, over a connection that comes and goes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.broker.client import Broker, BrokerState
from gateway.broker.outbox import Fate, Outbox
from gateway.broker.settings import Message
from tests.gateway.broker.scene import Heard, connected, play, running, settings, until
from tests.mosquitto import Mosquitto, Way, port_of_nobody


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


def test_it_connects_by_mqtt_5(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            assert broker.state == BrokerState()
            await connected(broker)
            assert (broker.state.version, broker.state.last_error) == ("5", None)
            assert broker.counters.connections == 1

    play(story())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_is_published_is_heard(mosquitto: Mosquitto, version: str) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port, version=version)) as broker:
            heard = Heard(broker, "city/+/status")
            await connected(broker)
            assert broker.state.version == version
            assert await broker.publish("city/water/status", b"up") is Fate.ACCEPTED
            assert await heard.next() == Message("city/water/status", b"up")

    play(story())


def test_what_is_published_before_the_connection_waits_for_it(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            fates = [broker.publish(f"n/{number}", b"") for number in range(100)]
            assert set(await asyncio.gather(*fates)) == {Fate.ACCEPTED}
            assert (broker.counters.published, broker.counters.accepted, broker.counters.waiting) == (100, 100, 0)

    play(story())


def test_messages_arrive_in_their_order(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker, running(settings(mosquitto.port)) as other:
            heard = Heard(other, "order")
            await connected(other)
            await other.publish("flush", b"")
            for number in range(500):
                broker.publish("order", str(number).encode(), qos=number % 2)
            assert [int((await heard.next()).payload) for _ in range(500)] == list(range(500))

    play(story())


def test_qos_0_is_sent_and_promises_nothing(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            heard = Heard(broker, "a")
            await connected(broker)
            assert await broker.publish("a", b"x", qos=0) is Fate.SENT
            assert (await heard.next()).payload == b"x"
            assert (broker.counters.sent, broker.counters.accepted) == (1, 0)

    play(story())


def test_a_retained_message_is_heard_by_those_who_come_later(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            await broker.publish("policy", b"document", retain=True)
        async with running(settings(mosquitto.port)) as later:
            assert await Heard(later, "policy").next() == Message("policy", b"document", retained=True)

    play(story())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_big_message_passes_both_ways(mosquitto: Mosquitto, version: str) -> None:
    payload = bytes(range(256)) * 40_000

    async def story() -> None:
        async with running(settings(mosquitto.port, version=version)) as broker:
            heard = Heard(broker, "big")
            await connected(broker)
            assert await broker.publish("big", payload) is Fate.ACCEPTED
            assert (await heard.next()).payload == payload

    play(story())


def test_a_subscription_made_later_is_served_too_and_each_handler_once(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as broker:
            await connected(broker)
            first, second, other = Heard(broker, "a/#"), Heard(broker, "a/#"), Heard(broker, "b")
            await broker.publish("flush", b"")
            await broker.publish("a/1", b"1")
            await broker.publish("a/2", b"2")
            assert [(await heard.next()).payload for heard in (first, second, first, second)] == [
                b"1",
                b"1",
                b"2",
                b"2",
            ]
            assert other.nothing_more()

    play(story())


def test_a_broker_that_goes_away_and_comes_back(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        states: list[bool] = []
        async with running(settings(mosquitto.port)) as broker:
            broker.on_state(lambda state: states.append(state.connected))
            heard = Heard(broker, "a")
            await connected(broker)
            mosquitto.stop()
            await until(lambda: not broker.state.connected)
            waiting = broker.publish("a", b"meanwhile")
            await until(lambda: "refused" in (broker.state.last_error or ""))
            assert not waiting.done()
            await asyncio.to_thread(mosquitto.start)
            assert await waiting is Fate.ACCEPTED
            assert (await heard.next()).payload == b"meanwhile"
            assert states == [True, False, True]
            assert broker.counters.connections == 2

    play(story())


def test_what_was_not_accepted_when_the_connection_was_lost_is_sent_again(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        async with Way(mosquitto.port).served() as way, running(settings(way.port)) as broker:
            await connected(broker)
            way.open.clear()
            fates = [broker.publish(f"n/{number}", b"x") for number in range(50)]
            await asyncio.sleep(0.1)
            mosquitto.stop()
            way.open.set()
            await until(lambda: not broker.state.connected)
            assert not any(fate.done() for fate in fates)
            await asyncio.to_thread(mosquitto.start)
            assert set(await asyncio.gather(*fates)) == {Fate.ACCEPTED}

    play(story())


def test_an_outbox_that_is_given_is_used_also_an_empty_one() -> None:
    async def story() -> None:
        outbox = Outbox(most_messages=1)
        broker = Broker(settings(1), outbox=outbox)
        broker.publish("a", b"1")
        broker.publish("a", b"2")
        assert (len(outbox), broker.counters.waiting, broker.counters.dropped) == (1, 1, 1)

    play(story())


def test_a_slow_broker_costs_counted_messages_and_neither_memory_nor_time(mosquitto: Mosquitto) -> None:
    payload = bytes(1_000_000)

    async def story() -> None:
        outbox = Outbox(most_messages=10, most_bytes=4_000_000)
        async with (
            Way(mosquitto.port).served() as way,
            running(settings(way.port), outbox=outbox) as broker,
        ):
            await connected(broker)
            way.open.clear()
            fates = []
            for _ in range(60):
                fates.append(broker.publish("slow", payload))
                await asyncio.sleep(0)
            await until(lambda: broker.counters.dropped > 0)
            assert broker.state.connected
            assert len(outbox) <= 4
            way.open.set()
            ends = await asyncio.gather(*fates)
            assert set(ends) == {Fate.ACCEPTED, Fate.DROPPED}
            assert ends[-1] is Fate.ACCEPTED
            counters = broker.counters
            assert ends.count(Fate.DROPPED) == counters.dropped
            assert counters.accepted + counters.dropped == counters.published == 60

    play(story())


def test_qos_0_messages_do_not_pile_up_before_a_slow_broker(mosquitto: Mosquitto) -> None:
    async def story() -> None:
        outbox = Outbox(most_bytes=4_000_000)
        async with Way(mosquitto.port).served() as way, running(settings(way.port), outbox=outbox) as broker:
            await connected(broker)
            way.open.clear()
            for _ in range(60):
                broker.publish("slow", bytes(1_000_000), qos=0)
                await asyncio.sleep(0)
            await until(lambda: broker.counters.dropped > 30)
            assert broker.state.connected

    play(story())


def test_what_the_broker_refuses_has_that_fate(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic readwrite allowed/#\n")

    async def story(port: int) -> None:
        async with running(settings(port)) as broker:
            await connected(broker)
            assert await broker.publish("forbidden", b"") is Fate.REFUSED
            assert await broker.publish("allowed/x", b"") is Fate.ACCEPTED
            assert (broker.counters.refused, broker.counters.accepted) == (1, 1)

    with Mosquitto(tmp_path, f"acl_file {tmp_path / 'acl'}") as mosquitto:
        play(story(mosquitto.port))


def test_at_the_end_what_waits_is_dropped_and_counted() -> None:
    async def story() -> None:
        with port_of_nobody() as port:
            async with running(settings(port)) as broker:
                fate = broker.publish("a", b"")
                await until(lambda: broker.state.last_error is not None)
        assert await fate is Fate.DROPPED
        assert await broker.publish("a", b"") is Fate.DROPPED
        assert (broker.counters.dropped, broker.counters.waiting) == (2, 0)

    play(story())


@pytest.mark.parametrize("topic", ["", "a/+", "#", "a\0b", "x" * 70_000])
def test_what_is_no_topic_is_the_callers_mistake(topic: str) -> None:
    async def story() -> None:
        with pytest.raises(ValueError, match="not a topic"):
            Broker(settings(1)).publish(topic, b"")

    play(story())


def test_a_handler_that_fails_is_a_bug_and_not_hidden(mosquitto: Mosquitto) -> None:
    def fail(_message: Message) -> None:
        raise ZeroDivisionError

    async def story() -> None:
        broker = Broker(settings(mosquitto.port))
        broker.subscribe("a", fail)
        broker.publish("a", b"")
        with pytest.raises(ZeroDivisionError):
            await broker.run()

    play(story())
