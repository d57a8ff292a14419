"""The end that is wanted: what is said last, and by whom."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.broker.client import Broker
from gateway.broker.outbox import Fate
from gateway.broker.settings import Message, Will
from tests.gateway.broker.scene import CONNACK, PATIENCE_S, Heard, connected, listening, play, running, settings, until
from tests.mosquitto import Mosquitto, Way, free_port

STATE = "gateway/state"
LOST = Will(STATE, b"offline: lost")
STOPPED = Will(STATE, b"offline: stopped")
PUBLISH, DISCONNECT = b"\x30\x05\x00\x01a\x00x", b"\xe0\x00"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


async def stop(task: asyncio.Task[Any]) -> None:
    task.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def online(port: int, version: str = "auto") -> tuple[Broker, asyncio.Task[Any]]:
    """A gateway that has said so."""
    broker = Broker(settings(port, version=version), LOST)
    task = asyncio.create_task(broker.run())
    assert await broker.publish(STATE, b"online", retain=True) is Fate.ACCEPTED
    return broker, task


async def kept(port: int) -> bytes:
    """What somebody who comes later reads of the gateway."""
    async with running(settings(port)) as reader:
        message = await Heard(reader, STATE).next()
        assert message.retained
        return message.payload


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_was_published_last_is_delivered(mosquitto: Mosquitto, version: str) -> None:
    async def story() -> None:
        broker, task = await online(mosquitto.port, version)
        others = [broker.publish(f"n/{number}", b"x") for number in range(100)]
        last = broker.publish(STATE, b"offline: stopped", retain=True)
        await stop(task)
        assert {fate.result() for fate in (*others, last)} == {Fate.ACCEPTED}
        assert await kept(mosquitto.port) == b"offline: stopped"

    play(story())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("qos", [0, 1])
def test_a_farewell_is_said_at_the_end_and_no_will(mosquitto: Mosquitto, version: str, qos: int) -> None:
    async def story() -> None:
        async with running(settings(mosquitto.port)) as reader:
            heard = Heard(reader, STATE)
            await connected(reader)
            await reader.publish("flush", b"")
            broker, task = await online(mosquitto.port, version)
            broker.farewell = Will(STATE, b"offline: stopped", qos=qos)
            await stop(task)
            assert broker.counters.dropped == 0
            await reader.publish(STATE, b"end")
            said = [(await heard.next()).payload for _ in range(3)]
            assert said == [b"online", b"offline: stopped", b"end"]

    play(story())


@pytest.mark.parametrize("has_farewell", [False, True])
def test_where_the_last_words_cannot_be_delivered_the_will_is_said(mosquitto: Mosquitto, has_farewell: bool) -> None:
    async def story() -> None:
        async with Way(mosquitto.port).served() as way:
            broker, task = await online(way.port)
            way.open.clear()
            if has_farewell:
                broker.farewell = STOPPED
            else:
                broker.publish(STATE, b"offline: stopped", retain=True)
            await stop(task)
            assert broker.counters.dropped == 1
            way.cut()
            async with running(settings(mosquitto.port)) as reader:
                heard = Heard(reader, STATE)
                while (await heard.next()).payload != b"offline: lost":
                    pass

    play(story())


def test_a_farewell_that_the_broker_refuses_leaves_the_word_to_the_will(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic readwrite gateway/#\n")

    async def story(port: int) -> None:
        broker, task = await online(port)
        broker.farewell = Will("forbidden", b"offline: stopped")
        await stop(task)
        assert await kept(port) == b"offline: lost"

    with Mosquitto(tmp_path, f"acl_file {tmp_path / 'acl'}") as mosquitto:
        play(story(mosquitto.port))


def test_a_gateway_that_ends_by_a_bug_does_not_take_leave(mosquitto: Mosquitto) -> None:
    def fail(_message: Message) -> None:
        raise ZeroDivisionError

    async def story() -> None:
        broker, task = await online(mosquitto.port)
        broker.farewell = STOPPED
        broker.subscribe("a", fail)
        broker.publish("a", b"")
        with pytest.raises(ZeroDivisionError):
            await task
        assert await kept(mosquitto.port) == b"offline: lost"

    play(story())


def test_the_leave_is_read_though_neither_side_has_read_all() -> None:
    heard = bytearray()
    ends: list[str] = []
    writers: list[asyncio.StreamWriter] = []
    big = bytes(300_000)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.transport.pause_reading()  # type: ignore[attr-defined] # a socket's transport reads too
        writers.append(writer)
        writer.write(CONNACK["5"])
        await asyncio.sleep(0.3)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        try:
            while data := await reader.read(65_536):
                heard.extend(data)
            ends.append("closed")
        except ConnectionResetError:
            ends.append("reset")

    async def story() -> None:
        async with listening(talk) as port:
            broker = Broker(settings(port), LOST)
            task = asyncio.create_task(broker.run())
            await connected(broker)
            assert await broker.publish("a", big, qos=0) is Fate.SENT
            await asyncio.sleep(0.05)
            # It comes before the leave, and after the last look.
            writers[0].write(PUBLISH)
            await stop(task)
            await until(lambda: bool(ends))

    play(story())
    assert ends == ["closed"]
    assert heard.endswith(DISCONNECT)


def test_a_broker_that_never_closes_holds_nobody_up() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(CONNACK["5"])
        await asyncio.Event().wait()

    async def story() -> None:
        async with listening(talk) as port:
            broker = Broker(settings(port))
            task = asyncio.create_task(broker.run())
            await connected(broker)
            await stop(task)

    play(story())


def test_a_gateway_that_never_began_gives_each_message_a_fate() -> None:
    async def story() -> None:
        broker = Broker(settings(free_port()))
        fate = broker.publish("a", b"")
        await stop(asyncio.create_task(broker.run()))
        assert fate.result() is Fate.DROPPED
        assert await broker.publish("a", b"") is Fate.DROPPED

    play(story())


def test_a_broker_that_was_slow_once_is_spoken_to_in_mqtt_5_after_the_next_loss(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.broker.connection.CONNACK_TIMEOUT_S", 0.5)

    async def story() -> None:
        async with Way(mosquitto.port, slow=1).served() as way, running(settings(way.port)) as broker:
            await connected(broker)
            assert broker.state.version == "3.1.1"
            way.cut()
            await until(lambda: broker.state.version == "5")

    play(story())


def test_what_the_rules_of_a_3_1_1_broker_discard_is_acknowledged_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic readwrite allowed/#\n")

    async def story(port: int) -> None:
        async with running(settings(port, version="3.1.1")) as broker:
            assert await broker.publish("forbidden", b"") is Fate.ACCEPTED
            assert (broker.counters.refused, broker.counters.accepted) == (0, 1)

    with Mosquitto(tmp_path, f"acl_file {tmp_path / 'acl'}") as mosquitto:
        play(story(mosquitto.port))
