"""One look at all links: each depositor's by its own signals, and what is new of all of them together."""

from collections import Counter

from gateway.link.gathered import Uplinks
from gateway.link.incident import EventKind, IncidentKind
from gateway.link.incident_book import Book
from gateway.link.instant import Instant
from gateway.link.looking import Looked, Standing, Subject, look, tell_of_death
from gateway.link.outage import Gap
from gateway.link.signals import Maintenance, RadioSignal, ServerSignal, Signals
from gateway.link.state import Detail, State
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import End, Ending, Right

S = 1000
DAY_S = 86_400
UNIX_S = 1_780_000_000
IN_FORCE = Right(None, None)
RADIO = RadioSignal(working=True, silent_s=1.0)


def signals(*silent: str, maintenance: Maintenance | None = None, unix_s: int | None = UNIX_S) -> Signals:
    servers = tuple(
        ServerSignal(name, name not in silent, 100.0 if name in silent else 1.0) for name in ("host", "own")
    )
    return Signals(radio=RADIO, servers=servers, unix_s=unix_s, maintenance=maintenance, clock_synchronised=True)


def subject(identity: str, *servers: str, **others: object) -> Subject:
    return Subject(identity, IN_FORCE, servers or ("host",), **others)  # type: ignore[arg-type]


class Watch:
    """Two depositors, looked at once a second."""

    def __init__(self) -> None:
        self.now = Instant(100 * S, UNIX_S * S)
        self.standing = Standing(Book("a1b2"))
        self.told: list[tuple[EventKind, IncidentKind, str]] = []

    def look(self, present: Signals, *subjects: Subject) -> Looked:
        self.now = self.now.at(self.now.ms + S)
        looked = look(self.standing, present, subjects, self.now)
        self.standing = looked.standing
        self.told += [(event.kind, event.incident.kind, event.incident.depositor) for event in looked.events]
        return looked

    def go_on(self, seconds: int, present: Signals, *subjects: Subject) -> None:
        for _ in range(seconds):
            self.look(present, *subjects)

    def states(self) -> dict[str, State | None]:
        conditions = {each: link.condition for each, link in self.standing.links.items()}
        return {each: None if told is None else told.state for each, told in conditions.items()}


def test_a_dead_server_of_its_own_is_a_depositors_problem_alone() -> None:
    watch = Watch()
    both = subject("metropole"), subject("syndicat", "own")
    watch.look(signals(), *both)
    looked = watch.look(signals("own"), *both)
    assert watch.states() == {"metropole": State.UP, "syndicat": State.DOWN}
    assert [(who, change.after.detail) for who, change in looked.changes] == [("syndicat", Detail.SERVERS_SILENT)]
    watch.go_on(60, signals("own"), *both)
    watch.go_on(200, signals(), *both)
    link = IncidentKind.LINK
    assert watch.told == [(EventKind.OPENED, link, "syndicat"), (EventKind.CLOSED, link, "syndicat")]


def test_each_depositor_is_told_of_planned_work() -> None:
    watch = Watch()
    planned = signals(maintenance=Maintenance("antenne", UNIX_S + 3600, UNIX_S + 7200))
    watch.look(planned, subject("metropole"), subject("syndicat"))
    assert watch.told == [
        (EventKind.OPENED, IncidentKind.MAINTENANCE, "metropole"),
        (EventKind.OPENED, IncidentKind.MAINTENANCE, "syndicat"),
    ]


def test_refusals_and_ends_are_told_to_whom_they_concern() -> None:
    watch = Watch()
    refused = Uplinks(Counter({Outcome.RATE: 5}), ("00005EEF10000001",))
    ends = (End(Ending.RIGHT, UNIX_S + 5 * DAY_S, "syndicat"),)
    watch.look(
        signals(),
        subject("metropole", uplinks={IncidentKind.REFUSALS: refused}),
        subject("syndicat", ends=ends),
    )
    assert watch.told == [
        (EventKind.OPENED, IncidentKind.REFUSALS, "metropole"),
        (EventKind.OPENED, IncidentKind.RIGHT_ENDING, "syndicat"),
    ]


def test_what_is_open_of_who_is_no_depositor_any_more_is_closed() -> None:
    watch = Watch()
    watch.go_on(60, signals("host"), subject("metropole"), subject("syndicat"))
    assert len(watch.told) == 2
    watch.go_on(2, signals("host"), subject("metropole"))
    assert watch.told[2:] == [(EventKind.CLOSED, IncidentKind.LINK, "syndicat")]
    assert watch.states() == {"metropole": State.DOWN}


def test_a_death_is_told_to_everybody_and_no_link_is_taken_for_what_it_was() -> None:
    watch = Watch()
    watch.go_on(5, signals(), subject("metropole"), subject("syndicat"))
    gap = Gap(watch.now, Instant(watch.now.ms + 10 * S, (UNIX_S + 900) * S), rebooted=True, ordered=False)
    looked = tell_of_death(watch.standing, ["metropole", "syndicat"], gap, gap.end)
    assert [(event.kind, event.incident.depositor) for event in looked.events] == [
        (EventKind.OPENED, "metropole"),
        (EventKind.CLOSED, "metropole"),
        (EventKind.OPENED, "syndicat"),
        (EventKind.CLOSED, "syndicat"),
    ]
    assert {event.incident.kind for event in looked.events} == {IncidentKind.PAST_OUTAGE}
    assert looked.standing.links == {}
