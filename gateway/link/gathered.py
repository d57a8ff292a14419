"""Incidents made of many small things: refusals, warnings, and ends of rights that come near. Pure.

A storm of refusals is one incident: opened once there are enough of them, reminded of once a day, closed when there
have been none for a while.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.incident_book import (
    DAY_S,
    HOUR_S,
    MS_PER_S,
    Book,
    Events,
    Gathering,
    closing,
    keeping,
    moved_on,
    opening,
    put,
    reminding,
    track_of,
    updating,
)
from gateway.link.instant import Instant
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import End, Ending

MOST_DEVICES = 20
DAYS_AHEAD = (30, 7, 1)
ENDING_KEY = "ending-"
# A depositor learns these from the state of its link, as one fact and not packet by packet.
TOLD_BY_THE_LINK = frozenset({Outcome.RIGHT_NOT_BEGUN, Outcome.RIGHT_ENDED, Outcome.SUSPENDED, Outcome.NO_POLICY})


class Threshold(msgspec.Struct, frozen=True):
    """How many uplinks open an incident, and how long a quiet closes it."""

    uplinks: int
    quiet_s: int


class Uplinks(msgspec.Struct, frozen=True):
    """What has come since the last time, by outcome, and of which devices."""

    counts: Mapping[Outcome, int] = {}
    devices: Collection[str] = ()


NONE = Uplinks()
THRESHOLDS: Mapping[IncidentKind, Threshold] = {
    IncidentKind.REFUSALS: Threshold(5, HOUR_S),
    IncidentKind.OVER_LIMITS: Threshold(5, HOUR_S),
    IncidentKind.NEAR_LIMIT: Threshold(1, 6 * HOUR_S),
}


def gather(
    book: Book, depositor: str, kind: IncidentKind, now: Instant, uplinks: Uplinks = NONE
) -> tuple[Book, Events]:
    """Take what has come since the last call, which may be nothing; called regularly, since quiet closes."""
    book, now = moved_on(book, now)
    news = {outcome: count for outcome, count in uplinks.counts.items() if count and outcome not in TOLD_BY_THE_LINK}
    track, key, threshold = track_of(book, depositor), kind.value, THRESHOLDS[kind]
    former = track.gatherings.get(key)
    if former is None and not news:
        return book, []
    if former is None or news:
        former = _gathered(former, news, uplinks.devices, now)
        book = put(book, depositor, msgspec.structs.replace(track, gatherings={**track.gatherings, key: former}))
    incident = track.opened.get(key)
    if now.ms - former.last.ms >= threshold.quiet_s * MS_PER_S:
        return _end(book, depositor, key, former, now)
    if incident is None:
        if sum(former.counts.values()) < threshold.uplinks:
            return book, []
        incident = Incident(id="", depositor=depositor, kind=kind, begin=former.first, detected=now)
        return opening(book, key, _with_counts(incident, former), now)
    told = _with_counts(incident, former)
    if told != incident:
        book = keeping(book, key, told)
    return reminding(book, key, depositor, now, first_s=())


def approaching(
    book: Book, depositor: str, ends: Sequence[End], now: Instant, known_unix_s: int | None
) -> tuple[Book, Events]:
    """Announce what ends soon, 30, 7 and 1 days before. `ends` are those that concern this depositor.

    What ends at the same time is one incident. It closes when the end has come, or is not to come any more.
    """
    if known_unix_s is None:
        return book, []
    book, now = moved_on(book, now)
    events: Events = []
    near = _near(ends, known_unix_s)
    opened = track_of(book, depositor).opened
    for key in [key for key in opened if key.startswith(ENDING_KEY) and key not in near]:
        book, closed = closing(book, key, depositor, now, now)
        events += closed
    for key, (ends_unix_s, endings) in near.items():
        passed = sum(ends_unix_s - known_unix_s <= days * DAY_S for days in DAYS_AHEAD)
        announced = Incident(
            id="",
            depositor=depositor,
            kind=IncidentKind.RIGHT_ENDING,
            begin=now,
            detected=now,
            until_unix_s=ends_unix_s,
            endings=endings,
            reminders=passed,
        )
        book, news = _announce(book, key, announced, now)
        events += news
    return book, events


def _gathered(
    former: Gathering | None, news: Mapping[Outcome, int], devices: Collection[str], now: Instant
) -> Gathering:
    if former is None:
        former = Gathering(now, now, {})
    everybody = dict.fromkeys([*former.devices, *sorted(devices)])
    return Gathering(
        former.first,
        now,
        dict(Counter(former.counts) + Counter(news)),
        tuple(everybody)[:MOST_DEVICES],
        former.devices_left_out or len(everybody) > MOST_DEVICES,
    )


def _end(book: Book, depositor: str, key: str, gathering: Gathering, now: Instant) -> tuple[Book, Events]:
    track = track_of(book, depositor)
    gatherings = {other: each for other, each in track.gatherings.items() if other != key}
    book = put(book, depositor, msgspec.structs.replace(track, gatherings=gatherings))
    return (book, []) if key not in track.opened else closing(book, key, depositor, gathering.last, now)


def _with_counts(incident: Incident, gathering: Gathering) -> Incident:
    return msgspec.structs.replace(
        incident,
        counts=gathering.counts,
        devices=gathering.devices,
        devices_left_out=gathering.devices_left_out,
        times=sum(gathering.counts.values()),
    )


def _near(ends: Sequence[End], known_unix_s: int) -> dict[str, tuple[int, tuple[tuple[Ending, str | None], ...]]]:
    """What ends within the first announcement, by its key. The end of a suspension is the link's to tell."""
    near: dict[int, list[tuple[Ending, str | None]]] = {}
    for end in ends:
        if end.what is not Ending.SUSPENSION and 0 < end.ends_unix_s - known_unix_s <= DAYS_AHEAD[0] * DAY_S:
            near.setdefault(end.ends_unix_s, []).append((end.what, end.group))
    return {f"{ENDING_KEY}{unix_s}": (unix_s, tuple(endings)) for unix_s, endings in sorted(near.items())}


def _announce(book: Book, key: str, announced: Incident, now: Instant) -> tuple[Book, Events]:
    incident = track_of(book, announced.depositor).opened.get(key)
    if incident is None:
        return opening(book, key, announced, now)
    reminders = max(announced.reminders, incident.reminders)
    present = msgspec.structs.replace(incident, endings=announced.endings, reminders=reminders)
    if present.endings != incident.endings:
        return updating(book, key, present, now)
    if reminders == incident.reminders:
        return book, []
    return keeping(book, key, present), [IncidentEvent(EventKind.REMINDED, present, now)]
