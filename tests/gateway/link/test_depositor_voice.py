"""Link documents by a real broker: on change at once, at the beat, and again to a broker that forgot."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import msgspec

from gateway.broker.client import Broker
from gateway.link.depositor_voice import DepositorVoice
from gateway.link.heard import Heard
from gateway.link.incident_book import Book
from gateway.link.instant import Instant
from gateway.link.looking import Standing
from gateway.link.parties import Parties
from gateway.link.signals import Maintenance
from gateway.link.state import RULES, Condition, Detail, Link
from gateway.link.topic import Topics
from gateway.policy.document import Policy
from tests.gateway.broker.scene import connected, running, settings, until
from tests.gateway.link_rig import EUI, UNIX_MS, Reader
from tests.gateway.policy.frames import CITY, CITY_SIDE, METROPOLIS, policy, suspended
from tests.mosquitto import Mosquitto, Way

BEAT_S = 60.0


def standing(detail: Detail = Detail.WORKING, *depositors: str) -> Standing:
    rule = RULES[detail]
    link = Link(Condition(rule.state, rule.cause, detail, 1000, 1000))
    return Standing(Book("a1b2"), dict.fromkeys(depositors or (CITY, METROPOLIS), link))


class Rig:
    """A voice, with a present that the test moves."""

    def __init__(self, broker: Broker | None, document: Policy | None = None) -> None:
        self.broker, self.now = broker, Instant(100_000, UNIX_MS)
        self.parties, self.heard = Parties(), Heard(self.now)
        self.follow(document or policy())
        self.voice = DepositorVoice(
            Topics(EUI),
            broker,
            self.parties,
            self.heard,
            now=lambda: self.now,
            evidence_head=lambda: None,
            beat_s=BEAT_S,
        )

    def follow(self, document: Policy | None) -> None:
        self.parties.follow(document, UNIX_MS // 1000, is_in_force=document is not None)

    def wait(self, seconds: float) -> None:
        self.now = self.now.at(self.now.ms + round(seconds * 1000))

    async def tell(self, present: Standing, planned: Maintenance | None = None) -> None:
        await self.voice.tell(present, planned)


@contextlib.asynccontextmanager
async def scene(mosquitto: Mosquitto) -> AsyncIterator[tuple[Rig, Reader]]:
    async with running(settings(mosquitto.port)) as broker, running(settings(mosquitto.port)) as listening:
        reader = Reader(listening)
        await connected(listening)
        await connected(broker)
        yield Rig(broker), reader


async def told(reader: Reader, rig: Rig, present: Standing, count: int, planned: Maintenance | None = None) -> None:
    """This look tells so many documents, in all, and the next one no more."""
    for _ in range(2):
        await rig.tell(present, planned)
        assert rig.broker is not None
        await reader.all_of(rig.broker)
        assert len(reader.all) == count


def test_each_depositor_has_a_document_of_its_own_that_stays_for_who_comes_later(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with scene(mosquitto) as (rig, reader):
                await told(reader, rig, standing(), 2)
                assert {told["depositor"] for _, told in reader.all} == {CITY, METROPOLIS}
                async with running(settings(mosquitto.port)) as late:
                    found = Reader(late)
                    await found.until(lambda: found.link(CITY) and found.link(METROPOLIS))
                    assert found.link(CITY)["state"] == "up"

    asyncio.run(story())


def test_a_change_is_told_at_once_and_otherwise_the_beat_is_kept(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with scene(mosquitto) as (rig, reader):
                await told(reader, rig, standing(), 2)
                rig.wait(BEAT_S - 1)
                await told(reader, rig, standing(), 2)
                rig.wait(1)
                await told(reader, rig, standing(), 4)
                await told(reader, rig, standing(Detail.RADIO_LOST), 6)
                await told(reader, rig, standing(Detail.RADIO_LOST), 8, Maintenance("mast"))
                assert reader.link(CITY)["maintenance"]["reason"] == "mast"
                city = msgspec.structs.replace(CITY_SIDE, suspensions=suspended("mast"))
                rig.follow(policy(city))
                await told(reader, rig, standing(Detail.RADIO_LOST), 9, Maintenance("mast"))
                assert reader.link(CITY)["right"]["reason"] == "mast"

    asyncio.run(story())


def test_what_is_not_known_yet_is_not_told(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with scene(mosquitto) as (rig, reader):
                await rig.tell(Standing(Book("a1b2"), {CITY: Link()}))
                rig.follow(None)
                await rig.tell(standing())
                rig.follow(policy())
                await told(reader, rig, standing(Detail.WORKING, METROPOLIS), 1)
                assert reader.link(METROPOLIS)["state"] == "up"

    asyncio.run(story())


def test_while_no_broker_is_there_nothing_piles_up_and_the_newest_is_told_when_one_is(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            mosquitto.stop()
            async with running(settings(mosquitto.port)) as broker:
                rig = Rig(broker)
                for _ in range(5):
                    await rig.tell(standing())
                    rig.wait(BEAT_S)
                assert broker.counters.waiting == 0
                mosquitto.start()
                async with running(settings(mosquitto.port)) as listening:
                    reader = Reader(listening)
                    await connected(listening)
                    await connected(broker)
                    await told(reader, rig, standing(Detail.RADIO_LOST), 2)
                    assert reader.link(CITY)["state"] == "down"

    asyncio.run(story())


def test_what_a_broker_may_have_forgotten_is_told_anew(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with scene(mosquitto) as (rig, reader):
                await told(reader, rig, standing(), 2)
                rig.voice.forget()
                await told(reader, rig, standing(), 4)

    asyncio.run(story())


def test_what_was_on_its_way_when_the_line_was_cut_is_not_told_late(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port)) as listening, Way(mosquitto.port).served() as way:
                reader = Reader(listening)
                await connected(listening)
                async with running(settings(way.port)) as broker:
                    rig = Rig(broker)
                    broker.on_state(lambda state: rig.voice.forget() if state.connected else None)
                    await connected(broker)
                    await told(reader, rig, standing(), 2)
                    await until(lambda: not broker.counters.waiting)
                    way.open.clear()
                    await rig.tell(standing(Detail.SERVERS_SILENT))
                    assert broker.counters.waiting == 2
                    way.cut()
                    rig.wait(3600)
                    way.open.set()
                    await until(lambda: broker.counters.connections == 2)
                    await told(reader, rig, standing(), 4)
                    assert {document["state"] for _, document in reader.all} == {"up"}

    asyncio.run(story())


def test_who_is_no_depositor_any_more_has_nothing_left_and_who_is_one_again_is_told_again(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with scene(mosquitto) as (rig, reader):
                await told(reader, rig, standing(), 2)
                rig.follow(policy(CITY_SIDE))
                rig.voice.clear({METROPOLIS})
                await told(reader, rig, standing(), 3)
                assert reader.link(METROPOLIS) is None
                async with running(settings(mosquitto.port)) as late:
                    found = Reader(late)
                    await found.until(lambda: found.link(CITY))
                    assert list(found.last) == list(reader.last)[:1]
                rig.follow(policy())
                await told(reader, rig, standing(), 4)
                assert reader.link(METROPOLIS)["state"] == "up"

    asyncio.run(story())


def test_whatever_else_waits_has_its_turn_between_two_documents(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port)) as broker:
                await connected(broker)
                depositors = [msgspec.structs.replace(CITY_SIDE, id=f"d{number}") for number in range(40)]
                rig = Rig(broker, policy(*depositors))
                published = list[int]()

                async def others() -> None:
                    while True:
                        published.append(broker.counters.published)
                        await asyncio.sleep(0)

                waiting = asyncio.create_task(others())
                await rig.tell(standing(Detail.WORKING, *(each.id for each in depositors)))
                waiting.cancel()
                steps = [after - before for before, after in pairwise(published)]
                assert max(steps) == 1
                await until(lambda: broker.counters.waiting == 0)

    asyncio.run(story())


def test_without_a_broker_nothing_is_told_and_nothing_breaks() -> None:
    rig = Rig(None)
    asyncio.run(rig.tell(standing()))
    rig.voice.clear({CITY})
    rig.voice.forget()
