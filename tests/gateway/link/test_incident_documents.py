"""What a depositor reads of an incident over MQTT."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.incident_documents import MOST_UPDATES, incident_message, with_update
from gateway.link.instant import Instant
from gateway.link.messages_depositor import IncidentUpdate
from gateway.link.state import Cause, Detail, State

EUI = 0xAA555A0000000101
BEGIN_MS = 1_772_439_272_120
OPENED = IncidentEvent(
    EventKind.OPENED,
    Incident(
        id="1772439300480-3f9a1c",
        depositor="metropole",
        kind=IncidentKind.LINK,
        begin=Instant(5_000, BEGIN_MS),
        detected=Instant(33_000, BEGIN_MS + 28_000),
        state=State.DOWN,
        cause=Cause.NETWORK_SERVER,
        detail=Detail.SERVERS_SILENT,
    ),
    Instant(63_000, BEGIN_MS + 58_000),
)


def closed(end: Instant) -> IncidentEvent:
    return IncidentEvent(EventKind.CLOSED, msgspec.structs.replace(OPENED.incident, end=end), Instant(200_000))


def test_an_incident_says_since_when_and_what_is_done_in_both_languages() -> None:
    message = incident_message(OPENED, EUI)
    assert (message.begin, message.detected, message.end) == (
        "2026-03-02T08:14:32.120Z",
        "2026-03-02T08:15:00.120Z",
        None,
    )
    assert (message.at, message.clock_sure, message.lasted_s) == ("2026-03-02T08:15:30.120Z", True, 58.0)
    assert message.sentence.fr.startswith("Le serveur auquel vos messages sont destinés ne répond plus")
    assert message.sentence.en.startswith("The server that your messages are for has stopped answering")
    for answer in (message.affected, message.host_does, message.depositor_can):
        assert answer is not None
        assert answer.fr != answer.en


def test_it_is_the_same_message_however_often_it_is_made() -> None:
    assert msgspec.json.encode(incident_message(OPENED, EUI)) == msgspec.json.encode(incident_message(OPENED, EUI))


def test_a_message_that_cannot_be_dated_says_so_and_has_its_duration_all_the_same() -> None:
    incident = msgspec.structs.replace(OPENED.incident, begin=Instant(5_000), detected=Instant(33_000))
    message = incident_message(IncidentEvent(EventKind.OPENED, incident, Instant(63_000)), EUI)
    assert (message.at, message.begin, message.clock_sure, message.lasted_s) == (None, None, False, 58.0)


def test_what_lasted_while_the_power_was_off_is_measured_by_the_calendar() -> None:
    assert incident_message(closed(Instant(70_000, BEGIN_MS + 3_600_000)), EUI).lasted_s == 3600


@given(st.integers(1, 100))
def test_of_a_long_story_the_beginning_and_the_latest_are_kept(count: int) -> None:
    said: tuple[IncidentUpdate, ...] = ()
    for number in range(count):
        event = IncidentEvent(EventKind.UPDATED, OPENED.incident, Instant(number, number))
        said = with_update(said, incident_message(event, EUI))
    assert len(said) == min(count, MOST_UPDATES)
    assert said[0].at == "1970-01-01T00:00:00.000Z"
    assert said[-1].at == f"1970-01-01T00:00:00.{count - 1:03}Z"
