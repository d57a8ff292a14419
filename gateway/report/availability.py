"""How a depositor's link was at each moment of a month. Pure.

- A link has a state from the moment that its record names as the begin, since what is found late was there before;
  but not from before the gateway's last start, and not from after the record was written.
- The gateway is off from an orderly stop until the next start, and for each time for which it says at a start that it
  was dead: from its last sign of life, or the last entry before, to that start.
- A start that tells of no death came within two minutes, and the link goes on as it was. What the link was meanwhile is
  not counted as off, unless the stop was in order.
- From a start behind a death, or the first one, until the first record of the link, the state is not known, unless that
  record says what was before it.
- Where the log has a gap, the state is not known from the last dated entry before it. It is known again from the first
  record of the link behind it; and between the gap and that record, where that says what was before it.
- A run that cannot be dated makes the state unknown from the last dated entry before it.
- Nothing is known before the first entry, nor after the last one.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gateway.link.evidence.records import GatewayRecord, LinkRecord
from gateway.link.state import State
from gateway.report.dating import EARLIEST_MS, Gap, When
from gateway.report.facts import Facts, Run
from gateway.report.period import Period


class Status(enum.Enum):
    """How a link was, or that the gateway was off, or that nobody can tell."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    SUSPENDED = "suspended"
    GATEWAY_OFF = "gateway_off"
    UNKNOWN = "unknown"


class Span(msgspec.Struct, frozen=True):
    """A status, and from when until when, in Unix ms, the end not included."""

    status: Status
    begins_unix_ms: int
    ends_unix_ms: int

    @property
    def lasted_ms(self) -> int:
        """How long it was so."""
        return self.ends_unix_ms - self.begins_unix_ms


class Availability(msgspec.Struct, frozen=True):
    """A month: how long it was so, in ms, which add up to the month; and when."""

    lasted_ms: dict[Status, int]
    known_ms: int
    spans: tuple[Span, ...]


_Line = list[tuple[int, Status]]
"""From when on there is which status, in order; the last one goes on."""


def availability(facts: Facts, period: Period) -> Availability:
    """The month, each moment of it in one status."""
    line = _line(facts)
    if facts.last_unix_ms is not None:
        _from(line, facts.last_unix_ms, Status.UNKNOWN)
    spans = tuple(_cut(line, period))
    lasted_ms = dict.fromkeys(Status, 0)
    for span in spans:
        lasted_ms[span.status] += span.lasted_ms
    return Availability(lasted_ms, sum(lasted_ms.values()) - lasted_ms[Status.UNKNOWN], spans)


def _line(facts: Facts) -> _Line:
    line: _Line = [(EARLIEST_MS, Status.UNKNOWN)]
    link, told = Status.UNKNOWN, set[int]()
    for fact in facts.facts:
        if isinstance(fact, Gap):
            link = Status.UNKNOWN
            _from(line, fact.earliest_ms, link)
        elif isinstance(fact.record, LinkRecord | GatewayRecord):
            run = facts.runs.get(fact.when.run)
            if run is None or fact.when.unix_ms is None:
                link = Status.UNKNOWN
                _from(line, fact.when.earliest_ms, link)
            elif isinstance(fact.record, LinkRecord):
                link = _status(fact.record.state)
                _changed(line, fact.record, fact.when, run, is_first=fact.when.run not in told)
                told.add(fact.when.run)
            elif fact.record.event == "was_dead":
                link = Status.UNKNOWN
                _died(line, fact.record, fact.when.run, facts.runs)
            else:
                goes_on = link if fact.record.event == "started" else Status.GATEWAY_OFF
                _from(line, fact.when.earliest_ms, goes_on)
    return line


def _changed(line: _Line, record: LinkRecord, when: When, run: Run, *, is_first: bool) -> None:
    """The link has another state; the first record of a run may say what was before it."""
    began_ms = when.earliest_ms - max(0, when.steady_ms - record.since_ms)
    since_ms = began_ms if record.since_unix_ms is None else record.since_unix_ms
    if is_first and record.before is not None:
        _from(line, run.first.earliest_ms, _status(record.before))
    _from(line, max(run.first.earliest_ms, min(since_ms, when.earliest_ms)), _status(record.state))


def _died(line: _Line, record: GatewayRecord, run: int, runs: Mapping[int, Run]) -> None:
    """It was dead until the start that follows, as far as can be said from when on."""
    begin_ms = record.begin_unix_ms
    before = max((each for each in runs if each < run), default=None)
    if before is not None:
        last = runs[before].last
        if begin_ms is None and record.begin_ms is not None:
            begin_ms = last.earliest_ms + record.begin_ms - last.steady_ms
        if begin_ms is None:
            _from(line, last.earliest_ms, Status.UNKNOWN)
        else:
            begin_ms = max(begin_ms, last.earliest_ms)
    if begin_ms is not None:
        _from(line, begin_ms, Status.GATEWAY_OFF)


def _from(line: _Line, begin_ms: int, status: Status) -> None:
    """It is so from then on, whatever was said of the time after it before."""
    while line and line[-1][0] >= begin_ms:
        line.pop()
    if not line or line[-1][1] is not status:
        line.append((begin_ms, status))


def _cut(line: Iterable[tuple[int, Status]], period: Period) -> Iterator[Span]:
    """What of it is in the month."""
    marks = list(line)
    ends_ms = [*(begin for begin, _ in marks[1:]), period.ends_unix_ms]
    for (begin, status), end in zip(marks, ends_ms, strict=True):
        begins_ms, until_ms = max(begin, period.begins_unix_ms), min(end, period.ends_unix_ms)
        if begins_ms < until_ms:
            yield Span(status, begins_ms, until_ms)


def _status(state: State) -> Status:
    return Status(state.value)
