"""What the daemon does goes into the evidence, each depositor's apart, dated on both clocks."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from gateway.link.chronicle import Chronicle
from gateway.link.evidence.chain import Entry
from gateway.link.evidence.log import EvidenceLog
from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.instant import Instant
from gateway.link.outage import Gap
from gateway.link.signals import Maintenance
from gateway.link.state import Cause, Change, Condition, Detail, State
from gateway.link.traffic_totals import TrafficTotals
from gateway.notices.fate import Fate
from gateway.notices.notice import Lane
from gateway.policy.outcome import Outcome
from gateway.policy.source.signature import SigningKey
from tests.gateway.link_rig import body_of, evidence

UNIX_MS = 1_780_000_000_000
WORKING = Condition(State.UP, None, Detail.WORKING, 5, 5)
INCIDENT = Incident(
    id="1780000000000-a1b2",
    depositor="city",
    kind=IncidentKind.LINK,
    begin=Instant(1000),
    detected=Instant(2000),
    state=State.DOWN,
    cause=Cause.RADIO,
    detail=Detail.RADIO_LOST,
)


class Kept:
    """A chronicle with a log on the disk, and a present that the test sets."""

    def __init__(self, directory: Path) -> None:
        self.now = Instant(7000, UNIX_MS)
        self.directory = directory
        self.log = EvidenceLog(directory / "evidence", SigningKey.generate())
        self.chronicle = Chronicle(self.log, lambda: self.now, "1.0")

    def entries(self) -> list[Entry]:
        self.log.close()
        return evidence(self.directory)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def event(kind: EventKind = EventKind.OPENED) -> IncidentEvent:
    return IncidentEvent(kind, INCIDENT, Instant(3000, UNIX_MS))


EVERYBODYS: dict[str, Callable[[Chronicle], None]] = {
    "policy": lambda told: told.policy(3, "ab"),
    "maintenance": lambda told: told.maintenance(Maintenance("mast"), is_over=False),
    "gateway": lambda told: told.stopped(),
    "clock": lambda told: told.clock(Instant(1)),
}
OF_ONE: dict[str, Callable[[Chronicle], None]] = {
    "link": lambda told: told.link("city", Change(None, WORKING), Instant(5)),
    "incident": lambda told: told.incident(event()),
    "notice": lambda told: told.published(event()),
    "report": lambda told: told.report("city", "r1", "ab"),
    "refusals": lambda told: told.traffic({"city": TrafficTotals(heard=1, forwarded=1)}, Instant(9)),
}


@pytest.mark.parametrize("kind", [*EVERYBODYS, *OF_ONE])
def test_what_concerns_one_is_shown_to_that_one_alone(kept: Kept, kind: str) -> None:
    (EVERYBODYS | OF_ONE)[kind](kept.chronicle)
    (entry,) = kept.entries()
    assert (entry.draft.kind, entry.draft.whose) == (kind, "*" if kind in EVERYBODYS else "city")


def test_a_notices_fate_is_its_depositors(kept: Kept) -> None:
    kept.chronicle.fate(Fate(Lane("metropolis", "tech", "webhook"), (), "withdrawn", None))
    (entry,) = kept.entries()
    assert (entry.draft.whose, body_of(entry)["outcome"]) == ("metropolis", "withdrawn")


def test_an_entry_has_the_time_of_both_clocks_and_says_whether_it_is_sure(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 5_000_000_000)
    kept.chronicle.stopped()
    kept.now = Instant(8000)
    kept.chronicle.stopped()
    times = [entry.draft.at for entry in kept.entries()]
    assert [(at.steady_ms, at.unix_ms, at.clock_sure) for at in times] == [(7000, UNIX_MS, True), (8000, 5000, False)]


def test_a_start_after_a_death_tells_of_both(kept: Kept) -> None:
    kept.chronicle.started(Gap(Instant(1), Instant(5000), rebooted=True, ordered=False))
    kept.chronicle.started(None)
    assert [body_of(entry)["event"] for entry in kept.entries()] == ["was_dead", "started", "started"]


def test_the_clock_is_told_where_that_is_news(kept: Kept) -> None:
    for unix_ms in (None, None, UNIX_MS, UNIX_MS + 1, None):
        kept.chronicle.clock(Instant(1, unix_ms))
    assert [body_of(entry)["sure"] for entry in kept.entries()] == [False, True, False]


def test_planned_work_is_told_when_it_is_announced_and_when_it_is_over(kept: Kept) -> None:
    for is_over in (False, True):
        kept.chronicle.maintenance(Maintenance("mast", 5, 9), is_over=is_over)
    bodies = [body_of(entry) for entry in kept.entries()]
    assert [body["event"] for body in bodies] == ["announced", "over"]
    assert {(body["reason"], body["begins_unix_s"], body["ends_unix_s"]) for body in bodies} == {("mast", 5, 9)}


def test_traffic_is_what_came_since_it_was_told_last_and_changes_nothing_of_what_goes_on(kept: Kept) -> None:
    city = TrafficTotals(heard=3, forwarded=1, refused={Outcome.SUSPENDED: 2})
    kept.chronicle.traffic({"city": city, "metropolis": TrafficTotals()}, Instant(10_000))
    city.heard, city.refused[Outcome.SUSPENDED] = 5, 4
    kept.chronicle.traffic({"city": city}, Instant(13_600))
    kept.chronicle.traffic({"city": city}, Instant(20_000))
    bodies = [body_of(entry) for entry in kept.entries()]
    assert [(body["heard"], body["refused"], body["lasted_ms"]) for body in bodies] == [
        (3, {"suspended": 2}, 3000),
        (2, {"suspended": 2}, 3600),
    ]


@pytest.mark.parametrize("kind", [EventKind.OPENED, EventKind.CLOSED])
def test_what_a_depositor_is_told_of_at_once_waits_for_nothing_on_its_way_to_the_disk(
    tmp_path: Path, kind: EventKind
) -> None:
    """The log goes to the disk by itself when it is at work: long before others that wait for company."""

    async def story() -> list[Any]:
        kept, urgent = Kept(tmp_path), list[bool]()
        append = kept.log.append

        def noted(*entry: Any, at_once: bool = False) -> None:
            urgent.append(at_once)
            append(*entry, at_once=at_once)

        with patch.object(kept.log, "append", noted):
            kept.chronicle.incident(event(kind))
            kept.chronicle.incident(event(EventKind.REMINDED))
            kept.chronicle.started(None)
            kept.chronicle.stopped()
        return urgent

    assert asyncio.run(story()) == [True, False, True, False]


def test_where_no_log_can_be_kept_nothing_is_recorded_and_nothing_breaks() -> None:
    told = Chronicle(None, lambda: Instant(1), "1.0")
    for record in (EVERYBODYS | OF_ONE).values():
        record(told)
