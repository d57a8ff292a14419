"""Depositors' problem reports: which is new, which came before, and which is one too many. Immutable and pure.

The book has a time of its own: ledger time, moved on where a power cut made the ledger forget some minutes, so that no
report comes before an earlier one.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.link.instant import Instant
from gateway.link.messages import LATEST_UNIX_MS, Count
from gateway.link.messages_depositor import AnyCaseEui, CorrelationId, LineText, ProblemReport, ReportText
from gateway.link.requests.window import DAY_MS, HOUR_MS, Window, wait_ms

LIMITS = (Window(6, HOUR_MS), Window(24, DAY_MS))
SAME_BYTES_MS = 600_000
"""So long the very same message is the same report."""


class KeptReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it lies on the disk. `taken_ms` is in the book's time, `digest` the SHA-256 of the message in hex."""

    id: str
    depositor: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z")]
    taken_ms: Count
    unix_ms: Annotated[int, Meta(ge=0, le=LATEST_UNIX_MS)] | None
    text: ReportText
    dev_eui: AnyCaseEui | None
    contact: LineText | None
    correlation_id: CorrelationId | None
    digest: str


class Again(msgspec.Struct, frozen=True):
    """It came before, and has this identity."""

    id: str


class TooMany(msgspec.Struct, frozen=True):
    """It cannot be taken for so long."""

    wait_ms: int


class ReportBook(msgspec.Struct, frozen=True):
    """The reports of the last day, the oldest first. `origin` tells this book's identities from those of one lost."""

    origin: str
    recent: tuple[KeptReport, ...] = ()
    last_stamp: int = 0
    ahead_ms: int = 0


def resumed(kept: Sequence[KeptReport], origin: str, now: Instant) -> ReportBook:
    """Go on with what lies on the disk, the oldest first."""
    newest_ms = kept[-1].taken_ms if kept else now.ms
    return ReportBook(
        origin=origin,
        recent=tuple(each for each in kept if newest_ms - each.taken_ms < DAY_MS),
        last_stamp=max((stamp_of(each.id) for each in kept), default=0),
        ahead_ms=max(0, newest_ms - now.ms),
    )


def judged(
    book: ReportBook, depositor: str, report: ProblemReport, digest: str, at: Instant
) -> KeptReport | Again | TooMany:
    """What becomes of a report: it is to be kept, with an identity that sorts after all before it, or not."""
    now_ms = _now_ms(book, at)
    own = [each for each in book.recent if each.depositor == depositor]
    for each in reversed(own):
        if _is_same(each, report, digest, now_ms):
            return Again(each.id)
    if wait := wait_ms([each.taken_ms for each in own], now_ms, LIMITS):
        return TooMany(wait)
    stamp = max(at.ms if at.unix_ms is None else at.unix_ms, book.last_stamp + 1)
    return KeptReport(
        id=f"{stamp:013d}-{book.origin}",
        depositor=depositor,
        taken_ms=now_ms,
        unix_ms=at.unix_ms,
        text=report.text,
        dev_eui=None if report.dev_eui is None else report.dev_eui.upper(),
        contact=report.contact,
        correlation_id=report.correlation_id,
        digest=digest,
    )


def with_kept(book: ReportBook, kept: KeptReport) -> ReportBook:
    """The book with a report that is on the disk."""
    recent = (each for each in book.recent if kept.taken_ms - each.taken_ms < DAY_MS)
    return msgspec.structs.replace(book, recent=(*recent, kept), last_stamp=stamp_of(kept.id))


def stamp_of(identity: str) -> int:
    """The number by which reports sort. It may grow longer, so that their identities as text do not."""
    return int(identity.partition("-")[0])


def _now_ms(book: ReportBook, at: Instant) -> int:
    newest_ms = book.recent[-1].taken_ms if book.recent else 0
    return max(at.ms + book.ahead_ms, newest_ms)


def _is_same(kept: KeptReport, report: ProblemReport, digest: str, now_ms: int) -> bool:
    age_ms = now_ms - kept.taken_ms
    if kept.digest == digest and age_ms <= SAME_BYTES_MS:
        return True
    # Who gives each report the same correlation still reports different things: no text is ever lost.
    is_answered = report.correlation_id is not None and report.correlation_id == kept.correlation_id
    return is_answered and report.text == kept.text and age_ms < DAY_MS
