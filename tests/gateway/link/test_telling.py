"""An incident's events on their way to the depositor, by a real broker."""

import asyncio
from pathlib import Path

import msgspec

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.instant import Instant
from gateway.link.state import Cause, Detail, State
from gateway.link.telling import MOST_UNTOLD, Teller
from gateway.link.topic import Topics
from tests.gateway.broker.scene import Heard, connected, running, settings, until
from tests.mosquitto import Mosquitto

TOPICS = Topics(0xAA555A0000000101)
FIRST, SECOND = "1772439300480-3f9a1c", "1772439300481-3f9a1c"
# Whoever hears this has heard all that the broker had to say before.
MARK = "mark"


def event(kind: EventKind, at_ms: int, identity: str = FIRST, depositor: str = "metropole") -> IncidentEvent:
    incident = Incident(
        id=identity,
        depositor=depositor,
        kind=IncidentKind.LINK,
        begin=Instant(1, 1),
        detected=Instant(2, 2),
        end=Instant(at_ms, at_ms) if kind is EventKind.CLOSED else None,
        state=State.DOWN,
        cause=Cause.RADIO,
        detail=Detail.RADIO_LOST,
    )
    return IncidentEvent(kind, incident, Instant(at_ms, at_ms))


class Contacts:
    """Take what is told; it is safe when the test says so."""

    def __init__(self) -> None:
        self.told: list[tuple[str, EventKind]] = []
        self.kept: list[asyncio.Future[bool]] = []

    def tell(self, told: IncidentEvent) -> "asyncio.Future[bool]":
        self.told.append((told.incident.id, told.kind))
        self.kept.append(asyncio.get_running_loop().create_future())
        return self.kept[-1]


def shown(payload: bytes) -> tuple[str, str] | None:
    if not payload:
        return None
    message = msgspec.json.decode(payload)
    return message["id"], message["state"]


def test_nobody_is_told_before_it_can_be_kept(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port)) as broker, running(settings(mosquitto.port)) as reader:
                heard = Heard(reader, "#")
                await connected(reader)
                contacts = Contacts()
                teller = Teller(TOPICS, broker, contacts, lambda _: None)
                publishing = asyncio.create_task(teller.run())
                teller.take([event(EventKind.OPENED, 3)])
                await connected(broker)
                broker.publish(MARK, b"")
                assert (await heard.next()).topic == MARK
                assert contacts.told == []
                assert [each.last.kind for each in teller.untold] == [EventKind.OPENED]
                assert list(teller.stories) == [FIRST]
                teller.tell()
                assert shown((await heard.next()).payload) == (FIRST, "opened")
                assert contacts.told == [(FIRST, EventKind.OPENED)]
                publishing.cancel()

    asyncio.run(story())


def test_what_a_broker_that_is_away_missed_comes_in_order_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story() -> None:
        taken: list[IncidentEvent] = []
        with Mosquitto(tmp_path) as mosquitto:
            mosquitto.stop()
            async with running(settings(mosquitto.port)) as broker:
                teller = Teller(TOPICS, broker, None, taken.append)
                publishing = asyncio.create_task(teller.run())
                # All at once: what is to be retained must not take the place of what waits before it.
                life = ((EventKind.OPENED, 3), (EventKind.UPDATED, 4), (EventKind.CLOSED, 5))
                teller.take([event(kind, at_ms) for kind, at_ms in life])
                teller.tell()
                mosquitto.start()
                await until(lambda: not teller.untold)
                assert [one.kind for one in taken] == [EventKind.OPENED, EventKind.UPDATED, EventKind.CLOSED]
                assert teller.stories == {}
            async with running(settings(mosquitto.port)) as late:
                left = Heard(late, "#")
                await connected(late)
                late.publish(MARK, b"")
                assert (await left.next()).topic == MARK
                publishing.cancel()

    asyncio.run(story())


def test_an_open_incident_is_there_for_whoever_comes_later(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port)) as broker:
                teller = Teller(TOPICS, broker, None, lambda _: None)
                publishing = asyncio.create_task(teller.run())
                teller.take([event(EventKind.OPENED, 3), event(EventKind.UPDATED, 4)])
                teller.tell()
                await until(lambda: not teller.untold)
                async with running(settings(mosquitto.port)) as late:
                    heard = await Heard(late, "candelabre/#").next()
                    assert (shown(heard.payload), heard.retained) == ((FIRST, "updated"), True)
                publishing.cancel()

    asyncio.run(story())


def test_what_nobody_took_before_a_kill_is_told_after_it(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port)) as broker, running(settings(mosquitto.port)) as reader:
                heard = Heard(reader, "candelabre/#")
                await connected(reader)
                before = Teller(TOPICS, broker, Contacts(), lambda _: None)
                before.take([event(EventKind.OPENED, 3), event(EventKind.OPENED, 3, SECOND, "syndicat")])
                contacts = Contacts()
                after = Teller(TOPICS, broker, contacts, lambda _: None)
                after.resume(before.stories, before.untold)
                publishing = asyncio.create_task(after.run())
                after.tell()
                assert [shown((await heard.next()).payload) for _ in range(2)] == [
                    (FIRST, "opened"),
                    (SECOND, "opened"),
                ]
                assert contacts.told == [(FIRST, EventKind.OPENED), (SECOND, EventKind.OPENED)]
                await until(lambda: after.has_progressed)
                assert len(after.untold) == 2
                for kept in contacts.kept:
                    kept.set_result(True)
                await until(lambda: not after.untold)
                publishing.cancel()

    asyncio.run(story())


def test_a_broker_that_has_forgotten_what_it_held_is_given_it_again(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port)) as broker:
                teller = Teller(TOPICS, broker, None, lambda _: None)
                publishing = asyncio.create_task(teller.run())
                broker.on_state(lambda state: teller.publish_again() if state.connected else None)
                teller.take([event(EventKind.OPENED, 3)])
                teller.tell()
                await until(lambda: not teller.untold)
                mosquitto.stop()
                mosquitto.start()
                await until(lambda: broker.counters.connections == 2)
                await until(lambda: not broker.counters.waiting)
                async with running(settings(mosquitto.port)) as late:
                    heard = await Heard(late, "candelabre/#").next()
                    assert (shown(heard.payload), heard.retained) == ((FIRST, "opened"), True)
                publishing.cancel()

    asyncio.run(story())


def test_a_story_says_what_was_said_before() -> None:
    async def story() -> None:
        teller = Teller(TOPICS, None, None, lambda _: None)
        teller.take([event(EventKind.OPENED, 3), event(EventKind.UPDATED, 4)])
        (told,) = teller.stories.values()
        assert [update.at for update in told.before] == ["1970-01-01T00:00:00.003Z"]
        assert teller.untold == ()

    asyncio.run(story())


def test_what_nobody_ever_takes_does_not_grow_without_end(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            mosquitto.stop()
            async with running(settings(mosquitto.port)) as broker:
                teller = Teller(TOPICS, broker, None, lambda _: None)
                teller.take([event(EventKind.REMINDED, at_ms) for at_ms in range(MOST_UNTOLD + 7)])
                assert len(teller.untold) == MOST_UNTOLD
                assert teller.untold[0].last.at.ms == 7
                assert teller.dropped == 7

    asyncio.run(story())
