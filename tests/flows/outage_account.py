"""Holds a gateway to its word after an outage: what became of every uplink that it had admitted. Pure.

An uplink is **delivered**, once; or it is **given up** and counted; or it was **in flight** when its process was
killed: heard, and neither confirmed by a server nor kept yet. What came twice was on its way at a kill, or its
confirmation came too late.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from tests.flows.outage_servers import Arrival
from tests.flows.outage_told import Ident, Told

JOIN = "join"
# What a kill takes with it: it has not come further.
IN_FLIGHT = ("admitted", "sent", "ordered")
KEPT = ("ON_DISK", "IN_MEMORY")
# Nothing is in flight for longer: what was not confirmed by then has been forgotten.
LONGEST_FLIGHT_MS = 5_000
# So many may have come from memory at a kill before it was taken back that they are lost: a batch.
MOST_BOTH = 20


class Life(msgspec.Struct, frozen=True):
    """What one process told, and when it was killed; None where it ended in order."""

    told: Sequence[Told]
    killed_s: float | None = None


class Report(msgspec.Struct, kw_only=True):
    """What became of the uplinks.

    `in_flight` are missing and nowhere counted, by how far they had come at the kill, the oldest having been heard
    `in_flight_ms` before it. `counted_twice` arrived and are counted as given up as well; `uncounted` are join
    requests that were lost with a kill just after they were heard.
    """

    kills: int = 0
    admitted: int = 0
    joins: int = 0
    delivered: int = 0
    late: int = 0
    repeated_after_kill: int = 0
    repeated_after_failure: int = 0
    given_up: Counter[str] = msgspec.field(default_factory=Counter)
    in_flight: Counter[str] = msgspec.field(default_factory=Counter)
    in_flight_ms: list[int] = []
    counted_twice: int = 0
    uncounted: int = 0


class _Story(msgspec.Struct):
    """Of one uplink. `where` is how far it has come; it may come again so often, for either reason."""

    depositor: str
    admitted_s: float
    where: str = "admitted"
    was_late: bool = False
    repeats_after_kill: int = 0
    repeats_after_failure: int = 0
    lost_after_ms: int | None = None


def account(lives: Sequence[Life], arrivals: Sequence[Arrival], losses: Mapping[tuple[str, str], int]) -> Report:
    """What became of all.

    Raises:
        AssertionError: the gateway did not keep its word.
    """
    stories = _stories(lives)
    kills = sum(life.killed_s is not None for life in lives)
    report = Report(kills=kills, admitted=len(stories), joins=sum(ident.is_join for ident in stories))
    check_order(arrivals)
    _count_arrivals(stories, arrivals, report)
    missing = {ident: story for ident, story in stories.items() if ident not in {each.ident for each in arrivals}}
    for (_, reason), count in losses.items():
        report.given_up[reason] += count
    for depositor in {story.depositor for story in stories.values()} | {whose for whose, _ in losses}:
        theirs = {ident: story for ident, story in missing.items() if story.depositor == depositor}
        _count_missing(theirs, {why: count for (whose, why), count in losses.items() if whose == depositor}, report)
    assert max(report.in_flight_ms, default=0) <= LONGEST_FLIGHT_MS, f"{max(report.in_flight_ms)} ms in flight"
    assert report.counted_twice <= MOST_BOTH * kills, f"{report.counted_twice} are counted that came"
    return report


def open_ends(lives: Sequence[Life], arrivals: Sequence[Arrival]) -> set[Ident]:
    """The uplinks of which the end is not known yet: they wait in the store, or are on their way."""
    open_yet = {ident for ident, story in _stories(lives).items() if story.where in (*IN_FLIGHT, *KEPT)}
    return {ident for ident in open_yet if not ident.is_join} - {each.ident for each in arrivals}


def check_order(arrivals: Sequence[Arrival]) -> None:
    """What comes for the first time has a higher counter than all before from its device.

    Raises:
        AssertionError: a server would drop one.
    """
    newest: dict[int, int] = {}
    seen = set[Ident]()
    for arrival in arrivals:
        device, counter = ident = arrival.ident
        if ident not in seen:
            seen.add(ident)
            assert counter > newest.get(device, 0), f"{ident} came after counter {newest[device]}"
            newest[device] = counter


def _stories(lives: Sequence[Life]) -> dict[Ident, _Story]:
    stories: dict[Ident, _Story] = {}
    for life in lives:
        keys: dict[int, Ident] = {}
        unsettled = set[Ident]()
        for told in life.told:
            _follow(told, stories, keys, unsettled)
        if life.killed_s is not None:
            _killed(stories, unsettled, life.killed_s)
    return stories


def _follow(told: Told, stories: dict[Ident, _Story], keys: dict[int, Ident], unsettled: set[Ident]) -> None:
    if told.what == "waiting":
        return
    if told.what in ("confirmed", "failed", "marked"):
        ident = keys[told.key]
        story = stories[ident]
        story.repeats_after_failure += told.what == "failed"
        if told.what == "marked" or story.where == "sent":
            story.where = told.what
        if told.what != "confirmed" or not story.was_late:
            unsettled.discard(ident)
        return
    ident = told.ident
    story = stories.setdefault(ident, _Story(told.detail, told.at_s))
    if told.what in ("sent", "sent_late"):
        keys[told.key] = ident
        unsettled.add(ident)
    if told.what == "sent_late":
        # It lies in the store all the while.
        story.was_late = True
    else:
        story.where = told.what


def _killed(stories: dict[Ident, _Story], unsettled: set[Ident], killed_s: float) -> None:
    for ident in unsettled:
        stories[ident].repeats_after_kill += 1
    for ident, story in stories.items():
        if story.where in IN_FLIGHT and story.lost_after_ms is None:
            story.lost_after_ms = round(1000 * (killed_s - story.admitted_s))
        if story.where in (*IN_FLIGHT, "IN_MEMORY") and not ident.is_join:
            story.where = f"{story.where}, killed"


def _count_arrivals(stories: Mapping[Ident, _Story], arrivals: Sequence[Arrival], report: Report) -> None:
    counts = Counter(each.ident for each in arrivals)
    report.delivered = len(counts)
    for ident, count in counts.items():
        story = stories.get(ident)
        assert story is not None, f"{ident} came, and nobody had admitted it"
        report.late += story.was_late
        after_kill = min(count - 1, story.repeats_after_kill)
        assert count - 1 - after_kill <= story.repeats_after_failure, f"{ident} came {count} times without a reason"
        report.repeated_after_kill += after_kill
        report.repeated_after_failure += count - 1 - after_kill


def _count_missing(missing: Mapping[Ident, _Story], losses: Mapping[str, int], report: Report) -> None:
    """One depositor's. A join is told of no more once it is given up: only the counts say that it was."""
    joins = [story for ident, story in missing.items() if ident.is_join]
    counted = losses.get(JOIN, 0)
    in_flight = sum((story.lost_after_ms or LONGEST_FLIGHT_MS) < LONGEST_FLIGHT_MS for story in joins)
    assert len(joins) - in_flight <= counted <= len(joins), f"{counted} joins are counted, {len(joins)} are missing"
    report.uncounted += len(joins) - counted
    others = [story for ident, story in missing.items() if not ident.is_join]
    for story in others:
        if story.lost_after_ms is not None:
            report.in_flight[story.where.partition(",")[0]] += 1
            report.in_flight_ms.append(story.lost_after_ms)
    where = Counter(story.where for story in others if story.lost_after_ms is None)
    expected, counted = where.total(), sum(losses.values()) - counted
    assert counted >= expected, f"{expected} are missing, {counted} are counted: {where}"
    report.counted_twice += counted - expected
