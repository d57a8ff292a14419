"""One look at all links: signals in, what is kept and what is new out. Pure; `now` is ledger time."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from gateway.link.following import follow
from gateway.link.gathered import NONE, THRESHOLDS, Uplinks, approaching, gather
from gateway.link.incident import IncidentEvent, IncidentKind
from gateway.link.incident_book import Book, Events, forget
from gateway.link.incidents import after_death, follow_link, follow_maintenance
from gateway.link.instant import Instant
from gateway.link.judging import judge
from gateway.link.outage import Gap
from gateway.link.signals import Signals
from gateway.link.state import Change, Link
from gateway.policy.text.rights import End, Right


class Subject(msgspec.Struct, frozen=True):
    """A depositor at this moment, by its id.

    `right` is None where no valid policy is in force; `uplinks` came since the last look, and `ends` are what ends soon
    and concerns it.
    """

    id: str
    right: Right | None
    servers: Sequence[str] = ()
    ends: Sequence[End] = ()
    uplinks: Mapping[IncidentKind, Uplinks] = {}


class Standing(msgspec.Struct, frozen=True):
    """What goes on from one look to the next."""

    book: Book
    links: dict[str, Link] = {}


class Looked(msgspec.Struct, frozen=True):
    """What a look came to."""

    standing: Standing
    changes: tuple[tuple[str, Change], ...] = ()
    events: tuple[IncidentEvent, ...] = ()


def look(
    standing: Standing,
    signals: Signals,
    subjects: Iterable[Subject],
    now: Instant,
    *,
    open_without_policy: bool = False,
) -> Looked:
    """Judge each depositor's link, and follow its incidents. Who is no depositor any more is forgotten."""
    book, links = standing.book, dict[str, Link]()
    changes: list[tuple[str, Change]] = []
    events: Events = []
    for subject in subjects:
        judgement = judge(signals, subject.right, subject.servers, now.ms, open_without_policy=open_without_policy)
        link, change = follow(standing.links.get(subject.id, _NEW), judgement, now.ms)
        links[subject.id] = link
        if change is not None:
            changes.append((subject.id, change))
        book, told = _follow_incidents(book, subject, link, signals, now)
        events += told
    for gone in [depositor for depositor in {**standing.links, **book.tracks} if depositor not in links]:
        book, told = forget(book, gone, now)
        events += told
    return Looked(Standing(book, links), tuple(changes), tuple(events))


def tell_of_death(standing: Standing, depositors: Iterable[str], gap: Gap, now: Instant) -> Looked:
    """After a start: the gateway was dead, and what its links were like before it is no guide to what they are now."""
    book = standing.book
    events: Events = []
    for depositor in depositors:
        book, told = after_death(book, depositor, gap, now)
        events += told
    return Looked(Standing(book), events=tuple(events))


def _follow_incidents(book: Book, subject: Subject, link: Link, signals: Signals, now: Instant) -> tuple[Book, Events]:
    book, events = follow_link(book, subject.id, link.condition, now)
    book, told = follow_maintenance(book, subject.id, signals.maintenance, now, signals.unix_s)
    events = events + told
    for kind in THRESHOLDS:
        book, told = gather(book, subject.id, kind, now, subject.uplinks.get(kind, NONE))
        events += told
    book, told = approaching(book, subject.id, subject.ends, now, signals.unix_s)
    return book, events + told


_NEW = Link()
