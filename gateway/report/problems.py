"""The incidents of a month, how soon each was noticed, and how soon its depositor was told of it. Pure.

Times come from the incident's own records. One that no clock was sure of is reckoned from another one of the same
incident, since their distance is known; else the incident stays undated.
"""

import statistics
from collections.abc import Iterable, Sequence

import msgspec

from gateway.link.evidence.records import IncidentRecord, NoticeRecord
from gateway.link.incident import EventKind, IncidentKind
from gateway.link.state import Cause, Detail, State
from gateway.policy.outcome import Outcome
from gateway.report.dating import When
from gateway.report.facts import Facts
from gateway.report.period import Period
from gateway.report.traffic import ranked

# These begin unforeseen; the others are announced, or counted.
_FOUND = (IncidentKind.LINK, IncidentKind.PAST_OUTAGE)


class Told(msgspec.Struct, frozen=True):
    """What became of an incident's notices on one channel.

    `first_unix_ms` is when the channel accepted the first of them, and `delay_ms` how long after the detection; both
    are None where none was accepted, or no clock was sure.
    """

    channel: str
    accepted: int = 0
    dropped: int = 0
    withdrawn: int = 0
    first_unix_ms: int | None = None
    delay_ms: int | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One incident. Times are Unix ms, None where no clock was sure, and the end also while it lasts.

    `is_open` says that it went on at the end of the month, or goes on.
    """

    id: str
    kind: IncidentKind
    begin_unix_ms: int | None
    detected_unix_ms: int | None
    end_unix_ms: int | None
    is_open: bool
    lasted_ms: int | None
    detection_ms: int
    state: State | None
    cause: Cause | None
    detail: Detail | None
    reason: str | None
    times: int
    flapping: bool
    counts: dict[Outcome, int]
    told: tuple[Told, ...]


class Delay(msgspec.Struct, frozen=True):
    """How long something took: the usual case and the worst of so many. `of` is "detection", or a channel."""

    of: str
    count: int
    median_ms: int
    worst_ms: int


class Story(msgspec.Struct, frozen=True):
    """An incident's first and last record."""

    first: tuple[When, IncidentRecord]
    last: tuple[When, IncidentRecord]


def problems(facts: Facts, period: Period) -> tuple[Problem, ...]:
    """The incidents that lasted in some part of the month, by their begins; undated ones come last."""
    stories: dict[str, Story] = {}
    for fact in facts.of(IncidentRecord):
        known = stories.get(fact[1].id)
        stories[fact[1].id] = Story(fact if known is None else known.first, fact)
    told: dict[str, dict[str, Told]] = {}
    for when, record in facts.of(NoticeRecord):
        for ref in record.notices:
            channels = told.setdefault(ref.incident, {})
            channels[record.channel] = _counted(channels.get(record.channel), when, record)
    found = [_problem(story, list(told.get(id_, {}).values()), period) for id_, story in stories.items()]
    concerned = [each for each in found if _concerns(each, stories[each.id], period)]
    return tuple(sorted(concerned, key=lambda each: (each.begin_unix_ms is None, each.begin_unix_ms or 0, each.id)))


def delays(found: Iterable[Problem], period: Period) -> tuple[Delay, ...]:
    """The detection of what came unforeseen, then each channel; of incidents that were detected in the month."""
    detected = [each for each in found if _is_in(each.detected_unix_ms, period)]
    taken: dict[str, list[int]] = {"detection": [each.detection_ms for each in detected if each.kind in _FOUND]}
    for each in detected:
        for told in each.told:
            if told.delay_ms is not None:
                taken.setdefault(told.channel, []).append(told.delay_ms)
    return tuple(
        Delay(of, len(all_ms), int(statistics.median(all_ms)), max(all_ms)) for of, all_ms in taken.items() if all_ms
    )


def _counted(told: Told | None, when: When, record: NoticeRecord) -> Told:
    told = Told(record.channel) if told is None else told
    match record.outcome:
        case "accepted":
            first_ms = when.unix_ms if told.accepted == 0 else told.first_unix_ms
            return msgspec.structs.replace(told, accepted=told.accepted + 1, first_unix_ms=first_ms)
        case "dropped":
            return msgspec.structs.replace(told, dropped=told.dropped + 1)
        case _:
            return msgspec.structs.replace(told, withdrawn=told.withdrawn + 1)


def _problem(story: Story, told: Sequence[Told], period: Period) -> Problem:
    record = story.last[1]
    begin_ms, detected_ms, end_ms = _times(story)
    lasted_ms = None if record.end_ms is None else max(0, record.end_ms - record.begin_ms)
    if begin_ms is not None and end_ms is not None:
        # The clock that nobody can set stands still while the machine is off.
        lasted_ms = max(0, end_ms - begin_ms)
    elif record.kind is IncidentKind.PAST_OUTAGE:
        lasted_ms = None
    dated = begin_ms is not None and detected_ms is not None
    counted_ms = record.detected_ms - record.begin_ms
    return Problem(
        id=record.id,
        kind=record.kind,
        begin_unix_ms=begin_ms,
        detected_unix_ms=detected_ms,
        end_unix_ms=end_ms,
        is_open=_is_open(story, end_ms, period),
        lasted_ms=lasted_ms,
        detection_ms=max(0, (detected_ms or 0) - (begin_ms or 0) if dated else counted_ms),
        state=record.state,
        cause=record.cause,
        detail=record.detail,
        reason=record.reason,
        times=record.times,
        flapping=record.flapping,
        counts=ranked(record.counts),
        told=tuple(_with_delay(each, detected_ms) for each in sorted(told, key=lambda each: each.channel)),
    )


def _times(story: Story) -> tuple[int | None, int | None, int | None]:
    """Begin, detection and end, as far as any of them can be dated. It is written down when it is detected."""
    (when, first), (_, last) = story.first, story.last
    detected_ms = last.detected_unix_ms or (when.unix_ms if first.event is EventKind.OPENED else None)
    begin_ms = last.begin_unix_ms
    if begin_ms is None and detected_ms is not None and last.kind is not IncidentKind.PAST_OUTAGE:
        begin_ms = detected_ms - (last.detected_ms - last.begin_ms)
    end_ms = last.end_unix_ms
    if end_ms is None and last.end_ms is not None and detected_ms is not None:
        end_ms = detected_ms + last.end_ms - last.detected_ms
    return begin_ms, detected_ms, end_ms


def _is_open(story: Story, end_ms: int | None, period: Period) -> bool:
    if story.last[1].event is not EventKind.CLOSED:
        return True
    return (story.last[0].earliest_ms if end_ms is None else end_ms) >= period.ends_unix_ms


def _concerns(problem: Problem, story: Story, period: Period) -> bool:
    begin_ms = story.first[0].earliest_ms if problem.begin_unix_ms is None else problem.begin_unix_ms
    end_ms = story.last[0].latest_ms if problem.end_unix_ms is None else problem.end_unix_ms
    goes_on = story.last[1].event is not EventKind.CLOSED
    return begin_ms < period.ends_unix_ms and (goes_on or end_ms >= period.begins_unix_ms)


def _with_delay(told: Told, detected_ms: int | None) -> Told:
    if told.first_unix_ms is None or detected_ms is None:
        return told
    return msgspec.structs.replace(told, delay_ms=max(0, told.first_unix_ms - detected_ms))


def _is_in(unix_ms: int | None, period: Period) -> bool:
    return unix_ms is not None and period.begins_unix_ms <= unix_ms < period.ends_unix_ms
