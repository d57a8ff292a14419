"""Uplinks on their depositors' topics, by a real broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from gateway.broker.client import Broker
from gateway.link.instant import Instant
from gateway.link.topic import Topics
from gateway.link.uplink_feed import UplinkFeed
from gateway.policy.document import Consent, Policy
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict
from tests.gateway.broker.scene import connected, running, settings, until
from tests.gateway.link.judged import refused, verdict
from tests.gateway.link_rig import BASE, EUI, UNIX_MS, Reader, reading
from tests.gateway.policy.frames import ALWAYS, CITY_ADDR, CITY_SIDE, METROPOLIS_SIDE, policy, uplink
from tests.mosquitto import Mosquitto

NOW = Instant(100_000, UNIX_MS)
CITY, METROPOLIS = f"{BASE}/depositor/city/uplink", f"{BASE}/depositor/metropolis/uplink"
HOST = f"{BASE}/host/uplink"
AGREED = policy(msgspec.structs.replace(CITY_SIDE, consent=Consent(True, ALWAYS)), METROPOLIS_SIDE)
THEIRS = verdict(depositor="metropolis")


class Rig:
    """A feed, with what GNSS and the policy know of the time."""

    def __init__(self, broker: Broker, document: Policy | None = AGREED) -> None:
        self.broker = broker
        self.known_unix_s: int | None = UNIX_MS // 1000
        self.utc_ns: int | None = None
        self.feed = UplinkFeed(Topics(EUI), broker, lambda: self.known_unix_s, lambda _counter_us: self.utc_ns)
        self.feed.follow(document)

    def take(self, *verdicts: Verdict, now: Instant = NOW) -> None:
        self.feed.take([uplink(CITY_ADDR, number) for number, _ in enumerate(verdicts)], verdicts, now)


@contextlib.asynccontextmanager
async def scene(tmp_path: Path) -> AsyncIterator[tuple[Rig, Reader]]:
    with Mosquitto(tmp_path) as mosquitto:
        async with reading(mosquitto.port) as reader, running(settings(mosquitto.port)) as broker:
            await connected(broker)
            yield Rig(broker), reader


def numbers(reader: Reader, topic: str) -> list[int]:
    return [told["number"] for each, told in reader.all if each == topic]


def test_each_depositors_uplinks_come_on_its_topic_and_the_hosts_copy_where_that_is_agreed(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene(tmp_path) as (rig, reader):
            rig.take(verdict(), THEIRS, refused(Outcome.SUSPENDED), Verdict(Outcome.UNKNOWN_DEVICE, forwarded=True))
            await reader.all_of(rig.broker)
            assert [topic for topic, _ in reader.all] == [CITY, HOST, METROPOLIS, CITY]
            assert (numbers(reader, CITY), numbers(reader, METROPOLIS), numbers(reader, HOST)) == ([0, 1], [0], [0])
            assert reader.last[CITY]["outcome"] == "suspended"

    asyncio.run(story())


def test_a_forged_frame_is_on_no_topic_and_uses_no_number(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene(tmp_path) as (rig, reader):
            rig.take(refused(Outcome.FORGED), verdict())
            await reader.all_of(rig.broker)
            assert numbers(reader, CITY) == [0]

    asyncio.run(story())


def test_the_time_of_reception_is_by_gnss_where_that_tells_it_and_none_while_no_clock_is_sure(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene(tmp_path) as (rig, reader):
            rig.take(verdict())
            rig.utc_ns = (UNIX_MS - 12) * 1_000_000
            rig.take(verdict())
            rig.take(verdict(), now=Instant(NOW.ms))
            await reader.all_of(rig.broker)
            assert [told["received"] for topic, told in reader.all if topic == CITY] == [
                "2026-05-28T20:26:40.000Z",
                "2026-05-28T20:26:39.988Z",
                None,
            ]

    asyncio.run(story())


def test_without_a_known_time_no_consent_can_be_said_to_last(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene(tmp_path) as (rig, reader):
            rig.known_unix_s = None
            rig.take(verdict())
            await reader.all_of(rig.broker)
            assert [topic for topic, _ in reader.all] == [CITY]

    asyncio.run(story())


def test_another_policy_counts_from_now_on_and_without_one_nothing_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene(tmp_path) as (rig, reader):
            rig.take(verdict())
            rig.feed.follow(policy(METROPOLIS_SIDE))
            rig.take(verdict(), THEIRS)
            rig.feed.follow(None)
            rig.take(verdict(), THEIRS)
            rig.feed.follow(AGREED)
            rig.take(verdict())
            await reader.all_of(rig.broker)
            assert [topic for topic, _ in reader.all] == [CITY, HOST, METROPOLIS, CITY, HOST]
            assert numbers(reader, CITY) == [0, 1]

    asyncio.run(story())


def test_what_comes_while_no_broker_is_there_is_not_kept_and_the_numbers_tell_of_it(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port)) as broker:
                await connected(broker)
                rig = Rig(broker)
                mosquitto.stop()
                await until(lambda: not broker.state.connected)
                rig.take(*[verdict()] * 3)
                assert broker.counters.waiting == 0
                mosquitto.start()
                async with reading(mosquitto.port) as reader:
                    await connected(broker)
                    rig.take(verdict())
                    await reader.all_of(broker)
                    assert (numbers(reader, CITY), numbers(reader, HOST)) == ([3], [3])

    asyncio.run(story())
