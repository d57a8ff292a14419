"""What the tests of incidents share: a depositor's book that is looked at, restarted, and asked what it told."""

from collections.abc import Callable
from itertools import pairwise

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.incident_book import Book, Events, decode, encode, resume
from gateway.link.incidents import follow_link
from gateway.link.instant import Instant
from gateway.link.state import RULES, Condition, Detail

S = 1000
HOUR_S = 3600
DEPOSITOR = "metropole"
UNIX_MS = 1_780_000_000_000


def condition(detail: Detail, since_ms: int, decided_ms: int | None = None, reason: str | None = None) -> Condition:
    rule = RULES[detail]
    return Condition(rule.state, rule.cause, detail, since_ms, since_ms if decided_ms is None else decided_ms, reason)


class Diary:
    """One depositor's incidents, with a clock that the test moves; sure unless `unix_ms` is None."""

    def __init__(self, ledger_ms: int = 10_000_000, unix_ms: int | None = UNIX_MS) -> None:
        self.now = Instant(ledger_ms, unix_ms)
        self.book = Book("a1b2")
        self.events: list[IncidentEvent] = []
        self.detail, self.since_ms = Detail.WORKING, ledger_ms

    def do(self, step: Callable[[Book, Instant], tuple[Book, Events]]) -> Events:
        self.book, events = step(self.book, self.now)
        self.events += events
        return events

    def wait(self, seconds: float) -> None:
        self.now = self.now.at(self.now.ms + round(seconds * S))

    def look(self, detail: Detail, reason: str | None = None) -> Events:
        if detail is not self.detail:
            self.detail, self.since_ms = detail, self.now.ms
        present = condition(detail, self.since_ms, reason=reason)
        return self.do(lambda book, now: follow_link(book, DEPOSITOR, present, now))

    def go_on(self, detail: Detail, seconds: int, step_s: int = 1) -> Events:
        """So it is for so many seconds, looked at once each step."""
        told: Events = []
        for _ in range(0, seconds, step_s):
            self.wait(step_s)
            told += self.look(detail)
        return told

    def restart(self, *, same_boot: bool = True, lost_s: int = 0) -> None:
        """The process starts again; after a power cut the ledger may have lost some time."""
        self.now = Instant(self.now.ms - lost_s * S, self.now.unix_ms)
        self.since_ms -= lost_s * S
        self.book = resume(decode(encode(self.book)), self.now, same_boot=same_boot)

    def told(self, kind: IncidentKind = IncidentKind.LINK) -> list[str]:
        return [event.kind.value for event in self.events if event.incident.kind is kind]

    @property
    def opened(self) -> list[Incident]:
        return list(self.book.tracks[DEPOSITOR].opened.values()) if DEPOSITOR in self.book.tracks else []


def check_events(events: list[IncidentEvent], still_open: list[Incident]) -> None:
    """Of every history: opened once, first; closed once, last; in the order of time; begin, detection, end."""
    lives: dict[str, list[EventKind]] = {}
    for before, after in pairwise(events):
        assert before.at.ms <= after.at.ms
    for event in events:
        lives.setdefault(event.incident.id, []).append(event.kind)
        incident = event.incident
        assert incident.begin.ms <= incident.detected.ms <= event.at.ms
        if incident.end is not None:
            assert incident.detected.ms <= incident.end.ms <= event.at.ms
        assert (incident.end is not None) is (event.kind is EventKind.CLOSED)
    for life in lives.values():
        assert life[0] is EventKind.OPENED
        assert life.count(EventKind.OPENED) == 1
        assert EventKind.CLOSED not in life[:-1]
    assert list(lives) == sorted(lives)
    unclosed = {identity for identity, life in lives.items() if life[-1] is not EventKind.CLOSED}
    assert {incident.id for incident in still_open} == unclosed


def most_openings_in_an_hour(events: list[IncidentEvent], kind: IncidentKind) -> int:
    times = [event.at.ms for event in events if event.kind is EventKind.OPENED and event.incident.kind is kind]
    return max((sum(first <= ms < first + HOUR_S * S for ms in times) for first in times), default=0)
