"""An incident: a problem with an identity, a beginning and an end, and what happens to it. Of one depositor each."""

import enum

import msgspec

from gateway.link.instant import Instant
from gateway.link.state import Cause, Detail, State
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Ending


class IncidentKind(enum.Enum):
    """What an incident is about."""

    LINK = "link"
    """The link is not up, or does not stay so."""
    MAINTENANCE = "maintenance"
    """Planned work, from its announcement to its end."""
    PAST_OUTAGE = "past_outage"
    """The gateway was dead, and tells it now that it is alive again."""
    RIGHT_ENDING = "right_ending"
    """A right, a consent or the agreement comes to its end."""
    NEAR_LIMIT = "near_limit"
    """Devices come near a daily limit."""
    REFUSALS = "refusals"
    """Uplinks are refused."""
    OVER_LIMITS = "over_limits"
    """Uplinks would be refused, were the limits enforced."""


class Incident(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A problem. `end` is None while it lasts; begin, detection and end are in this order.

    `times` is how often it came, more than once where it flaps, and `flapping` that it is told as one for that.
    `state`, `cause`, `detail`, `reason`, `until_unix_s` and `servers` are those of the link's last condition that was
    not well; `begins_unix_s` and `is_under_way` a maintenance's. `endings` end at `until_unix_s`. `counts` are uplinks
    by outcome, and `devices` whose they are, as far as they are listed. `rebooted` and `ordered` say of a past outage
    whether the machine itself was off, and whether it was stopped in order. `details` are what was found of this link
    so far, `updates_ms` when it was told anew last, in the book's time, and `reminders` how often that it goes on.
    """

    id: str
    depositor: str
    kind: IncidentKind
    begin: Instant
    detected: Instant
    end: Instant | None = None
    times: int = 1
    flapping: bool = False
    state: State | None = None
    cause: Cause | None = None
    detail: Detail | None = None
    reason: str | None = None
    begins_unix_s: int | None = None
    until_unix_s: int | None = None
    is_under_way: bool = False
    servers: tuple[str, ...] = ()
    endings: tuple[tuple[Ending, str | None], ...] = ()
    counts: dict[Outcome, int] = {}
    devices: tuple[str, ...] = ()
    devices_left_out: bool = False
    rebooted: bool = False
    ordered: bool = False
    details: tuple[Detail, ...] = ()
    updates_ms: tuple[int, ...] = ()
    reminders: int = 0


class EventKind(enum.Enum):
    """What happens to an incident."""

    OPENED = "opened"
    UPDATED = "updated"
    REMINDED = "reminded"
    CLOSED = "closed"


class IncidentEvent(msgspec.Struct, frozen=True):
    """Something that its depositor is to be told, when it happened, and the incident as it is after it."""

    kind: EventKind
    incident: Incident
    at: Instant
