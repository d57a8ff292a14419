"""What an incident's event is for its depositor."""

import msgspec
import pytest

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.instant import Instant
from gateway.link.sentences import SENTENCES
from gateway.link.state import Cause, Detail, State
from gateway.notices.from_incident import Telling, by_detail, news_of
from gateway.notices.news import Matter, News
from gateway.notices.notice import Kind
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Ending
from tests.gateway.notices.scene import NOON

BEGIN, DETECTED, END = (Instant(ms, NOON * 1_000 + ms) for ms in (0, 30_000, 600_000))
LINK = Incident(
    id="17-ab",
    depositor="metropole",
    kind=IncidentKind.LINK,
    begin=BEGIN,
    detected=DETECTED,
    state=State.DOWN,
    cause=Cause.RADIO,
    detail=Detail.RADIO_LOST,
)
WORK = msgspec.structs.replace(
    LINK,
    kind=IncidentKind.MAINTENANCE,
    state=None,
    cause=None,
    detail=None,
    reason="antenna",
    begins_unix_s=NOON + 86_400,
    until_unix_s=NOON + 90_000,
)


def read(incident: Incident, kind: EventKind = EventKind.OPENED, telling: Telling | None = None) -> News:
    return news_of(IncidentEvent(kind, incident, DETECTED), telling or Telling())


def test_true_times_state_and_cause() -> None:
    news = read(msgspec.structs.replace(LINK, end=END), EventKind.CLOSED)
    assert (news.kind, news.matter, news.identity) == (Kind.CLOSED, Matter.LINK, "17-ab")
    assert (news.begins_unix_s, news.detected_unix_s, news.ends_unix_s) == (NOON, NOON + 30, NOON + 600)
    assert (news.state, news.cause, news.occurrence) == ("down", "radio", 30_000)


def test_a_time_that_no_clock_was_sure_of_is_none() -> None:
    news = read(msgspec.structs.replace(LINK, begin=Instant(0), detected=Instant(1)))
    assert (news.begins_unix_s, news.detected_unix_s, news.ends_unix_s) == (None, None, None)


def test_how_often_it_came_is_told_where_it_is_told_as_one() -> None:
    assert read(msgspec.structs.replace(LINK, times=9, flapping=True)).times == 9
    assert read(msgspec.structs.replace(LINK, times=2)).times == 1


def test_work_ahead_has_planned_times_and_work_under_way_real_ones() -> None:
    ahead = read(WORK)
    assert (ahead.planned_begin_unix_s, ahead.planned_end_unix_s, ahead.reason) == (
        NOON + 86_400,
        NOON + 90_000,
        "antenna",
    )
    now = read(msgspec.structs.replace(WORK, is_under_way=True), EventKind.UPDATED)
    assert (now.planned_begin_unix_s, now.begins_unix_s, now.planned_end_unix_s) == (None, NOON + 86_400, NOON + 90_000)


def test_work_did_not_begin_with_its_announcement() -> None:
    news = read(msgspec.structs.replace(WORK, is_under_way=True, end=END), EventKind.CLOSED)
    assert (news.begins_unix_s, news.detected_unix_s) == (NOON + 86_400, NOON + 86_400)


def test_counts_and_devices() -> None:
    refusals = msgspec.structs.replace(
        LINK, kind=IncidentKind.REFUSALS, counts={Outcome.RATE: 3}, devices=("A",), devices_left_out=True
    )
    news = read(refusals)
    assert (news.counts, news.devices, news.devices_left_out) == (((Outcome.RATE, 3),), ("A",), True)


def test_what_ends_soon() -> None:
    ending = msgspec.structs.replace(LINK, kind=IncidentKind.RIGHT_ENDING, endings=((Ending.CONSENT, "meters"),))
    assert read(ending).endings == ((Ending.CONSENT, "meters"),)


def test_what_the_link_says_goes_with_it() -> None:
    event = IncidentEvent(EventKind.OPENED, LINK, DETECTED)
    assert by_detail(event, "fr").what == SENTENCES[Detail.RADIO_LOST].fr
    assert by_detail(event, "en").what == SENTENCES[Detail.RADIO_LOST].en
    assert by_detail(IncidentEvent(EventKind.OPENED, WORK, DETECTED), "en") == Telling()
    news = read(LINK, telling=Telling("what", "affected", "host", "depositor"))
    assert (news.what, news.affected, news.host_does, news.depositor_can) == ("what", "affected", "host", "depositor")


@pytest.mark.parametrize("kind", list(EventKind))
@pytest.mark.parametrize("about", list(IncidentKind))
def test_every_kind_of_incident_and_event_is_known(about: IncidentKind, kind: EventKind) -> None:
    news = read(msgspec.structs.replace(LINK, kind=about), kind)
    assert (news.kind.value, news.matter.value) == (kind.value, about.value)
