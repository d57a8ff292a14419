"""What gives occasion to a notice: facts, and what people or the link's own texts say of them."""

import enum

import msgspec

from gateway.notices.notice import Kind
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Ending


class Matter(enum.Enum):
    """What it is about."""

    LINK = "link"
    PAST_OUTAGE = "past_outage"
    MAINTENANCE = "maintenance"
    RIGHT_ENDING = "right_ending"
    NEAR_LIMIT = "near_limit"
    REFUSALS = "refusals"
    OVER_LIMITS = "over_limits"
    REPORT = "report"


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One matter, and what is new about it.

    `identity` is that of the matter: the incident, or the depositor's report; `occurrence` tells its changes and
    reminders apart, and is the same when one is told again. `begins_unix_s`, `detected_unix_s` and `ends_unix_s` are
    what really happened, None where it has not or nobody knows when; the planned times are what will. `times` is how
    often it came, where it is told as one in spite of that. `endings` are what ends then, and of which group. `what`,
    `affected`, `host_does` and `depositor_can` say so in the depositor's language; without one there is a general text.
    """

    kind: Kind
    matter: Matter
    identity: str
    occurrence: int = 0
    begins_unix_s: int | None = None
    detected_unix_s: int | None = None
    ends_unix_s: int | None = None
    planned_begin_unix_s: int | None = None
    planned_end_unix_s: int | None = None
    state: str | None = None
    cause: str | None = None
    reason: str | None = None
    times: int = 1
    counts: tuple[tuple[Outcome, int], ...] = ()
    endings: tuple[tuple[Ending, str | None], ...] = ()
    devices: tuple[str, ...] = ()
    devices_left_out: bool = False
    what: str | None = None
    affected: str | None = None
    host_does: str | None = None
    depositor_can: str | None = None


class Setting(msgspec.Struct, frozen=True):
    """Where it happens and who answers for it, as people know them. `contacts` are lines, such as "Desk: +33 4 99"."""

    gateway: str
    gateway_eui: str
    host: str
    timezone: str
    contacts: tuple[str, ...] = ()
