"""What the report says in a language: one field for each text. Braces are filled in, all else is for people."""

from collections.abc import Mapping

import msgspec

from gateway.link.state import Cause, Detail
from gateway.report.availability import Status


class CoverWords(msgspec.Struct, frozen=True):
    """The head of the report, and what is most asked for."""

    title: str
    article: str
    host: str
    depositor: str
    convention: str
    gateway: str
    made: str
    made_unknown: str
    times_in: str
    not_over: str
    brief: str
    up_share: str
    up_note: str
    up_unknown: str
    incidents: str
    incidents_open: str
    incidents_closed: str
    forwarded: str
    forwarded_note: str
    told: str
    told_note: str
    nothing_told: str
    means: str


class AvailabilityWords(msgspec.Struct, frozen=True):
    """How the link was."""

    title: str
    lead: str
    chart: str
    status: str
    duration: str
    share: str
    statuses: Mapping[Status, str]
    explained: Mapping[Status, str]
    not_counted: str
    rules: tuple[str, ...]


class IncidentWords(msgspec.Struct, frozen=True):
    """What was wrong, and how it was told."""

    title: str
    none: str
    what: str
    begin: str
    detected: str
    end: str
    lasted: str
    told: str
    still_open: str
    undated: str
    cause: str
    reason: str
    flapping: str
    count_of: str
    reference: str
    by_channel: str
    accepted_undated: str
    not_told: str
    not_accepted: str
    delays_title: str
    delays_lead: str
    delay_of: str
    delay_count: str
    median: str
    worst: str
    detection: str
    channels: Mapping[str, str]
    causes: Mapping[Cause, str]
    details: Mapping[Detail, str]


class TrafficWords(msgspec.Struct, frozen=True):
    """What was heard, and what became of it."""

    title: str
    none: str
    lead: str
    sources: Mapping[str, str]
    undated: str
    chart: str
    passed: str
    heard: str
    forwarded: str
    lost: str
    lost_note: str
    refused: str
    over_limits: str
    over_limits_note: str
    reason: str
    count: str
    share: str
    day_title: str


class DeviceWords(msgspec.Struct, frozen=True):
    """Device by device."""

    title: str
    none: str
    lead: str
    device: str
    group: str
    heard: str
    forwarded: str
    refused: str
    airtime: str
    signal: str
    last: str
    left_out: str


class WorkWords(msgspec.Struct, frozen=True):
    """Planned work, conditions of use, and the depositor's own reports."""

    title: str
    no_work: str
    work: str
    announced: str
    planned: str
    over: str
    not_over: str
    policy_title: str
    no_policy_change: str
    document: str
    policy: str
    no_policy: str
    in_force_from: str
    digest: str
    reports_title: str
    no_report: str
    report: str
    received: str
    answered: str
    not_answered: str
    from_to: str


class EvidenceWords(msgspec.Struct, frozen=True):
    """What it rests on, and how to check it."""

    title: str
    lead: str
    nothing: str
    cover: str
    complete: str
    removed: str
    missing: str
    missing_end: str
    undated: str
    unreadable: str
    lost: str
    verify_title: str
    verify: str
    key: str
    head_note: str
    means_title: str
    means: tuple[str, ...]


class ReportWords(msgspec.Struct, frozen=True):
    """One language. `decimal`, `thousands` and `percent` are how numbers are written."""

    cover: CoverWords
    availability: AvailabilityWords
    incidents: IncidentWords
    traffic: TrafficWords
    devices: DeviceWords
    works: WorkWords
    evidence: EvidenceWords
    decimal: str
    thousands: str
    percent: str
    less_than: str
    more_than: str
    moment: str
    short_moment: str
    short_months: tuple[str, ...]
    weekdays: str
    unknown: str
    none: str
    more_rows: str
    page: str
    spaced: Mapping[str, str]
