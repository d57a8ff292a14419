"""What entries of the evidence say: one form for each kind. Times are Unix milliseconds, None where no clock was sure.

The entry around a record has its own time; `*_ms` without `unix` are on the clock that nobody can set, so that
durations stand where no date does.
"""

from typing import Literal

import msgspec

from gateway.link.incident import EventKind, IncidentKind
from gateway.link.state import Cause, Detail, State
from gateway.notices.notice import Kind as NoticeKind
from gateway.policy.outcome import Outcome
from gateway.supervision.repairs import RepairEvent
from gateway.supervision.rungs import Rung, Trouble


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.LINK, a depositor's: its link is so from `since` on. `before` is None for the first state after a start."""

    before: State | None
    state: State
    cause: Cause | None
    detail: Detail
    since_ms: int
    since_unix_ms: int | None
    reason: str | None = None
    servers: tuple[str, ...] = ()


class IncidentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.INCIDENT, a depositor's."""

    event: EventKind
    id: str
    kind: IncidentKind
    begin_ms: int
    begin_unix_ms: int | None
    detected_ms: int
    detected_unix_ms: int | None
    end_ms: int | None = None
    end_unix_ms: int | None = None
    state: State | None = None
    cause: Cause | None = None
    detail: Detail | None = None
    reason: str | None = None
    times: int = 1
    flapping: bool = False
    counts: dict[Outcome, int] = {}


class NoticeRef(msgspec.Struct, frozen=True, kw_only=True):
    """A notice: of which incident, or report, and what it said of it."""

    id: str
    incident: str
    kind: NoticeKind
    created_unix_s: int | None


class NoticeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.NOTICE, a depositor's: what became of notices on a way to a contact. `channel`: e-mail, webhook or mqtt."""

    channel: str
    contact: str
    outcome: Literal["accepted", "dropped", "withdrawn"]
    notices: tuple[NoticeRef, ...]


class PolicyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.POLICY, everybody's: the document in force from now on, or None. `digest` is its SHA-256."""

    serial: int | None
    digest: str | None


class TrafficRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.REFUSALS, a depositor's: what was heard in a period, and what became of it; the period ends with the entry.

    heard = forwarded + the sum of `refused`; `over_limits` was forwarded in observe mode; `lost` is the part of
    `forwarded` that no network server got. A period without anything heard has no entry.
    """

    lasted_ms: int
    begin_unix_ms: int | None
    heard: int
    forwarded: int
    refused: dict[Outcome, int] = {}
    over_limits: dict[Outcome, int] = {}
    lost: int = 0


class MaintenanceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.MAINTENANCE, everybody's: planned work was announced, or is over."""

    event: Literal["announced", "over"]
    reason: str
    begins_unix_s: int | None
    ends_unix_s: int | None


class GatewayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.GATEWAY, everybody's: it started, stopped in order, or tells that it was dead from `begin` to `end`."""

    event: Literal["started", "stopped", "was_dead"]
    version: str
    begin_ms: int | None = None
    begin_unix_ms: int | None = None
    end_ms: int | None = None
    end_unix_ms: int | None = None
    rebooted: bool = False
    ordered: bool = False


class RepairRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.REPAIR, everybody's: what was done about the radio, `after_ms` from when the trouble was found."""

    event: RepairEvent
    trouble: Trouble
    rung: Rung | None
    step: int
    reason: str
    after_ms: int


class ClockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.CLOCK, everybody's: whether the time is sure from now on."""

    sure: bool


class ReportRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Kind.REPORT, a depositor's: it told the host of a problem. `digest` is the SHA-256 of its message as sent."""

    id: str
    digest: str
