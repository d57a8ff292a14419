"""What the evidence says of one depositor, read and sorted by kind. Pure.

What was before the month is kept too where it may reach into it: states, incidents and what was told of them, policies,
announced work.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from gateway.link.evidence.chain import Head, Kind
from gateway.link.evidence.records import (
    GatewayRecord,
    IncidentRecord,
    LinkRecord,
    MaintenanceRecord,
    NoticeRecord,
    PolicyRecord,
    ReportRecord,
    TrafficRecord,
)
from gateway.report.dating import Gap, When, placed
from gateway.report.period import Period
from gateway.report.reading import Found, Missing


class LogRecord(msgspec.Struct, frozen=True):
    """Kind.LOG: what became of the log itself; `entries` were lost where its event is "lost"."""

    event: str
    entries: int = 0


class Run(msgspec.Struct, frozen=True):
    """From a start to the next: its first and its last dated entry."""

    first: When
    last: When


Record = (
    LinkRecord
    | IncidentRecord
    | NoticeRecord
    | PolicyRecord
    | TrafficRecord
    | MaintenanceRecord
    | GatewayRecord
    | ReportRecord
    | LogRecord
)
_TYPES: Mapping[str, type[Record]] = {
    Kind.LINK: LinkRecord,
    Kind.INCIDENT: IncidentRecord,
    Kind.NOTICE: NoticeRecord,
    Kind.POLICY: PolicyRecord,
    Kind.REFUSALS: TrafficRecord,
    Kind.MAINTENANCE: MaintenanceRecord,
    Kind.GATEWAY: GatewayRecord,
    Kind.REPORT: ReportRecord,
    Kind.LOG: LogRecord,
}
_DECODERS: Mapping[str, msgspec.json.Decoder[Record]] = {
    kind: msgspec.json.Decoder(record) for kind, record in _TYPES.items()
}
_DAY_MS = 86_400_000
_OF_THE_MONTH = (TrafficRecord, ReportRecord, LogRecord)
AnyRecord = TypeVar("AnyRecord", bound=Record)


class Fact(msgspec.Struct, frozen=True):
    """A record, and when its entry was written."""

    when: When
    record: Record


class Cover(msgspec.Struct, frozen=True):
    """What was read of the log: its last head, and the first and the last number that are proven."""

    head: Head | None = None
    first: int | None = None
    last: int | None = None


class Facts(msgspec.Struct, frozen=True):
    """Everything that a report is made of, in the order of the log. `unreadable` entries are of a form unknown here."""

    cover: Cover
    facts: tuple[Fact | Gap, ...]
    runs: Mapping[int, Run]
    undated: int
    unreadable: int

    def of(self, kind: type[AnyRecord]) -> Iterator[tuple[When, AnyRecord]]:
        """The records of one kind."""
        for fact in self.facts:
            if isinstance(fact, Fact) and isinstance(fact.record, kind):
                yield fact.when, fact.record

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What is missing in the log."""
        return tuple(fact for fact in self.facts if isinstance(fact, Gap))

    @property
    def last_unix_ms(self) -> int | None:
        """The last sign of life, None where nothing is dated."""
        return max((run.last.earliest_ms for run in self.runs.values()), default=None)


def gather(found: Iterable[Found], period: Period) -> Facts:
    """Read the log once, and keep what a report about `period` needs."""
    seen = _Seen(found)
    facts: list[Fact | Gap] = []
    runs: dict[int, Run] = {}
    undated = unreadable = 0
    for item in placed(seen):
        if isinstance(item, Gap):
            facts.append(item)
            continue
        when = item.when
        if when.unix_ms is None:
            undated += may_be_in(when, period)
        else:
            runs[when.run] = Run(runs[when.run].first if when.run in runs else when, when)
        record = _decoded(item.draft.kind, item.draft.body)
        unreadable += record is None and item.draft.kind in _DECODERS and may_be_in(when, period)
        if record is not None and (_is_near(when, period) or not isinstance(record, _OF_THE_MONTH)):
            facts.append(Fact(when, record))
    return Facts(seen.cover, tuple(facts), runs, undated, unreadable)


class _Seen:
    """The log, handed on; `cover` is what has passed."""

    def __init__(self, found: Iterable[Found]) -> None:
        self._found = found
        self.cover = Cover()

    def __iter__(self) -> Iterator[Found]:
        head, first = None, None
        for each in self._found:
            if first is None:
                first = _first(each)
            if isinstance(each, Head):
                head = each
            self.cover = Cover(head, first, None if head is None else head.point.number)
            yield each


def _first(found: Found) -> int | None:
    """The first number that is proven, by what the log begins with."""
    if not isinstance(found, Missing):
        return 1
    return None if found.last is None else found.last + 1


def may_be_in(when: When, period: Period) -> bool:
    """Whether an entry was written in the month, or may have been, where it is undated."""
    return when.latest_ms >= period.begins_unix_ms and when.earliest_ms < period.ends_unix_ms


def _is_near(when: When, period: Period) -> bool:
    """An hour that began in the month may be written down after it."""
    return when.latest_ms >= period.begins_unix_ms and when.earliest_ms < period.ends_unix_ms + _DAY_MS


def _decoded(kind: str, body: bytes) -> Record | None:
    decoder = _DECODERS.get(kind)
    try:
        return None if decoder is None else decoder.decode(body)
    except msgspec.DecodeError:
        return None
