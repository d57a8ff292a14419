"""All incidents that are open, and what is watched to open more: immutable, and kept over restarts. Pure.

The book has a time of its own: ledger time, moved on where a power cut made the ledger forget some minutes, so that no
event comes before an earlier one.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from gateway.link.incident import EventKind, Incident, IncidentEvent
from gateway.link.instant import Instant
from gateway.policy.outcome import Outcome

MS_PER_S = 1000
HOUR_S = 3600
DAY_S = 86_400
FIRST_REMINDERS_S = (HOUR_S, 6 * HOUR_S)

Events = list[IncidentEvent]


class Trouble(msgspec.Struct, frozen=True, omit_defaults=True):
    """The link stopped being well: its true begin, its detection, when that was seen here, and whether it was told."""

    begun: Instant
    found: Instant
    seen_ms: int
    told: bool = False


class Watch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A depositor's link as the incidents see it, in the book's time.

    `told` is what it is now, nothing while it is well; `trouble_ms` is since when it has not been well, `calm_ms` since
    when it has, and `well` since when truly. `troubles` and `turns` are the last times that it stopped being well, and
    that it became anything else than well.
    """

    told: tuple[str, ...] = ()
    trouble_ms: int | None = None
    calm_ms: int | None = None
    well: Instant | None = None
    troubles: tuple[Trouble, ...] = ()
    turns: tuple[int, ...] = ()


class Gathering(msgspec.Struct, frozen=True, omit_defaults=True):
    """Uplinks of one sort, gathered until there are none for a while."""

    first: Instant
    last: Instant
    counts: dict[Outcome, int]
    devices: tuple[str, ...] = ()
    devices_left_out: bool = False


class Track(msgspec.Struct, frozen=True, omit_defaults=True):
    """One depositor's. `opened` by what they are about, so that nothing is told twice."""

    opened: dict[str, Incident] = {}
    watch: Watch = Watch()
    gatherings: dict[str, Gathering] = {}


class Book(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every depositor's. `origin` tells this book's identities from those of one that was lost."""

    origin: str
    tracks: dict[str, Track] = {}
    last_stamp: int = 0
    now_ms: int = 0
    ahead_ms: int = 0
    boot_ms: int = 0


_decoder = msgspec.json.Decoder(Book)


def encode(book: Book) -> bytes:
    """The book, to be kept on disk after each event."""
    return msgspec.json.encode(book)


def decode(kept: bytes) -> Book:
    """What `encode` made.

    Raises:
        msgspec.DecodeError: it did not make this.
    """
    return _decoder.decode(kept)


def resume(book: Book, now: Instant, *, same_boot: bool) -> Book:
    """Go on with a book after a restart. What a former boot could not date stays without a date."""
    ahead_ms = max(book.ahead_ms, book.now_ms - now.ms)
    boot_ms = book.boot_ms if same_boot else now.ms + ahead_ms
    return msgspec.structs.replace(book, ahead_ms=ahead_ms, boot_ms=boot_ms)


def moved_on(book: Book, now: Instant) -> tuple[Book, Instant]:
    """The book at a moment, and that moment in its time. A clock that went back counts as one that stands."""
    ms = max(now.ms + book.ahead_ms, book.now_ms)
    if ms == book.now_ms:
        return book, Instant(ms, now.unix_ms)
    return msgspec.structs.replace(book, now_ms=ms), Instant(ms, now.unix_ms)


def track_of(book: Book, depositor: str) -> Track:
    """A depositor's track; an empty one where there is none yet."""
    return book.tracks.get(depositor, _EMPTY)


def put(book: Book, depositor: str, track: Track) -> Book:
    """The book with another track of a depositor; the same book where it has not changed."""
    if track is book.tracks.get(depositor):
        return book
    return msgspec.structs.replace(book, tracks={**book.tracks, depositor: track})


def new_id(book: Book, now: Instant) -> tuple[Book, str]:
    """An identity that no other has, and that sorts after all before it."""
    stamp = max(now.ms if now.unix_ms is None else now.unix_ms, book.last_stamp + 1)
    return msgspec.structs.replace(book, last_stamp=stamp), f"{stamp:013d}-{book.origin}"


def opening(book: Book, key: str, incident: Incident, now: Instant) -> tuple[Book, Events]:
    """Open an incident, whose id is given here, under what it is about."""
    book, identity = new_id(book, now)
    incident = msgspec.structs.replace(
        incident,
        id=identity,
        detected=_bounded(incident.detected, incident.begin),
    )
    return _with(book, key, incident), [IncidentEvent(EventKind.OPENED, incident, now)]


def updating(book: Book, key: str, incident: Incident, now: Instant) -> tuple[Book, Events]:
    """Tell what is new of an open incident."""
    return _with(book, key, incident), [IncidentEvent(EventKind.UPDATED, incident, now)]


def closing(book: Book, key: str, depositor: str, end: Instant, now: Instant) -> tuple[Book, Events]:
    """Close an incident. It does not end before it was detected."""
    track = track_of(book, depositor)
    incident = track.opened[key]
    incident = msgspec.structs.replace(incident, end=_bounded(end, incident.detected))
    opened = {other: each for other, each in track.opened.items() if other != key}
    book = put(book, depositor, msgspec.structs.replace(track, opened=opened))
    return book, [IncidentEvent(EventKind.CLOSED, incident, now)]


def reminding(
    book: Book, key: str, depositor: str, now: Instant, first_s: Sequence[int] = FIRST_REMINDERS_S
) -> tuple[Book, Events]:
    """Remind of an open incident if that is due: after these times since its detection, then daily."""
    incident = track_of(book, depositor).opened[key]
    elapsed_ms = now.ms - incident.detected.ms
    due = sum(elapsed_ms >= after_s * MS_PER_S for after_s in first_s) + elapsed_ms // (DAY_S * MS_PER_S)
    if due <= incident.reminders:
        return book, []
    incident = msgspec.structs.replace(incident, reminders=due)
    return _with(book, key, incident), [IncidentEvent(EventKind.REMINDED, incident, now)]


def forget(book: Book, depositor: str, now: Instant) -> tuple[Book, Events]:
    """Close all that is open of a depositor who is no depositor any more, and watch it no longer."""
    book, now = moved_on(book, now)
    events: Events = []
    for key in track_of(book, depositor).opened:
        book, closed = closing(book, key, depositor, now, now)
        events += closed
    tracks = {other: track for other, track in book.tracks.items() if other != depositor}
    return msgspec.structs.replace(book, tracks=tracks), events


def placed(book: Book, ledger_ms: int, now: Instant) -> Instant:
    """A moment of ledger time in the book's time, with a date if it was in this boot."""
    ms = min(ledger_ms + book.ahead_ms, now.ms)
    return now.at(ms) if ms >= book.boot_ms else Instant(ms)


def keeping(book: Book, key: str, incident: Incident) -> Book:
    """The book with what is new of an open incident, and nobody told."""
    return _with(book, key, incident)


def dated(book: Book, depositor: str, now: Instant) -> Book:
    """Date what was opened in this boot while no clock was sure, once one is. No event: nothing else is new of it."""
    if now.unix_ms is None:
        return book
    for key, incident in track_of(book, depositor).opened.items():
        present = _dated(incident, now, book.boot_ms)
        if present is not incident:
            book = _with(book, key, present)
    return book


def _dated(incident: Incident, now: Instant, boot_ms: int) -> Incident:
    times: dict[str, Any] = {
        name: now.at(instant.ms)
        for name, instant in (("begin", incident.begin), ("detected", incident.detected))
        if instant.unix_ms is None and instant.ms >= boot_ms
    }
    return msgspec.structs.replace(incident, **times) if times else incident


def _with(book: Book, key: str, incident: Incident) -> Book:
    track = track_of(book, incident.depositor)
    return put(book, incident.depositor, msgspec.structs.replace(track, opened={**track.opened, key: incident}))


def _bounded(instant: Instant, earliest: Instant) -> Instant:
    """A moment, but not before another one, on either clock."""
    unix_ms = instant.unix_ms
    if unix_ms is not None and earliest.unix_ms is not None:
        unix_ms = max(unix_ms, earliest.unix_ms)
    return Instant(max(instant.ms, earliest.ms), unix_ms)


_EMPTY = Track()
