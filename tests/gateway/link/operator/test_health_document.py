"""How each part of the gateway is, and what of it is news."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.messages_operator import Health, StoreHealth
from gateway.link.operator.certificates import Certificate
from gateway.link.operator.health_document import (
    Backlog,
    Inside,
    PolicyFacts,
    evidence_health,
    health_document,
    is_news,
    links_by_state,
)
from gateway.link.operator.notices_state import notices_health
from gateway.link.signals import Maintenance, RadioSignal, Signals
from gateway.link.state import State
from gateway.notices.lanes import LaneReport
from gateway.notices.notice import Lane
from gateway.supervision.repairs import Deafness
from tests.gateway.link.operator.scene import EUI, INSIDE, NOW, PATIENCE_S, UNSURE, WELL, but, published, servers

HEAD = f"4211 {'9f86d081' * 8} 5f0c2d9a {'Zm9vYmFy' * 11}"
LOST_RADIO = RadioSignal(working=False, silent_s=40.0, problem="no radio is at work", restarts=1, lost_s=12.0)
POLICY = PolicyFacts(1_861_830_000, 2, None)
LANE = Lane("metropole", "Desk: N", "e-mail")


def store(**changes: Any) -> StoreHealth:
    """One in which nothing waits, but for what is told."""
    return msgspec.structs.replace(StoreHealth(uplinks=0, share=0, given_up={}, unrouted=0, problem=None), **changes)


def health(inside: Inside = INSIDE, /, **signals: Any) -> Health:
    document = health_document(but(**signals), inside, EUI, NOW)
    published(document)
    return document


def within(**changes: Any) -> Inside:
    return msgspec.structs.replace(INSIDE, **changes)


def test_a_gateway_that_is_well_tells_its_values() -> None:
    told = published(health(within(backlogs={"main": Backlog(7, 3)}, versions={"candelabre": "0.1.0"})))
    assert told["findings"] == []
    assert told["uptime_s"] == 11_697.8
    assert told["radio"] == {
        "working": True,
        "lost_s": None,
        "silent_s": 2.4,
        "usual_silence_s": 184.0,
        "deaf": False,
        "problem": None,
        "restarts": 0,
        "faults": {},
    }
    assert told["servers"] == [
        {"name": "main", "connected": True, "unanswered_s": 1.0, "waiting": 7, "dropped": 3},
        {"name": "second", "connected": True, "unanswered_s": 2.0, "waiting": None, "dropped": 0},
    ]
    assert (told["policy"], told["notices"], told["evidence"], told["maintenance"]) == (None, None, None, None)
    assert (told["temperature_c"], told["undervoltage"], told["disk"]["free_share"]) == (38.5, False, 0.71)


def test_what_is_wrong_is_found_by_the_rules_of_the_links() -> None:
    told = published(health(radio=LOST_RADIO, servers=servers(PATIENCE_S), temperature_c=80.0))
    assert told["findings"] == ["radio_lost", "some_servers_silent", "too_hot"]
    assert (told["radio"]["problem"], told["radio"]["lost_s"]) == ("no radio is at work", 12.0)
    assert [server["connected"] for server in told["servers"]] == [False, True]


def test_a_server_that_has_not_answered_yet_does_not_count_as_connected() -> None:
    assert health(servers=servers(3.0, connected=False)).servers[0].connected is False


def test_parts_that_are_there_are_told() -> None:
    inside = within(
        policy=POLICY,
        links={State.UP: 3, State.DOWN: 1, State.DEGRADED: 0},
        incidents=2,
        evidence=evidence_health(HEAD, 1, None),
        certificates=(Certificate("broker", 1_800_000_000), Certificate("mail", None)),
        store=store(),
    )
    told = published(health(inside, maintenance=Maintenance("antenne", 1_800_000_000, None), accounts_error="full"))
    assert told["policy"] == {
        "serial": 12,
        "valid_until": "2028-12-30T23:00:00.000Z",
        "depositors": 2,
        "refused": None,
        "accounts_problem": "full",
    }
    assert (told["links"], told["incidents"]) == ({"up": 3, "down": 1}, 2)
    assert told["evidence"] == {"entry": 4211, "lost": 1, "problem": None}
    assert told["certificates"] == [
        {"name": "broker", "ends": "2027-01-15T08:00:00.000Z"},
        {"name": "mail", "ends": None},
    ]
    assert told["maintenance"] == {"begins": "2027-01-15T08:00:00.000Z", "ends": None, "reason": "antenne"}


def test_before_the_first_entry_the_evidence_has_no_number() -> None:
    assert evidence_health(None, 0, "read-only").entry is None


def test_links_are_counted_by_state_and_those_not_known_yet_left_out() -> None:
    assert links_by_state([State.UP, None, State.DOWN, State.UP]) == {State.UP: 2, State.DOWN: 1}


def test_without_a_sure_clock_dates_of_the_policy_stand() -> None:
    document = health_document(WELL, within(policy=POLICY), EUI, UNSURE)
    told = published(document)
    assert (told["at"], told["clock_sure"], told["policy"]["valid_until"]) == (None, False, "2028-12-30T23:00:00.000Z")


def test_nothing_known_is_told_too() -> None:
    told = published(health_document(Signals(), INSIDE, EUI, UNSURE))
    assert (told["radio"]["working"], told["clock"], told["servers"]) == (
        False,
        {"synchronised": False, "gnss": None},
        [],
    )


def lanes(reason: str | None, waiting: int = 0) -> dict[str, Any]:
    report = LaneReport(LANE, waiting, 3, 0 if reason is None else 4, reason)
    return {"notices": notices_health(waiting, 3, 0, None, [report])}


@pytest.mark.parametrize(
    "signals",
    [
        {"radio": LOST_RADIO},
        {"radio": RadioSignal(working=True, silent_s=1800.0, deafness=Deafness.BEING_MENDED, deaf_s=1800.0)},
        {"radio": RadioSignal(working=True, silent_s=1800.0, deafness=Deafness.GIVEN_UP, deaf_s=1800.0)},
        {"servers": servers(PATIENCE_S)},
        {"servers": servers(1.0, connected=False)},
        {"gnss": False},
        {"clock_synchronised": False},
        {"disk_error": "read-only", "disk_free_share": None},
        {"accounts_error": "full"},
        {"disk_free_share": 0.02},
        {"temperature_c": 80.0},
        {"undervoltage": True},
        {"policy_serial": 13},
        {"policy_serial": None},
        {"maintenance": Maintenance("antenne", 1_900_000_000)},
    ],
)
def test_a_part_that_breaks_or_is_mended_is_news(signals: dict[str, Any]) -> None:
    inside = within(policy=POLICY)
    assert is_news(health(inside), health(inside, **signals))
    assert is_news(health(inside, **signals), health(inside))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"policy": POLICY}, {"policy": PolicyFacts(1_861_830_000, 2, "no signature came with it")}),
        ({"links": {State.UP: 2}}, {"links": {State.UP: 1, State.DOWN: 1}}),
        (lanes(None), lanes("timed out")),
        ({"notices": notices_health(0, 0, 0, None, [])}, {"notices": notices_health(0, 0, 0, "disk I/O error", [])}),
        ({"evidence": evidence_health(HEAD, 0, None)}, {"evidence": evidence_health(HEAD, 0, "read-only")}),
        ({"store": store()}, {"store": store(uplinks=1)}),
        ({"store": store()}, {"store": store(problem="No space left on device")}),
        ({"certificates": (Certificate("b", 1_800_000_000),)}, {"certificates": (Certificate("b", 1_700_000_000),)}),
    ],
)
def test_what_breaks_inside_is_news(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert is_news(health(within(**before)), health(within(**after)))
    assert is_news(health(within(**after)), health(within(**before)))


def test_a_counter_that_moved_is_no_news() -> None:
    broker = msgspec.structs.replace(INSIDE.broker, connections=4, waiting=9, dropped=2, last_problem="closed")
    before = health(
        within(**lanes("timed out"), evidence=evidence_health(HEAD, 0, None), policy=POLICY, store=store(uplinks=3))
    )
    after = health(
        within(
            **lanes("connection refused", waiting=4),
            evidence=evidence_health(HEAD.replace("4211", "4212"), 3, None),
            policy=POLICY,
            uptime_s=12_000,
            broker=broker,
            radio_faults={"level_glitches": 3},
            backlogs={"main": Backlog(9, 9)},
            incidents=5,
            store=store(uplinks=4, share=0.1, given_up={"join": 2}, unrouted=1),
        ),
        radio=RadioSignal(working=True, silent_s=99.0, restarts=4, usual_silence_s=90.0),
        servers=servers(20.0),
        disk_free_share=0.5,
        temperature_c=79.9,
    )
    assert not is_news(before, after)


# Devices and addresses as the texts quote them that reach this document.
devices = st.integers(2**60, 2**64 - 1).map(lambda eui: f"{eui:016X}") | st.integers(2**28, 2**32 - 1).map(
    lambda address: f"{address:08X}"
)
mails = st.from_regex(r"[a-z]{2,9}\.[a-z]{2,9}@[a-z]{3,9}\.example", fullmatch=True)
hooks = st.from_regex(r"https://[a-z]{3,9}\.example/[a-zA-Z0-9]{4,20}", fullmatch=True)


@given(devices, mails, hooks)
def test_no_device_and_no_contacts_address_gets_into_health(device: str, mail: str, hook: str) -> None:
    text = f'dev_euis[0] = "{device}" of {mail}; {hook}: <{mail}> refused ({device})'
    contact = f"Desk: {mail}"
    reports = [LaneReport(Lane("metropole", contact, "e-mail"), 1, 0, 3, text)]
    told = str(
        published(
            health(
                within(
                    broker=msgspec.structs.replace(INSIDE.broker, last_problem=text),
                    policy=PolicyFacts(None, 2, text),
                    notices=notices_health(1, 0, 0, text, reports),
                    evidence=evidence_health(HEAD, 0, text),
                ),
                radio=RadioSignal(working=False, problem=text),
                disk_error=text,
                accounts_error=text,
                maintenance=Maintenance(text),
            )
        )
    )
    assert "<device>" in told
    assert not any(secret in told for secret in (device, mail, hook, hook.removeprefix("https://"), "Desk"))
