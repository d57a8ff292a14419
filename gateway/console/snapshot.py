"""The gateway at one moment, as its console tells it: plain values. What is not known, or not there, is None.

Ages and durations are in seconds at the moment of the snapshot: whoever reads it needs no clock of the daemon's.
EUIs and DevAddrs are upper-case hexadecimal text. No payload is in it, and no key.
"""

import enum

import msgspec


class RadioState(enum.Enum):
    """Whether the concentrator is at work."""

    STARTING = "starting"
    """The first start goes on, and nothing is wrong with it yet."""
    WORKING = "working"
    LOST = "lost"
    """It could not be started, or was lost; `problem` says why."""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the recovery ladder, by the names of `gateway.supervision.rungs`: what is done, against which trouble.

    `reason` is in English. `number` counts the steps against this trouble. `ago_s` is when it began, for one under way,
    else when it was done; `mended` is None where that is not known yet.
    """

    rung: str
    trouble: str
    reason: str
    number: int | None = None
    ago_s: float | None = None
    mended: bool | None = None


class RadioPart(msgspec.Struct, frozen=True, kw_only=True):
    """The concentrator.

    `problem` is the driver's own sentence, in English. `heard_s` is how long ago the last packet came, be it damaged,
    or the start where none came since; `usual_silence_s` the longest silence of a usual day here. `counter_us` has 32
    bits. `starts` counts since the daemon's start, `faults` what the receiver met that it should not have since the
    radio's. `activity` is what it does while it does not listen, in English.

    `repair` is under way, `last_repair` was the last one; `troubles` are not over, worst first, and `next_repair_s` is
    until the next step against them. `deafness` says of one that hears nothing whether it is being mended or given up.
    """

    state: RadioState
    problem: str | None = None
    model: str | None = None
    counter_us: int | None = None
    temperature_c: float | None = None
    heard_s: float | None = None
    usual_silence_s: float | None = None
    starts: int = 0
    faults: dict[str, int] = {}
    activity: str = ""
    repair: Repair | None = None
    last_repair: Repair | None = None
    troubles: tuple[str, ...] = ()
    next_repair_s: float | None = None
    deafness: str | None = None


class TrafficPart(msgspec.Struct, frozen=True, kw_only=True):
    """Packets, counted over `over_s` seconds. `refused` are those that the host's policy refused."""

    over_s: float
    received: int = 0
    crc_ok: int = 0
    refused: int = 0
    downlinks_asked: int = 0
    downlinks_emitted: int = 0
    beacons_emitted: int = 0


class ServerPart(msgspec.Struct, frozen=True, kw_only=True):
    """A network server. `kind` is its type in gateway.toml.

    `unanswered_s` is how long ago it answered last, None where it never did. `acknowledged` and `dropped` are uplinks
    since the start; what waits for a server is in the store.
    """

    name: str
    kind: str
    connected: bool
    unanswered_s: float | None = None
    sent: int = 0
    acknowledged: int = 0
    dropped: int = 0


class RoutePart(msgspec.Struct, frozen=True, kw_only=True):
    """A route of [[route]], or of a server alone; `active` is the server in use, None where none confirms."""

    name: str
    servers: tuple[str, ...]
    active: str | None


class BrokerPart(msgspec.Struct, frozen=True, kw_only=True):
    """The broker of [broker]. `problem` is why it was not connected the last time that it was not."""

    connected: bool
    for_s: float | None = None
    waiting: int = 0
    problem: str | None = None


class GnssPart(msgspec.Struct, frozen=True, kw_only=True):
    """The GNSS receiver: whether its time is in use, and how long ago it last agreed with a pulse (PPS).

    `problem` is why there is no time, in English.
    """

    time_known: bool
    agreed_s: float | None = None
    problem: str | None = None


class ClockPart(msgspec.Struct, frozen=True, kw_only=True):
    """Time. `unix_s` is what the host's clock shows, right or not; `synchronised` that it may go into messages."""

    unix_s: float
    synchronised: bool
    gnss: GnssPart | None = None


class StorePart(msgspec.Struct, frozen=True, kw_only=True):
    """What waits on the disk for a server. `share` is how full the store is; `given_up` all that ever were."""

    waiting: int
    share: float
    given_up: int = 0
    problem: str | None = None


class PolicyPart(msgspec.Struct, frozen=True, kw_only=True):
    """The host's policy. `serial` is None where none is in force; `refused` is why the last document was not taken.

    `depositors` maps their ids to their names. `is_open_without` says that all is forwarded where none is in force.
    """

    serial: int | None
    is_open_without: bool = False
    begins_unix_s: int | None = None
    ends_unix_s: int | None = None
    depositors: dict[str, str] = {}
    refused: str | None = None
    accounts_problem: str | None = None


class IncidentPart(msgspec.Struct, frozen=True, kw_only=True):
    """An open incident of a depositor's. `about`, `state` and `detail` are values of `IncidentKind`, `State`, `Detail`.

    `begin_unix_s` is by the calendar, None where that was not known; `uplinks` are those that it counts.
    """

    id: str
    depositor: str
    about: str
    state: str | None = None
    detail: str | None = None
    begin_unix_s: float | None = None
    uplinks: int = 0


class DiskPart(msgspec.Struct, frozen=True, kw_only=True):
    """Where state is kept. `problem` is why nothing can be written."""

    free_share: float | None
    problem: str | None = None


class MaintenancePart(msgspec.Struct, frozen=True, kw_only=True):
    """Planned work, announced or under way."""

    reason: str
    is_under_way: bool
    begins_unix_s: int | None = None
    ends_unix_s: int | None = None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot"):
    """All of it. `gateway_eui` is None until the radio told it once.

    `links` counts depositors' links by their state, a value of `State`. It is None, like `incidents`, where nobody is
    kept informed: by a gateway with neither policy nor broker, and until it knows which gateway it is. `stuck` names
    the parts of the program that make no progress; see `gateway.supervision.vitals`.
    """

    version: str
    gateway_eui: str | None
    name: str | None
    uptime_s: float
    radio: RadioPart
    since_start: TrafficPart
    last_hour: TrafficPart
    servers: tuple[ServerPart, ...]
    routes: tuple[RoutePart, ...]
    clock: ClockPart
    disk: DiskPart
    broker: BrokerPart | None = None
    store: StorePart | None = None
    policy: PolicyPart | None = None
    links: dict[str, int] | None = None
    incidents: tuple[IncidentPart, ...] | None = None
    maintenance: MaintenancePart | None = None
    undervoltage: bool | None = None
    stuck: tuple[str, ...] = ()
