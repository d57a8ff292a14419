"""What operators are told, by a real broker, and by its last will where the gateway cannot say it any more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from gateway.broker.client import Broker
from gateway.link.messages_operator import Health
from gateway.link.operator.daemon_happenings import started, stopping
from gateway.link.operator.health_document import health_document
from gateway.link.operator.limiting import MOST
from gateway.link.operator.policy_happenings import policy_taken
from gateway.link.operator.stats_document import Counters
from gateway.link.operator_voice import OperatorVoice
from gateway.link.signals import Signals
from gateway.link.topic import Topics
from tests.gateway.broker.scene import connected, settings, until
from tests.gateway.link.operator.scene import INSIDE
from tests.gateway.link_rig import BASE, EUI, Clocks, Reader, reading
from tests.mosquitto import Mosquitto, Way

BEAT_S = 60.0


def health(clocks: Clocks, **signals: Any) -> Health:
    return health_document(Signals(**signals), INSIDE, EUI, clocks.now())


@contextlib.asynccontextmanager
async def speaking(port: int, clocks: Clocks, *, leaves: bool = True) -> AsyncIterator[tuple[OperatorVoice, Broker]]:
    """A voice with a broker that is given up in the end, in good order or as a crash does."""
    broker = Broker(settings(port), pause=lambda _failures: 0.05)
    voice = OperatorVoice(Topics(EUI), broker, clocks, BEAT_S)  # type: ignore[arg-type]
    connection = asyncio.create_task(broker.run())
    try:
        await connected(broker)
        yield voice, broker
        if not leaves:
            broker.farewell = None
    finally:
        connection.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await connection


def state(reader: Reader) -> dict[str, object]:
    found = reader.last.get(f"{BASE}/state") or {}
    return {name: found.get(name) for name in ("state", "cause", "clock_sure", "since", "connected")}


def test_a_gateway_is_online_from_its_first_connection_on_and_says_when_it_leaves(tmp_path: Path) -> None:
    async def story() -> None:
        clocks = Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            async with reading(mosquitto.port) as reader:
                async with speaking(mosquitto.port, clocks):
                    await reader.until(lambda: state(reader)["state"] == "online")
                    assert state(reader)["cause"] == "started"
                    assert state(reader)["connected"] == "2026-05-28T20:26:40.000Z"
                    clocks.wait(5)
                await reader.until(lambda: state(reader)["state"] == "offline")
                assert (state(reader)["cause"], state(reader)["since"]) == ("stopped", "2026-05-28T20:26:45.000Z")

    asyncio.run(story())


def test_a_connection_that_is_lost_is_told_by_the_broker_and_the_next_is_no_start(tmp_path: Path) -> None:
    async def story() -> None:
        clocks = Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            async with (
                reading(mosquitto.port) as reader,
                Way(mosquitto.port).served() as way,
                speaking(way.port, clocks),
            ):
                await reader.until(lambda: state(reader)["state"] == "online")
                clocks.wait(7)
                way.cut()
                await reader.until(lambda: state(reader)["cause"] == "reconnected")
                told = [told for topic, told in reader.all if topic == f"{BASE}/state"]
                assert [each["cause"] for each in told] == ["started", "connection_lost", "reconnected"]
                lost = told[1]
                assert (lost["state"], lost["since"], lost["connected"]) == (
                    "offline",
                    None,
                    "2026-05-28T20:26:40.000Z",
                )

    asyncio.run(story())


def test_the_state_is_told_anew_once_the_clock_is_sure(tmp_path: Path) -> None:
    async def story() -> None:
        clocks = Clocks(unix_ms=None)
        with Mosquitto(tmp_path) as mosquitto:
            async with reading(mosquitto.port) as reader, speaking(mosquitto.port, clocks) as (voice, broker):
                await reader.until(lambda: state(reader)["state"] == "online")
                assert (state(reader)["clock_sure"], state(reader)["since"]) == (False, None)
                clocks.wait(10)
                voice.tell_health(health(clocks), clocks.now())
                clocks.unix_ms = 1_780_000_010_000
                voice.tell_health(health(clocks), clocks.now())
                await reader.until(lambda: state(reader)["clock_sure"])
                assert state(reader)["since"] == "2026-05-28T20:26:40.000Z"
                voice.tell_health(health(clocks), clocks.now())
                await reader.all_of(broker)
                assert len([topic for topic, _ in reader.all if topic == f"{BASE}/state"]) == 2

    asyncio.run(story())


def healths(reader: Reader) -> int:
    return len([topic for topic, _ in reader.all if topic == f"{BASE}/health"])


def test_health_is_told_where_it_is_news_and_at_the_beat_and_to_a_broker_that_comes_back(tmp_path: Path) -> None:
    async def story() -> None:
        clocks = Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            async with (
                Way(mosquitto.port).served() as way,
                reading(mosquitto.port) as reader,
                speaking(way.port, clocks) as (voice, broker),
            ):
                looks: list[tuple[float, dict[str, Any], int]] = [
                    (0, {}, 1),
                    (1, {}, 1),
                    (1, {"temperature_c": 50.0}, 1),
                    (1, {"undervoltage": True}, 2),
                    (BEAT_S, {"undervoltage": True}, 3),
                ]
                for seconds, changes, expected in looks:
                    clocks.wait(seconds)
                    voice.tell_health(health(clocks, **changes), clocks.now())
                    await reader.all_of(broker)
                    assert healths(reader) == expected
                way.cut()
                await until(lambda: broker.counters.connections == 2)
                await reader.until(lambda: healths(reader) == 4)

    asyncio.run(story())


def test_events_wait_for_a_broker_that_is_away_and_health_does_not(tmp_path: Path) -> None:
    async def story() -> None:
        clocks = Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            mosquitto.stop()
            broker = Broker(settings(mosquitto.port), pause=lambda _failures: 0.05)
            voice = OperatorVoice(Topics(EUI), broker, clocks, BEAT_S)  # type: ignore[arg-type]
            voice.happened(started("1.0", 3), stopping(5.0))
            voice.tell_health(health(clocks), clocks.now())
            assert broker.counters.waiting == 2
            mosquitto.start()
            async with reading(mosquitto.port) as reader:
                connection = asyncio.create_task(broker.run())
                await reader.until(lambda: reader.events("stopping") and healths(reader) == 1)
                assert [told["kind"] for topic, told in reader.all if topic == f"{BASE}/event"] == [
                    "started",
                    "stopping",
                ]
                connection.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await connection

    asyncio.run(story())


def test_what_comes_and_goes_too_often_is_told_late_as_what_it_came_to(tmp_path: Path) -> None:
    async def story() -> None:
        clocks = Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            async with reading(mosquitto.port) as reader, speaking(mosquitto.port, clocks) as (voice, _):
                for serial in range(MOST + 4):
                    voice.happened(policy_taken(serial + 1, serial))
                await reader.until(lambda: len(reader.events("policy_taken")) == MOST)
                clocks.wait(3601)
                voice.tell_health(health(clocks), clocks.now())
                await reader.until(lambda: len(reader.events("policy_taken")) == MOST + 1)
                late = reader.events("policy_taken")[-1]["details"]
                assert (late["serial"], late["left_out"], late["late_s"]) == (MOST + 4, 3, 3601.0)

    asyncio.run(story())


def test_stats_are_what_came_since_they_were_told_last(tmp_path: Path) -> None:
    async def story() -> None:
        clocks = Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            async with reading(mosquitto.port) as reader, speaking(mosquitto.port, clocks) as (voice, _):
                for received in (5, 12):
                    clocks.wait(30)
                    voice.tell_stats(Counters(clocks.ms, packets_received=received), clocks.now())
                stats = f"{BASE}/stats"
                await reader.until(lambda: len([topic for topic, _ in reader.all if topic == stats]) == 2)
                told = [(told["packets_received"], told["interval_s"]) for topic, told in reader.all if topic == stats]
                assert told == [(5, 30.0), (7, 30.0)]

    asyncio.run(story())


def test_without_a_broker_nobody_is_told_and_nothing_breaks() -> None:
    clocks = Clocks()
    voice = OperatorVoice(Topics(EUI), None, clocks, BEAT_S)  # type: ignore[arg-type]
    voice.happened(started("1.0", None))
    voice.tell_health(health(clocks), clocks.now())
    voice.tell_stats(Counters(clocks.ms), clocks.now())


def test_what_is_told_is_what_is_documented(tmp_path: Path) -> None:
    async def story() -> None:
        clocks = Clocks()
        with Mosquitto(tmp_path) as mosquitto:
            async with reading(mosquitto.port) as reader, speaking(mosquitto.port, clocks) as (voice, _):
                voice.tell_health(health(clocks), clocks.now())
                await reader.until(lambda: healths(reader) == 1)
                document = msgspec.json.encode(reader.last[f"{BASE}/health"])
                assert msgspec.json.decode(document, type=Health) == health(clocks)

    asyncio.run(story())
