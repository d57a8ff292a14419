"""Incidents of a link: opened once trouble has lasted, closed once calm has, and one where it comes and goes. Pure.

Called at every look with the link's condition, not only on a change: what a restart interrupted goes on afterwards. The
book must be kept together with the events before anybody is told; then nothing is lost and nothing told twice.

A link flaps that stopped being well three times within an hour, or that changed four times while it was not. That is
one incident, which says so once, and closes after an hour of calm. So no hour has more than three openings. An incident
is told anew twice an hour at most; what is found beyond that stands in it when it is told the next time.
"""

from typing import Any

import msgspec

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.incident_book import (
    DAY_S,
    HOUR_S,
    MS_PER_S,
    Book,
    Events,
    Trouble,
    Watch,
    closing,
    dated,
    keeping,
    moved_on,
    opening,
    placed,
    put,
    reminding,
    track_of,
    updating,
)
from gateway.link.instant import Instant
from gateway.link.outage import Gap
from gateway.link.signals import Maintenance
from gateway.link.state import Condition, Detail, State

LINK, MAINTENANCE, PAST_OUTAGE = "link", "maintenance", "past_outage"
# Announced longer ahead than this, work is reminded of a day before it begins.
LONG_AHEAD_S = 36 * HOUR_S


class Pace(msgspec.Struct, frozen=True):
    """How long trouble lasts before an incident opens, by the link's state, and calm before it closes."""

    open_down_s: float = 30
    open_degraded_s: float = 120
    open_suspended_s: float = 0
    close_s: float = 120
    close_flapping_s: float = HOUR_S
    window_s: float = HOUR_S
    most_troubles: int = 3
    most_turns: int = 4
    most_updates: int = 2

    def open_s(self, state: State) -> float:
        """Before an incident opens."""
        match state:
            case State.DOWN:
                return self.open_down_s
            case State.SUSPENDED:
                return self.open_suspended_s
            case _:
                return self.open_degraded_s


PACE = Pace()


def follow_link(
    book: Book, depositor: str, condition: Condition | None, now: Instant, pace: Pace = PACE
) -> tuple[Book, Events]:
    """The book after one more look at a depositor's link; `now` is ledger time."""
    if condition is None:
        return book, []
    book, now = moved_on(book, now)
    book = dated(book, depositor, now)
    track = track_of(book, depositor)
    watch = _watched(book, track.watch, condition, now, pace)
    if watch != track.watch:
        book = put(book, depositor, msgspec.structs.replace(track, watch=watch))
    incident = track.opened.get(LINK)
    if incident is None:
        return _perhaps_open(book, depositor, condition, now, pace)
    if watch.calm_ms is not None:
        close_s = pace.close_flapping_s if incident.flapping else pace.close_s
        if now.ms - watch.calm_ms < close_s * MS_PER_S:
            return book, []
        return closing(book, LINK, depositor, watch.well or now, now)
    if _is_planned(condition):
        return book, []
    came_back = track.watch.trouble_ms is None
    return _go_on(book, condition, now, pace, incident=incident, came_back=came_back)


def after_death(book: Book, depositor: str, gap: Gap, now: Instant) -> tuple[Book, Events]:
    """Tell that the gateway was dead for a while. Called once after a start, before the next sign of life is left."""
    book, now = moved_on(book, now)
    begin = Instant(min(gap.begin.ms + book.ahead_ms, now.ms), gap.begin.unix_ms)
    incident = Incident(
        id="",
        depositor=depositor,
        kind=IncidentKind.PAST_OUTAGE,
        begin=begin,
        detected=now,
        state=State.DOWN,
        rebooted=gap.rebooted,
        ordered=gap.ordered,
    )
    book, opened = opening(book, PAST_OUTAGE, incident, now)
    book, closed = closing(book, PAST_OUTAGE, depositor, now, now)
    return book, opened + closed


def follow_maintenance(
    book: Book, depositor: str, planned: Maintenance | None, now: Instant, unix_s: int | None
) -> tuple[Book, Events]:
    """Announce planned work, tell when it begins, and close with it. `unix_s` is the known time."""
    book, now = moved_on(book, now)
    incident = track_of(book, depositor).opened.get(MAINTENANCE)
    if planned is None or _is_over(planned, unix_s):
        return (book, []) if incident is None else closing(book, MAINTENANCE, depositor, now, now)
    told = {
        "reason": planned.reason,
        "begins_unix_s": planned.begins_unix_s,
        "until_unix_s": planned.ends_unix_s,
        "is_under_way": planned.is_under_way(unix_s),
    }
    if incident is None:
        kind = IncidentKind.MAINTENANCE
        reminders = 0 if _begins_within(planned, unix_s, LONG_AHEAD_S) is False else 1
        new = Incident(id="", depositor=depositor, kind=kind, begin=now, detected=now, reminders=reminders)
        return opening(book, MAINTENANCE, msgspec.structs.replace(new, **told), now)
    present = msgspec.structs.replace(incident, **told)
    if present != incident:
        return updating(book, MAINTENANCE, present, now)
    if not incident.reminders and _begins_within(planned, unix_s, DAY_S):
        present = msgspec.structs.replace(incident, reminders=1)
        return keeping(book, MAINTENANCE, present), [IncidentEvent(EventKind.REMINDED, present, now)]
    return book, []


def _watched(book: Book, watch: Watch, condition: Condition, now: Instant, pace: Pace) -> Watch:
    """What is known of the link after this look."""
    if condition.detail is Detail.MAINTENANCE_INTERRUPTS:
        return msgspec.structs.replace(watch, trouble_ms=None, calm_ms=None, well=None)
    if not _is_trouble(condition):
        if watch.calm_ms is not None:
            return watch
        well = placed(book, condition.since_ms, now)
        return msgspec.structs.replace(watch, told=(), trouble_ms=None, calm_ms=now.ms, well=well)
    told, troubles, turns = _content(condition), watch.troubles, watch.turns
    if watch.trouble_ms is None:
        trouble = Trouble(
            placed(book, condition.since_ms, now), placed(book, condition.decided_ms, now), seen_ms=now.ms
        )
        troubles = (*troubles, trouble)[-pace.most_troubles :]
    if told != watch.told:
        turns = (*turns, now.ms)[-pace.most_turns :]
    trouble_ms = now.ms if watch.trouble_ms is None else watch.trouble_ms
    return Watch(told, trouble_ms, None, None, troubles, turns)


def _perhaps_open(book: Book, depositor: str, condition: Condition, now: Instant, pace: Pace) -> tuple[Book, Events]:
    track = track_of(book, depositor)
    watch = track.watch
    if watch.trouble_ms is None or not _is_trouble(condition):
        return book, []
    flapping = _flaps(watch, now, pace)
    if not flapping and now.ms - watch.trouble_ms < pace.open_s(condition.state) * MS_PER_S:
        return book, []
    recent = [each for each in watch.troubles if not each.told and _is_recent(each.seen_ms, now, pace)]
    first = recent[0] if flapping and recent else watch.troubles[-1]
    told = tuple(msgspec.structs.replace(each, told=True) for each in watch.troubles)
    watch = msgspec.structs.replace(watch, troubles=told)
    book = put(book, depositor, msgspec.structs.replace(track, watch=watch))
    incident = Incident(
        id="",
        depositor=depositor,
        kind=IncidentKind.LINK,
        begin=first.begun,
        detected=first.found,
        times=max(1, len(recent)) if flapping else 1,
        flapping=flapping,
        details=(condition.detail,),
    )
    return opening(book, LINK, msgspec.structs.replace(incident, **_of(condition)), now)


def _go_on(
    book: Book, condition: Condition, now: Instant, pace: Pace, *, incident: Incident, came_back: bool
) -> tuple[Book, Events]:
    """The trouble lasts, comes back, or becomes another. What is no news is kept, and nobody told."""
    watch = track_of(book, incident.depositor).watch
    is_new = condition.detail not in incident.details
    present = msgspec.structs.replace(
        incident,
        times=incident.times + came_back,
        details=(*incident.details, condition.detail) if is_new else incident.details,
        flapping=incident.flapping or _flaps(watch, now, pace),
        **_of(condition),
    )
    if came_back:
        told = tuple(msgspec.structs.replace(each, told=True) for each in watch.troubles)
        track = track_of(book, incident.depositor)
        watch = msgspec.structs.replace(watch, troubles=told)
        book = put(book, incident.depositor, msgspec.structs.replace(track, watch=watch))
    # What the host decided is news, however restless the link is.
    is_news = is_new and (not incident.flapping or condition.state is State.SUSPENDED)
    is_news |= present.flapping is not incident.flapping
    if is_news and sum(_is_recent(ms, now, pace) for ms in incident.updates_ms) < pace.most_updates:
        updates_ms = (*incident.updates_ms, now.ms)[-pace.most_updates :]
        return updating(book, LINK, msgspec.structs.replace(present, updates_ms=updates_ms), now)
    if present != incident:
        book = keeping(book, LINK, present)
    return reminding(book, LINK, incident.depositor, now)


def _flaps(watch: Watch, now: Instant, pace: Pace) -> bool:
    troubles = sum(_is_recent(each.seen_ms, now, pace) for each in watch.troubles)
    turns = sum(_is_recent(ms, now, pace) for ms in watch.turns)
    return troubles >= pace.most_troubles or turns >= pace.most_turns


def _is_recent(ms: int, now: Instant, pace: Pace) -> bool:
    return now.ms - ms < pace.window_s * MS_PER_S


def _is_planned(condition: Condition) -> bool:
    """Told by the maintenance's own incident."""
    return condition.detail in (Detail.MAINTENANCE, Detail.MAINTENANCE_INTERRUPTS)


def _is_trouble(condition: Condition) -> bool:
    return condition.state is not State.UP and not _is_planned(condition)


def _content(condition: Condition) -> tuple[str, ...]:
    return (condition.detail.value, condition.reason or "", str(condition.until_unix_s), *condition.servers)


def _of(condition: Condition) -> dict[str, Any]:
    """What an incident takes over from a condition."""
    return {
        name: getattr(condition, name) for name in ("state", "cause", "detail", "reason", "until_unix_s", "servers")
    }


def _is_over(planned: Maintenance, unix_s: int | None) -> bool:
    return planned.ends_unix_s is not None and unix_s is not None and planned.ends_unix_s <= unix_s


def _begins_within(planned: Maintenance, unix_s: int | None, duration_s: int) -> bool | None:
    """Whether it begins so soon; None where that cannot be told."""
    if planned.begins_unix_s is None or unix_s is None:
        return None
    return planned.begins_unix_s - unix_s <= duration_s
