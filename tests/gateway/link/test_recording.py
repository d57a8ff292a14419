"""What happens → what the evidence says of it."""

import msgspec
import pytest

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.instant import Instant
from gateway.link.outage import Gap
from gateway.link.recording import (
    death_record,
    incident_record,
    link_record,
    notice_record,
    published_record,
    traffic_record,
)
from gateway.link.state import RULES, Cause, Change, Condition, Detail, State
from gateway.link.traffic_totals import TrafficTotals
from gateway.notices.compose import notice_id, notice_of
from gateway.notices.fate import Fate
from gateway.notices.from_incident import by_detail, news_of
from gateway.notices.news import Setting
from gateway.notices.notice import Lane
from gateway.policy.outcome import Outcome

INCIDENT = Incident(
    id="1780000000000-a1b2",
    depositor="city",
    kind=IncidentKind.LINK,
    begin=Instant(1000, 1_780_000_000_000),
    detected=Instant(2000, 1_780_000_001_000),
    state=State.DOWN,
    cause=Cause.RADIO,
    detail=Detail.RADIO_LOST,
    times=3,
    flapping=True,
)


def event(kind: EventKind, unix_ms: int | None = 1_780_000_031_000, **changes: object) -> IncidentEvent:
    return IncidentEvent(kind, msgspec.structs.replace(INCIDENT, **changes), Instant(32_000, unix_ms))


def condition(detail: Detail, since_ms: int) -> Condition:
    return Condition(RULES[detail].state, RULES[detail].cause, detail, since_ms, since_ms)


def test_a_links_first_state_has_none_before_it() -> None:
    record = link_record(Change(None, condition(Detail.WORKING, 5)), Instant(7, None))
    assert (record.before, record.state, record.since_ms, record.since_unix_ms) == (None, State.UP, 7, None)


def test_a_links_new_state_says_what_it_was_before_and_why_it_is_so() -> None:
    down = msgspec.structs.replace(condition(Detail.SERVERS_SILENT, 5), servers=("main",), reason="storm")
    record = link_record(Change(condition(Detail.WORKING, 1), down), Instant(7, 1_780_000_000_000))
    assert (record.before, record.state, record.cause) == (State.UP, State.DOWN, Cause.NETWORK_SERVER)
    assert (record.servers, record.reason, record.since_unix_ms) == (("main",), "storm", 1_780_000_000_000)


def test_an_incident_has_its_times_on_both_clocks() -> None:
    record = incident_record(event(EventKind.CLOSED, end=Instant(31_000), counts={Outcome.DAILY_UPLINKS: 7}))
    assert (record.event, record.id, record.times, record.flapping) == (EventKind.CLOSED, INCIDENT.id, 3, True)
    assert (record.begin_ms, record.detected_unix_ms) == (1000, 1_780_000_001_000)
    assert (record.end_ms, record.end_unix_ms) == (31_000, None)
    assert record.counts == {Outcome.DAILY_UPLINKS: 7}
    assert incident_record(event(EventKind.OPENED)).end_ms is None


@pytest.mark.parametrize("kind", EventKind)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_the_broker_took_over_has_the_identity_that_the_notices_of_it_have(kind: EventKind, language: str) -> None:
    told = event(kind, end=Instant(31_000, 1_780_000_030_000) if kind is EventKind.CLOSED else None)
    news = news_of(told, by_detail(told, "fr" if language == "fr" else "en"))
    (ref,) = published_record(told).notices
    assert (ref.id, ref.incident) == (notice_id(news), INCIDENT.id)
    assert ref.created_unix_s == 1_780_000_031


def test_what_was_published_while_no_clock_was_sure_has_no_date() -> None:
    record = published_record(event(EventKind.OPENED, unix_ms=None))
    assert (record.channel, record.outcome, record.notices[0].created_unix_s) == ("mqtt", "accepted", None)


def test_a_notices_fate_names_the_way_and_each_notice() -> None:
    setting = Setting("tour", "AA555A0000000101", "Host", "Europe/Paris")
    told = event(EventKind.OPENED)
    opened = notice_of(news_of(told, by_detail(told, "fr")), "city", "fr", setting, number=1, unix_s=None)
    record = notice_record(Fate(Lane("city", "tech", "e-mail"), (opened,), "dropped", None))
    assert (record.contact, record.channel, record.outcome) == ("tech", "e-mail", "dropped")
    assert [each.id for each in record.notices] == [opened.id]


def test_a_death_says_when_and_of_what_kind_it_was() -> None:
    gap = Gap(Instant(1000, None), Instant(9000, 1_780_000_000_000), rebooted=True, ordered=False)
    record = death_record(gap, "1.0")
    assert (record.event, record.begin_ms, record.begin_unix_ms, record.end_ms) == ("was_dead", 1000, None, 9000)
    assert (record.end_unix_ms, record.rebooted, record.ordered) == (1_780_000_000_000, True, False)


def test_a_period_in_which_nothing_came_has_no_record() -> None:
    assert traffic_record(TrafficTotals(), Instant(0), Instant(9)) is None


def test_a_period_has_all_its_counts_and_what_is_found_lost_later_too() -> None:
    came = TrafficTotals(5, 3, {Outcome.SUSPENDED: 2}, {Outcome.DAILY_UPLINKS: 1}, 1)
    record = traffic_record(came, Instant(1000, 5), Instant(4600))
    assert record is not None
    assert (record.lasted_ms, record.begin_unix_ms) == (3600, 5)
    assert (record.heard, record.forwarded, record.lost) == (5, 3, 1)
    assert (record.refused, record.over_limits) == ({Outcome.SUSPENDED: 2}, {Outcome.DAILY_UPLINKS: 1})
    assert traffic_record(TrafficTotals(lost=2), Instant(0), Instant(9)) is not None
