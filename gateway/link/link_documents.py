"""A depositor's link → the status document that it reads. Pure."""

import datetime
from collections.abc import Sequence

import msgspec

from gateway.link import signals
from gateway.link.incident_book import Book, moved_on, placed, track_of
from gateway.link.instant import Instant
from gateway.link.messages import LATEST_UNIX_MS, Maintenance, Utc, eui_text, utc_text
from gateway.link.messages_depositor import DeviceStatus, LinkStatus, RightStatus, Traffic
from gateway.link.sentences import sentence_of
from gateway.link.state import Condition
from gateway.policy.document import Depositor, Policy
from gateway.policy.outcome import Outcome
from gateway.policy.text.dates import calendar_of
from gateway.policy.text.rights import Right

MS_PER_S = 1000
# A reader waits for one beat that is late, and some more, before it takes a document for out of date.
BEATS_VALID = 2.5


class Known(msgspec.Struct, frozen=True):
    """What else than its link the document says of a depositor. `right` is None where no policy is in force."""

    right: Right | None
    policy: Policy
    traffic: Traffic
    devices: Sequence[DeviceStatus] = ()
    devices_left_out: int = 0
    evidence: str | None = None


def link_status(
    gateway_eui: int,
    depositor: Depositor,
    condition: Condition,
    known: Known,
    now: Instant,
    *,
    book: Book,
    planned: signals.Maintenance | None,
    beat_s: float,
) -> LinkStatus:
    """The document at this moment; `beat_s` is how often there is another one."""
    book, now_in_book = moved_on(book, now)
    since = placed(book, condition.since_ms, now_in_book)
    valid_for_s = round(BEATS_VALID * beat_s)
    valid_until_ms = None if now.unix_ms is None else now.unix_ms + valid_for_s * MS_PER_S
    calendar = calendar_of(known.policy.timezone)
    return LinkStatus(
        gateway_eui=eui_text(gateway_eui),
        at=_utc(now.unix_ms),
        clock_sure=now.unix_ms is not None,
        depositor=depositor.id,
        state=condition.state,
        cause=condition.cause,
        detail=condition.detail,
        sentence=sentence_of(condition, datetime.UTC if calendar is None else calendar.zone),
        since=_utc(since.unix_ms),
        for_s=max(0, now_in_book.ms - since.ms) / MS_PER_S,
        valid_until=_utc(valid_until_ms),
        valid_for_s=valid_for_s,
        incidents=tuple(sorted(incident.id for incident in track_of(book, depositor.id).opened.values())),
        right=_right_status(depositor, known),
        maintenance=maintenance_message(planned),
        traffic=known.traffic,
        devices=tuple(known.devices),
        devices_left_out=known.devices_left_out,
        evidence=known.evidence,
    )


def maintenance_message(planned: signals.Maintenance | None) -> Maintenance | None:
    """Planned work as messages have it."""
    if planned is None:
        return None
    return Maintenance(
        begins=_utc_of_s(planned.begins_unix_s), ends=_utc_of_s(planned.ends_unix_s), reason=planned.reason
    )


def _right_status(depositor: Depositor, known: Known) -> RightStatus:
    right = known.right
    return RightStatus(
        in_force=right is not None and right.refusal is None,
        outcome=Outcome.NO_POLICY if right is None else right.refusal,
        reason=None if right is None else right.reason,
        ends=_utc_of_s(depositor.right.ends_unix_s),
        policy_serial=None if right is None else known.policy.serial,
    )


def _utc(unix_ms: int | None) -> Utc | None:
    return None if unix_ms is None else utc_text(unix_ms)


def _utc_of_s(unix_s: int | None) -> Utc | None:
    """A date of the policy, which may lie beyond what a message can say."""
    return None if unix_s is None else utc_text(min(max(unix_s * MS_PER_S, 0), LATEST_UNIX_MS))
