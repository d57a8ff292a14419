"""What the health document has of the daemon's parts."""

import asyncio
import contextlib
from pathlib import Path

import msgspec

from forwarder.routing import one_route_each
from forwarder.store.keeper import StoreKeeper
from forwarder.store.limits import StoreLimits
from forwarder.store.losses import Reason
from gateway.config.policy_section import PolicySection
from gateway.link.evidence.log import EvidenceLog
from gateway.link.health_look import HealthLook
from gateway.link.incident import EventKind
from gateway.link.incident_book import Book
from gateway.link.instant import Instant
from gateway.link.looking import Standing
from gateway.link.messages_operator import Health
from gateway.link.operator.certificates import Certificate
from gateway.link.parties import Parties
from gateway.link.signals import Signals
from gateway.link.state import Detail, Link, State
from gateway.notices.dispatcher import Notifier
from gateway.pipeline import Pipeline
from gateway.policy.source.signature import SigningKey
from gateway.policy_side import PolicySide
from gateway.router import Router
from gateway.supervision.vitals import Vitals
from radio.simulator import SimulatedConcentrator
from tests.forwarder.store.scene import stored
from tests.gateway.broker.scene import connected, running, settings, until
from tests.gateway.link.incident_rig import Diary, condition
from tests.gateway.link_rig import EUI
from tests.gateway.policy.frames import CITY_EUI, policy
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import configuration, listener
from tests.mosquitto import Mosquitto

NOW = Instant(10_000_000, 1_780_000_000_000)
STANDING = Standing(Book("a1b2"))


def look_of(**parts: object) -> HealthLook:
    """A gateway that has nothing but a radio, which was never started, and what is given."""
    given = {
        "policy": None,
        "broker": None,
        "notifier": None,
        "evidence": None,
        "vitals": Vitals(),
        "beat_s": 60.0,
    } | parts
    return HealthLook(listener(SimulatedConcentrator(), configuration()), Pipeline(), **given)  # type: ignore[arg-type]


def looked(look: HealthLook, standing: Standing = STANDING, parties: Parties | None = None) -> Health:
    told = look.look(Signals(), standing, parties or Parties(), EUI, NOW)
    assert msgspec.json.decode(msgspec.json.encode(told), type=Health) == told
    return told


def test_parts_that_a_gateway_has_not_are_none() -> None:
    told = looked(look_of())
    assert (told.policy, told.notices, told.evidence, told.store) == (None, None, None, None)
    assert (told.broker.mqtt, told.broker.connections, told.links, told.incidents) == (None, 0, {}, 0)
    assert told.valid_for_s == 150
    assert set(told.versions) == {"candelabre", "python"}
    assert told.uptime_s >= 0


def test_links_are_counted_by_their_state_and_those_not_known_yet_left_out() -> None:
    links = {"a": Link(condition(Detail.WORKING, 1)), "b": Link(condition(Detail.RADIO_LOST, 1)), "c": Link()}
    assert looked(look_of(), Standing(Book("a1b2"), links)).links == {State.UP: 1, State.DOWN: 1}


def test_open_incidents_of_all_depositors_are_counted() -> None:
    diary = Diary()
    diary.go_on(Detail.WORKING, 5)
    diary.go_on(Detail.RADIO_LOST, 60)
    assert [event.kind for event in diary.events] == [EventKind.OPENED]
    assert looked(look_of(), Standing(diary.book)).incidents == 1


def test_a_broker_is_told_with_its_counters_and_its_last_problem(tmp_path: Path) -> None:
    async def story() -> None:
        with Mosquitto(tmp_path) as mosquitto:
            async with running(settings(mosquitto.port)) as broker:
                await connected(broker)
                look = look_of(broker=broker)
                assert (looked(look).broker.mqtt, looked(look).broker.connections) == ("5", 1)
                mosquitto.stop()
                await until(lambda: not broker.state.connected)
                told = looked(look).broker
                assert told.mqtt is None
                assert told.last_problem

    asyncio.run(story())


def test_the_policy_in_force_says_until_when_and_a_refused_document_why(tmp_path: Path) -> None:
    async def story() -> None:
        host = Host(tmp_path)
        host.publish(host.document(depositor("city", "26011A00/24", CITY_EUI)))
        section = configuration(sections=host.section()).policy
        assert isinstance(section, PolicySection)
        side = PolicySide(section, tmp_path / "state", "EU868", lambda: None, None)
        parties, look = Parties(), look_of(policy=side)
        told = looked(look).policy
        assert told is not None
        assert (told.valid_until, told.depositors, told.refused) == (None, 0, None)
        parties.follow(policy(), None, is_in_force=True)
        told = looked(look, parties=parties).policy
        assert told is not None
        assert (told.valid_until, told.depositors) == ("2096-10-02T07:06:40.000Z", 2)
        parties.follow(policy(), None, is_in_force=False)
        told = looked(look, parties=parties).policy
        assert told is not None
        assert (told.valid_until, told.depositors) == (None, 2)
        host.policy_path.write_bytes(b"nonsense")
        running_side = asyncio.create_task(side.run())
        await until(lambda: side.last_refusal is not None)
        told = looked(look).policy
        assert told is not None
        assert told.refused
        running_side.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running_side

    asyncio.run(story())


def test_notices_and_evidence_say_how_they_fare(tmp_path: Path) -> None:
    async def story() -> None:
        contacts = Notifier(tmp_path / "notices", {}, "tour", "AA555A0000000101", lambda: None)
        log = EvidenceLog(tmp_path / "evidence", SigningKey.generate())
        look = look_of(notifier=contacts, evidence=log)
        told = looked(look)
        assert told.notices is not None
        assert (told.notices.waiting, told.notices.delivered, told.notices.problem) == (0, 0, None)
        assert told.evidence is not None
        assert (told.evidence.entry, told.evidence.lost, told.evidence.problem) == (None, 0, None)
        log.error = "no room"
        told = looked(look)
        assert told.evidence is not None
        assert told.evidence.problem == "no room"

    asyncio.run(story())


def test_certificates_are_those_that_were_looked_at_last() -> None:
    look = look_of()
    look.certificates = (Certificate("broker", 1_790_000_000),)
    assert [each.name for each in looked(look).certificates] == ["broker"]


def test_what_waits_for_a_server_and_what_was_given_up_is_told_by_reason(tmp_path: Path) -> None:
    async def story() -> None:
        look = look_of()
        keeper = StoreKeeper(tmp_path, StoreLimits(most_bytes=8 << 20), lambda: 0)
        router = Router(
            one_route_each(["main"]), keeper, keepalives_s={}, now_ms=lambda: 0, unix_ns=lambda: None, replay_per_s=1
        )
        router.unrouted = 3
        look._pipeline.router = router
        task = asyncio.create_task(keeper.run())
        await keeper.opened()
        await keeper.append(stored(1))
        for whose, reason in (("city", Reason.JOIN), ("metropole", Reason.JOIN), ("city", Reason.BUSY)):
            keeper.lost(whose, reason)
        await until(lambda: len(keeper.losses) == 3)
        told = looked(look).store
        assert told is not None
        assert (told.uplinks, told.unrouted, told.problem) == (1, 3, None)
        assert told.given_up == {"join": 2, "busy": 1}
        assert told.share == round(keeper.bytes_taken / (8 << 20), 3) > 0
        keeper.error = "No space left on device"
        told = looked(look).store
        assert told is not None
        assert told.problem == "No space left on device"
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(story())


def test_how_the_gateway_looks_after_itself_is_told() -> None:
    told = looked(look_of()).supervision
    assert (told.troubles, told.repair, told.steps, told.next_step_s) == ((), None, {}, None)
    assert (told.canary_passes, told.canary_pass_s, told.registers_astray, told.packets_waiting) == (0, None, 0, 0)
    assert told.memory_bytes is not None
    assert told.memory_bytes > 10_000_000
