"""The incidents of a month, and how soon they were noticed and told."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.evidence.chain import Entry
from gateway.link.evidence.records import NoticeRecord
from gateway.link.incident import EventKind, IncidentKind
from gateway.policy.outcome import Outcome
from gateway.report.problems import Delay, Problem, Told, delays, problems
from tests.gateway.report.scene import BEGIN_MS, DAY_MS, HOUR_MS, MARCH, MINUTE_MS, Log, accepted, incident, started

OPENED, CLOSED = EventKind.OPENED, EventKind.CLOSED
MONTH_MS = 31 * DAY_MS


def listed(log: Log) -> tuple[Problem, ...]:
    return problems(log.facts(), MARCH)


def lived(begin_ms: int, detected_ms: int, end_ms: int, kind: IncidentKind = IncidentKind.LINK) -> Log:
    """A log with one incident from its begin to its end."""
    log = Log().add(detected_ms, incident(OPENED, begin_ms, detected_ms, kind=kind))
    return log.add(end_ms, incident(CLOSED, begin_ms, detected_ms, end_ms, kind=kind))


def test_an_incident_is_told_from_its_begin_to_its_end() -> None:
    (found,) = listed(lived(HOUR_MS, HOUR_MS + 30_000, 3 * HOUR_MS))
    assert found.begin_unix_ms == BEGIN_MS + HOUR_MS
    assert found.end_unix_ms == BEGIN_MS + 3 * HOUR_MS
    assert (found.lasted_ms, found.detection_ms, found.is_open) == (2 * HOUR_MS, 30_000, False)


def test_one_that_goes_on_has_no_end() -> None:
    (found,) = listed(Log().add(HOUR_MS, incident(OPENED, 0, HOUR_MS)))
    assert (found.end_unix_ms, found.lasted_ms, found.is_open) == (None, None, True)


def test_one_that_ended_after_the_month_was_open_at_its_end_and_says_when_it_ended() -> None:
    (found,) = listed(lived(MONTH_MS - HOUR_MS, MONTH_MS - MINUTE_MS, MONTH_MS + HOUR_MS))
    assert found.is_open
    assert found.end_unix_ms == BEGIN_MS + MONTH_MS + HOUR_MS


def test_the_last_record_counts() -> None:
    record = msgspec.structs.replace(incident(EventKind.UPDATED, 0, MINUTE_MS), times=4, flapping=True)
    (found,) = listed(Log().add(MINUTE_MS, incident(OPENED, 0, MINUTE_MS)).add(HOUR_MS, record))
    assert (found.times, found.flapping) == (4, True)


def test_reasons_are_told_by_their_weight() -> None:
    counts = {Outcome.RATE: 2, Outcome.DAILY_BYTES: 40}
    record = msgspec.structs.replace(incident(OPENED, 0, MINUTE_MS), counts=counts)
    (found,) = listed(Log().add(MINUTE_MS, record))
    assert list(found.counts) == [Outcome.DAILY_BYTES, Outcome.RATE]


@given(st.integers(-40, 60), st.integers(0, 40))
def test_an_incident_is_of_the_month_that_it_shares_time_with(begin_day: int, days: int) -> None:
    begin_ms, end_ms = begin_day * DAY_MS + 1, (begin_day + days) * DAY_MS + 2
    shares = begin_ms < MONTH_MS and end_ms >= 0
    assert bool(listed(lived(begin_ms, begin_ms, end_ms))) is shares


def test_incidents_are_in_the_order_of_their_begins_and_undated_ones_last() -> None:
    log = Log().add(0, started(), sure=False).add(1, incident(OPENED, 1, 1, id_="undated", dated=False), sure=False)
    log.add(2, started()).add(5, incident(OPENED, 4, 5, id_="later")).add(6, incident(OPENED, 3, 6, id_="earlier"))
    assert [found.id for found in listed(log)] == ["earlier", "later", "undated"]


def test_times_that_no_clock_was_sure_of_are_reckoned_from_one_that_is_known() -> None:
    log = Log().add(0, started(), sure=False).add(HOUR_MS, incident(OPENED, 0, HOUR_MS, dated=False), sure=False)
    log.add(2 * HOUR_MS, incident(CLOSED, 0, HOUR_MS, 90 * MINUTE_MS, dated=False))
    (found,) = listed(log)
    assert (found.begin_unix_ms, found.detected_unix_ms) == (BEGIN_MS, BEGIN_MS + HOUR_MS)
    assert found.end_unix_ms == BEGIN_MS + 90 * MINUTE_MS


def test_an_undated_incident_still_has_its_duration() -> None:
    log = Log().add(0, started(), sure=False).add(HOUR_MS, incident(OPENED, 0, HOUR_MS, dated=False), sure=False)
    log.add(2 * HOUR_MS, incident(CLOSED, 0, HOUR_MS, 90 * MINUTE_MS, dated=False), sure=False)
    (found,) = listed(log)
    assert (found.begin_unix_ms, found.lasted_ms, found.detection_ms) == (None, 90 * MINUTE_MS, HOUR_MS)


def test_an_outage_without_dates_has_no_duration() -> None:
    """The clock that nobody can set stood still meanwhile."""
    kind = IncidentKind.PAST_OUTAGE
    log = Log().add(1, incident(OPENED, 0, 0, kind=kind, dated=False), sure=False)
    (found,) = listed(log.add(2, incident(CLOSED, 0, 0, 0, kind=kind, dated=False), sure=False))
    assert found.lasted_ms is None


def test_how_it_was_told_is_told_by_channel() -> None:
    log = Log().add(MINUTE_MS, incident(OPENED, 0, MINUTE_MS))
    log.add(MINUTE_MS + 700, accepted("mqtt", "a1")).add(3 * MINUTE_MS, accepted("e-mail", "b2", "a1"))
    log.add(9 * MINUTE_MS, accepted("e-mail", "a1"))
    (found,) = listed(log)
    assert found.told == (
        Told("e-mail", accepted=2, first_unix_ms=BEGIN_MS + 3 * MINUTE_MS, delay_ms=2 * MINUTE_MS),
        Told("mqtt", accepted=1, first_unix_ms=BEGIN_MS + MINUTE_MS + 700, delay_ms=700),
    )


@pytest.mark.parametrize(("outcome", "expected"), [("dropped", (1, 0)), ("withdrawn", (0, 1))])
def test_what_no_channel_took_is_no_delay(outcome: str, expected: tuple[int, int]) -> None:
    record = msgspec.convert(msgspec.to_builtins(accepted("e-mail", "a1")) | {"outcome": outcome}, NoticeRecord)
    (found,) = listed(Log().add(MINUTE_MS, incident(OPENED, 0, MINUTE_MS)).add(HOUR_MS, record))
    (told,) = found.told
    assert (told.accepted, told.delay_ms, (told.dropped, told.withdrawn)) == (0, None, expected)


def test_delays_are_the_usual_and_the_worst_case_of_each_channel() -> None:
    log = Log()
    for index, minutes in enumerate((1, 2, 9)):
        at_ms = index * DAY_MS
        log.add(at_ms + MINUTE_MS, incident(OPENED, at_ms, at_ms + MINUTE_MS, id_=f"i{index}"))
        log.add(at_ms + MINUTE_MS + minutes * MINUTE_MS, accepted("e-mail", f"i{index}"))
    assert delays(listed(log), MARCH) == (
        Delay("detection", 3, MINUTE_MS, MINUTE_MS),
        Delay("e-mail", 3, 2 * MINUTE_MS, 9 * MINUTE_MS),
    )


def test_what_was_announced_is_not_detected() -> None:
    log = lived(0, 0, HOUR_MS, kind=IncidentKind.MAINTENANCE).add(2 * HOUR_MS, accepted("mqtt", "a1"))
    assert [delay.of for delay in delays(listed(log), MARCH)] == ["mqtt"]


def test_delays_are_of_the_month_in_which_the_incident_was_detected() -> None:
    log = lived(-DAY_MS, -DAY_MS + MINUTE_MS, HOUR_MS)
    assert len(listed(log)) == 1
    assert delays(listed(log), MARCH) == ()


def test_without_incidents_there_is_nothing() -> None:
    assert listed(Log()) == ()
    assert delays((), MARCH) == ()


def test_a_record_that_names_no_known_form_is_counted_and_left_out() -> None:
    log = Log().add(0, incident(OPENED, 0, 0))
    entry = log.found[0]
    assert isinstance(entry, Entry)
    facts = Log().then(msgspec.structs.replace(entry, draft=msgspec.structs.replace(entry.draft, body=b"{}"))).facts()
    assert (problems(facts, MARCH), facts.unreadable) == ((), 1)
