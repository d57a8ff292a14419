"""The state of a depositor's link: what may be found wrong, and what that means.

`judging` finds, `following` decides what of it counts.

Findings that hold at once are told by the first of this table; the others wait behind it. A finding counts once it has
been there for `hold`, and is over once it has been away for `settle`. What cannot be known stays as it was.

| finding | state | cause | when | hold | settle |
| --- | --- | --- | --- | --- | --- |
| right_ended | suspended | policy | the depositor's right has ended | 0 s | 0 s |
| right_not_begun | suspended | policy | it has not begun | 0 s | 0 s |
| right_suspended | suspended | policy | the host has suspended it; the reason is told | 0 s | 0 s |
| maintenance_interrupts | suspended | maintenance | planned work under way, and one of the next four | 0 s | 0 s |
| radio_deaf | down | radio | nothing heard for so long as hardly ever happens here; being mended | 0 s | 10 s |
| radio_lost | down | radio | the driver lost the radio: bus error, frozen counter, chip reset | 0 s | 10 s |
| all_unreachable | down | backhaul | every server of the gateway silent, and the broker gone | 0 s | 10 s |
| servers_silent | down | network_server | every server of this depositor silent | 0 s | 10 s |
| no_policy | down | policy | no valid policy, and the host wants nothing forwarded without one | 10 s | 0 s |
| maintenance | degraded | maintenance | planned work under way, the link works | 0 s | 0 s |
| some_servers_silent | degraded | network_server | some servers of this depositor silent | 0 s | 10 s |
| radio_silent | degraded | radio | the same, and all that can be done about it brought nothing | 0 s | 0 s |
| undervoltage | degraded | power | the board's supply is too low | 10 s | 60 s |
| broker_lost | degraded | backhaul | the broker gone, some server answers: told afterwards | 10 s | 10 s |
| too_hot | degraded | radio | the radio's board at 80 °C or more | 60 s | 60 s |
| records_not_kept | degraded | policy | accounts or state cannot be written | 10 s | 60 s |
| disk_full | degraded | policy | less than 3 % of the disk is free | 60 s | 60 s |
| clock_unsure | degraded | clock | neither GNSS nor the host tells the time | 120 s | 60 s |
| working | up | | nothing of this | | |

Why so:
- A right comes first: who has none is not concerned by faults. A fault of the way comes after one of the radio, since
  nothing is heard without radio.
- Work that interrupts the link is a suspension, as announced, and no failure; work that does not is told, but nobody is
  told that the link is interrupted while packets pass. Once the announced end is past, a failure is a failure.
- A radio that hears nothing is down while it is being mended: it takes a silence that a hearing one has less than once
  a month. Where nothing helps, the place may have fallen silent; so the link is degraded, and nobody can say more.
- A silent server has `patience_s` behind it already, so there is no further hold. One of another depositor is no
  finding.
- A full disk loses no packet: what suffers are the accounts by which the policy is applied, and the records of what was
  done. So its cause is the policy, and it never makes a link down. So it is with a clock: packets pass, but times
  cannot be told. A clock without GNSS is sure enough where the host keeps it right.
- Heat is the radio's: its levels and its frequency drift with it.
"""

import enum
from collections.abc import Mapping

import msgspec


class State(enum.Enum):
    """How a link is."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    SUSPENDED = "suspended"


class Cause(enum.Enum):
    """What a link's state is due to."""

    RADIO = "radio"
    BACKHAUL = "backhaul"
    NETWORK_SERVER = "network_server"
    POWER = "power"
    CLOCK = "clock"
    POLICY = "policy"
    MAINTENANCE = "maintenance"


class Detail(enum.Enum):
    """What is found, the one that is told first coming first."""

    RIGHT_ENDED = "right_ended"
    RIGHT_NOT_BEGUN = "right_not_begun"
    RIGHT_SUSPENDED = "right_suspended"
    MAINTENANCE_INTERRUPTS = "maintenance_interrupts"
    RADIO_DEAF = "radio_deaf"
    RADIO_LOST = "radio_lost"
    ALL_UNREACHABLE = "all_unreachable"
    SERVERS_SILENT = "servers_silent"
    NO_POLICY = "no_policy"
    MAINTENANCE = "maintenance"
    SOME_SERVERS_SILENT = "some_servers_silent"
    RADIO_SILENT = "radio_silent"
    UNDERVOLTAGE = "undervoltage"
    BROKER_LOST = "broker_lost"
    TOO_HOT = "too_hot"
    RECORDS_NOT_KEPT = "records_not_kept"
    DISK_FULL = "disk_full"
    CLOCK_UNSURE = "clock_unsure"
    WORKING = "working"


class Rule(msgspec.Struct, frozen=True):
    """What a finding means, how long it must last to count, and be away to be over."""

    state: State
    cause: Cause | None
    hold_s: float = 0
    settle_s: float = 0


RULES: Mapping[Detail, Rule] = {
    Detail.RIGHT_ENDED: Rule(State.SUSPENDED, Cause.POLICY),
    Detail.RIGHT_NOT_BEGUN: Rule(State.SUSPENDED, Cause.POLICY),
    Detail.RIGHT_SUSPENDED: Rule(State.SUSPENDED, Cause.POLICY),
    Detail.MAINTENANCE_INTERRUPTS: Rule(State.SUSPENDED, Cause.MAINTENANCE),
    Detail.RADIO_DEAF: Rule(State.DOWN, Cause.RADIO, 0, 10),
    Detail.RADIO_LOST: Rule(State.DOWN, Cause.RADIO, 0, 10),
    Detail.ALL_UNREACHABLE: Rule(State.DOWN, Cause.BACKHAUL, 0, 10),
    Detail.SERVERS_SILENT: Rule(State.DOWN, Cause.NETWORK_SERVER, 0, 10),
    Detail.NO_POLICY: Rule(State.DOWN, Cause.POLICY, 10, 0),
    Detail.MAINTENANCE: Rule(State.DEGRADED, Cause.MAINTENANCE),
    Detail.SOME_SERVERS_SILENT: Rule(State.DEGRADED, Cause.NETWORK_SERVER, 0, 10),
    Detail.RADIO_SILENT: Rule(State.DEGRADED, Cause.RADIO),
    Detail.UNDERVOLTAGE: Rule(State.DEGRADED, Cause.POWER, 10, 60),
    Detail.BROKER_LOST: Rule(State.DEGRADED, Cause.BACKHAUL, 10, 10),
    Detail.TOO_HOT: Rule(State.DEGRADED, Cause.RADIO, 60, 60),
    Detail.RECORDS_NOT_KEPT: Rule(State.DEGRADED, Cause.POLICY, 10, 60),
    Detail.DISK_FULL: Rule(State.DEGRADED, Cause.POLICY, 60, 60),
    Detail.CLOCK_UNSURE: Rule(State.DEGRADED, Cause.CLOCK, 120, 60),
    Detail.WORKING: Rule(State.UP, None),
}


class Thresholds(msgspec.Struct, frozen=True):
    """From where a value is a finding."""

    hottest_c: float = 80
    least_free_share: float = 0.03


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that holds now. `begun_ms` is when it truly began, None where only that it is seen is known.

    `reason` and `until_unix_s` are a suspension's or a maintenance's; `servers` are the depositor's own silent ones.
    """

    detail: Detail
    begun_ms: int | None = None
    reason: str | None = None
    until_unix_s: int | None = None
    servers: tuple[str, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """All that is found, and what cannot be told."""

    findings: tuple[Finding, ...]
    unknown: frozenset[Detail] = frozenset()


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """What counts. `since_ms` is the true begin of the state, `decided_ms` when this was found."""

    state: State
    cause: Cause | None
    detail: Detail
    since_ms: int
    decided_ms: int
    reason: str | None = None
    until_unix_s: int | None = None
    servers: tuple[str, ...] = ()


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding that is watched: first seen when, away since when, and whether it counts."""

    finding: Finding
    first_ms: int
    absent_ms: int | None = None
    counts: bool = False


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A depositor's link; `condition` is None until enough is known to tell one."""

    condition: Condition | None = None
    standing: tuple[Standing, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """A link changed. `before` is None for the first condition."""

    before: Condition | None
    after: Condition
