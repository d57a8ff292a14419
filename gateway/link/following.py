"""A depositor's link as time goes on: a finding counts once it has lasted, and is over once it has stayed away. Pure.

Each finding is watched by itself, so that one that comes and goes hides no other. Times are ledger time.
"""

from collections.abc import Mapping, Sequence

import msgspec

from gateway.link.state import RULES, Change, Condition, Detail, Finding, Judgement, Link, Rule, Standing, State

MS_PER_S = 1000
# Without these nobody can say that a link works.
_NEEDED = frozenset({Detail.RADIO_LOST, Detail.SERVERS_SILENT})
_SEVERITY = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2, State.SUSPENDED: 3}


def follow(
    link: Link, judgement: Judgement, now_ms: int, rules: Mapping[Detail, Rule] = RULES
) -> tuple[Link, Change | None]:
    """The link after one more look, and what changed of it, if anything did."""
    former = {each.finding.detail: each for each in link.standing}
    found = {finding.detail: finding for finding in judgement.findings}
    standing = []
    for detail, rule in rules.items():
        is_known = detail not in judgement.unknown
        watched = _watched(former.get(detail), found.get(detail), rule, now_ms, is_known=is_known)
        if watched is not None:
            standing.append(watched)
    counting = [each for each in standing if each.counts]
    if link.condition is None and not counting and judgement.unknown & _NEEDED:
        return Link(None, tuple(standing)), None
    ended_ms = _ended_ms(link.standing, counting, now_ms)
    condition = _condition(counting, link.condition, ended_ms, now_ms, rules)
    if link.condition is not None and _content(condition) == _content(link.condition):
        return Link(link.condition, tuple(standing)), None
    return Link(condition, tuple(standing)), Change(link.condition, condition)


def _watched(
    former: Standing | None, finding: Finding | None, rule: Rule, now_ms: int, *, is_known: bool
) -> Standing | None:
    """A finding after one more look; None where it is nothing, or over."""
    if finding is not None:
        return _seen(former, finding, rule, now_ms)
    if former is None or not is_known:
        return former
    if not former.counts:
        return None
    absent_ms = now_ms if former.absent_ms is None else min(former.absent_ms, now_ms)
    if now_ms - absent_ms >= rule.settle_s * MS_PER_S:
        return None
    return msgspec.structs.replace(former, absent_ms=absent_ms)


def _seen(former: Standing | None, finding: Finding, rule: Rule, now_ms: int) -> Standing:
    """It is there. A time that is yet to come is one of a clock that lost some, and counts as now."""
    first_ms = now_ms if former is None else min(former.first_ms, now_ms)
    begun_ms = first_ms if finding.begun_ms is None else min(finding.begun_ms, first_ms)
    counts = (former is not None and former.counts) or now_ms - begun_ms >= rule.hold_s * MS_PER_S
    return Standing(msgspec.structs.replace(finding, begun_ms=begun_ms), first_ms, None, counts)


def _ended_ms(former: Sequence[Standing], counting: Sequence[Standing], now_ms: int) -> int:
    """When the last of what has just stopped counting was seen to be gone."""
    still = {each.finding.detail for each in counting}
    ended = [each.absent_ms for each in former if each.counts and each.finding.detail not in still]
    return max((now_ms if absent_ms is None else min(absent_ms, now_ms) for absent_ms in ended), default=now_ms)


def _condition(
    counting: Sequence[Standing], former: Condition | None, ended_ms: int, now_ms: int, rules: Mapping[Detail, Rule]
) -> Condition:
    """What is told: the first of what counts, and since when."""
    finding = _told(counting, rules)
    rule = rules[finding.detail]
    begun_ms = ended_ms if finding.begun_ms is None else finding.begun_ms
    if former is None:
        since_ms = begun_ms
    elif former.state is rule.state:
        since_ms = former.since_ms
    elif _SEVERITY[rule.state] < _SEVERITY[former.state]:
        since_ms = max(begun_ms, ended_ms)
    else:
        since_ms = begun_ms
    return Condition(
        rule.state,
        rule.cause,
        finding.detail,
        since_ms=min(since_ms, now_ms),
        decided_ms=now_ms,
        reason=finding.reason,
        until_unix_s=finding.until_unix_s,
        servers=finding.servers,
    )


def _told(counting: Sequence[Standing], rules: Mapping[Detail, Rule]) -> Finding:
    """The first, and planned work in the place of what it interrupts."""
    if not counting:
        return Finding(Detail.WORKING)
    first = counting[0].finding
    planned = next((each.finding for each in counting if each.finding.detail is Detail.MAINTENANCE), None)
    if planned is None or rules[first.detail].state is not State.DOWN:
        return first
    begins = [finding.begun_ms for finding in (planned, first) if finding.begun_ms is not None]
    return msgspec.structs.replace(planned, detail=Detail.MAINTENANCE_INTERRUPTS, begun_ms=max(begins, default=None))


def _content(condition: Condition) -> tuple[object, ...]:
    """What a reader is told, apart from the times."""
    return (condition.detail, condition.reason, condition.until_unix_s, condition.servers)
