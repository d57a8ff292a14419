"""What operators read: the gateway as a whole. Depositors may read GatewayState, and nothing else of it."""

import enum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.link.messages import ByOutcome, Count, Maintenance, Message, Seconds, Sentence, Share, Utc
from gateway.link.state import Detail, State
from gateway.supervision.rungs import Rung, Trouble
from radio.packets import TxStatus


class GatewayCause(enum.Enum):
    """Why a gateway is online, or is not."""

    STARTED = "started"
    RECONNECTED = "reconnected"
    """Its connection to the broker had been lost; it was at work all the time."""
    STOPPED = "stopped"
    """In order: by an operator, or for a restart."""
    CONNECTION_LOST = "connection_lost"
    """The broker tells it (last will): no power, no network, or a crash; the gateway cannot say."""


class GatewayState(Message, frozen=True, kw_only=True):
    """`state`: whether the gateway is there. Retained; offline is told by the broker when the connection is lost.

    Where the broker tells it, nobody knows the time: `at` and `since` are null, and it was after `connected`.
    """

    state: Annotated[Literal["online", "offline"], Meta(title="whether it is there")]
    cause: Annotated[GatewayCause, Meta(title="why")]
    since: Annotated[Utc | None, Meta(title="since when it is so")]
    connected: Annotated[Utc | None, Meta(title="when the connection began in which this was said")]


class RadioHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The concentrator."""

    working: Annotated[bool, Meta(title="whether it is at work")]
    lost_s: Annotated[Seconds | None, Meta(title="for how long it has not been")]
    silent_s: Annotated[Seconds | None, Meta(title="for how long nothing at all was heard")]
    usual_silence_s: Annotated[Seconds | None, Meta(title="the longest silence of a usual day here")]
    deaf: Annotated[bool, Meta(title="whether it hears nothing where it usually does, and is being mended")]
    problem: Annotated[str | None, Meta(title="what was wrong last, while it is not at work")]
    restarts: Annotated[Count, Meta(title="how often it was started again since the daemon started")]
    faults: Annotated[dict[str, int], Meta(title="what it met that it should not have, since it was started last")]


class RepairHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The last step that was taken to mend the radio."""

    rung: Annotated[Rung, Meta(title="what was done")]
    trouble: Annotated[Trouble, Meta(title="about what")]
    reason: Annotated[str, Meta(title="what was found")]
    ago_s: Annotated[Seconds, Meta(title="how long ago")]
    under_way: Annotated[bool, Meta(title="whether it goes on")]
    mended: Annotated[bool | None, Meta(title="whether it helped; null while that is not known")]


class SupervisionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the gateway looks after itself."""

    troubles: Annotated[tuple[Trouble, ...], Meta(title="of the radio, that go on; the worst first")]
    repair: RepairHealth | None
    next_step_s: Annotated[Seconds | None, Meta(title="until the radio is tried again, while it is lost")]
    steps: Annotated[
        dict[Rung, Count],
        Meta(
            title="how often each was taken since the start; those that never were left out",
            extra_json_schema={"propertyNames": {"$ref": "Rung"}},
        ),
    ]
    canary_passes: Annotated[Count, Meta(title="how often all registers were read back since the radio was started")]
    canary_pass_s: Annotated[Seconds | None, Meta(title="how long ago that was last")]
    registers_astray: Annotated[Count, Meta(title="how many do not hold what was written to them")]
    packets_waiting: Annotated[Count, Meta(title="heard, and not looked at yet")]
    loop_lag_s: Annotated[Seconds, Meta(title="the longest time in the last minute that the program was held up")]
    memory_bytes: Annotated[Count | None, Meta(title="what the program takes of the memory")]


class ClockHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Time."""

    synchronised: Annotated[bool, Meta(title="whether the host's clock is")]
    gnss: Annotated[bool | None, Meta(title="whether GNSS tells time now; null without a receiver")]


class ServerHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One network server, and what waits for it."""

    name: Annotated[str, Meta(title="its name in gateway.toml")]
    connected: Annotated[bool, Meta(title="whether it answers")]
    unanswered_s: Annotated[Seconds | None, Meta(title="for how long it has not acknowledged anything")]
    waiting: Annotated[Count | None, Meta(title="uplinks that wait for it; null where that is not known")]
    dropped: Annotated[Count, Meta(title="uplinks that were to go to it and never did, since the start")]


class BrokerHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The broker through which this comes, and what waits for it."""

    mqtt: Annotated[str | None, Meta(title="the protocol's version")]
    connections: Annotated[Count, Meta(title="how many there were since the start")]
    waiting: Annotated[Count, Meta(title="messages that wait")]
    dropped: Annotated[Count, Meta(title="messages for which there was no room")]
    refused: Annotated[Count, Meta(title="messages that the broker did not want")]
    expired: Annotated[Count, Meta(title="messages that were out of date before they could go out")]
    last_problem: Annotated[str | None, Meta(title="why it was not connected the last time that it was not")]


class StoreHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Uplinks that wait for a network server, and what was given up of them."""

    uplinks: Annotated[Count, Meta(title="how many wait")]
    share: Annotated[Share, Meta(title="how full it is")]
    given_up: Annotated[dict[str, Count], Meta(title="all that ever were given up, by reason")]
    unrouted: Annotated[Count, Meta(title="uplinks that no route took, since the start")]
    problem: Annotated[str | None, Meta(title="why the disk takes none; null where it does")]


class DiskHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Where state is kept."""

    free_share: Annotated[Share | None, Meta(title="how much of it is free")]
    problem: Annotated[str | None, Meta(title="why nothing can be written; null where it can")]


class EvidenceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence log."""

    entry: Annotated[Count | None, Meta(title="the number of the last entry that is signed and on the disk")]
    lost: Annotated[Count, Meta(title="entries for which there was no room, since the start")]
    problem: Annotated[str | None, Meta(title="why it cannot be written; null where it can")]


class FailingChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A way to a depositor's contacts on which notices do not get through. No contact is named."""

    depositor: Annotated[str, Meta(title="who is not reached")]
    channel: Annotated[str, Meta(title="e-mail, or webhook")]
    contacts: Annotated[Count, Meta(title="how many of its contacts are not reached on it")]
    waiting: Annotated[Count, Meta(title="notices that wait for them, each contact's counted")]
    attempts: Annotated[Count, Meta(title="how often in a row it was tried, for the contact that was tried most")]
    reason: Annotated[str | None, Meta(title="why the last attempt for that contact failed, without addresses")]


class NoticesHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Notices to depositors."""

    waiting: Annotated[Count, Meta(title="notices that wait, each contact's counted")]
    delivered: Annotated[Count, Meta(title="messages that a channel has accepted, since the start")]
    dropped: Annotated[Count, Meta(title="notices for which there was no room, since the start")]
    problem: Annotated[str | None, Meta(title="why they cannot be kept on the disk; null where they can")]
    failing: tuple[FailingChannel, ...]


class CertificateHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that the gateway uses."""

    name: Annotated[str, Meta(title="what it is for")]
    ends: Annotated[Utc | None, Meta(title="until when it is valid; null where it cannot be read")]


class PolicyHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The host's policy."""

    serial: Annotated[int | None, Meta(title="the one in force; null where none is")]
    valid_until: Annotated[Utc | None, Meta(title="its end")]
    depositors: Annotated[Count, Meta(title="how many it has")]
    refused: Annotated[str | None, Meta(title="why the last document was not taken; null where it was")]
    accounts_problem: Annotated[str | None, Meta(title="why what is used cannot be kept; null where it can")]


class Health(Message, frozen=True, kw_only=True):
    """`health`: how each part of the gateway is; on change and at a regular beat. Null where a part is not there.

    No device and no contact's address is in it. `findings` are what links are judged by, before any hold: a link may
    still be up.
    """

    uptime_s: Annotated[Seconds, Meta(title="since the daemon started")]
    valid_for_s: Annotated[Seconds, Meta(title="after so long without a newer one, it is out of date")]
    findings: Annotated[tuple[Detail, ...], Meta(title="what is found wrong with the gateway now")]
    radio: RadioHealth
    supervision: SupervisionHealth
    clock: ClockHealth
    servers: tuple[ServerHealth, ...]
    broker: BrokerHealth
    store: StoreHealth | None
    disk: DiskHealth
    policy: PolicyHealth | None
    links: Annotated[
        dict[State, Count],
        Meta(
            title="how many depositors' links are in each state; none, and those not known yet, left out",
            extra_json_schema={"propertyNames": {"$ref": "State"}},
        ),
    ]
    incidents: Annotated[Count, Meta(title="how many are open, of all depositors")]
    notices: NoticesHealth | None
    evidence: EvidenceHealth | None
    certificates: tuple[CertificateHealth, ...]
    maintenance: Maintenance | None
    temperature_c: Annotated[float | None, Meta(title="the concentrator board's")]
    undervoltage: Annotated[bool | None, Meta(title="whether the supply is too low; null where nobody can tell")]
    versions: Annotated[dict[str, str], Meta(title="of the program, of Python, of the chip's firmware")]


class ServerStats(msgspec.Struct, frozen=True, kw_only=True):
    """What went to one network server and came from it."""

    name: Annotated[str, Meta(title="its name in gateway.toml")]
    uplinks_sent: Count
    uplinks_acknowledged: Count
    uplinks_dropped: Annotated[Count, Meta(title="given back unsent, or not confirmed; they may wait in the store")]
    downlinks_received: Count
    bytes_up: Annotated[Count, Meta(title="sent to it, without the headers of TLS, TCP, UDP and IP")]
    bytes_down: Annotated[Count, Meta(title="received from it, likewise")]


class Stats(Message, frozen=True, kw_only=True):
    """`stats`: counters of one interval, the one that ends `at`."""

    interval_s: Annotated[Seconds, Meta(title="its length")]
    packets_received: Count
    packets_crc_ok: Count
    packets_forwarded: Count
    outcomes: Annotated[ByOutcome, Meta(title="the verdicts on what was heard; those that were none left out")]
    downlinks_received: Count
    downlinks_emitted: Count
    downlinks_refused: Annotated[
        dict[TxStatus, Count],
        Meta(title="why; those that were none left out", extra_json_schema={"propertyNames": {"$ref": "TxStatus"}}),
    ]
    beacons_emitted: Count
    servers: tuple[ServerStats, ...]


class Occurrence(enum.Enum):
    """What can happen."""

    STARTED = "started"
    STOPPING = "stopping"
    RADIO_STARTED = "radio_started"
    RADIO_LOST = "radio_lost"
    RADIO_DEAF = "radio_deaf"
    """It hears nothing where it usually does, and is being mended; or it hears again."""
    RADIO_SILENT = "radio_silent"
    """The same, and nothing helped; or it hears again."""
    REPAIR = "repair"
    """A step is taken to mend the radio, has mended it, or none is left."""
    SERVER_CONNECTED = "server_connected"
    SERVER_LOST = "server_lost"
    CLOCK_SURE = "clock_sure"
    CLOCK_UNSURE = "clock_unsure"
    POLICY_TAKEN = "policy_taken"
    POLICY_REFUSED = "policy_refused"
    POLICY_ENDED = "policy_ended"
    """None is in force any more."""
    DISK = "disk"
    """Records cannot be kept, or there is little room; or that is over."""
    POWER = "power"
    TEMPERATURE = "temperature"
    CERTIFICATE = "certificate"
    MAINTENANCE = "maintenance"
    """Planned work is announced, begins, or is over."""
    COMMAND = "command"
    PROBLEM_REPORT = "problem_report"
    INCIDENT = "incident"
    NOTICE = "notice"
    """Notices do not get through to a depositor, or do again."""
    PAST_OUTAGE = "past_outage"
    """The gateway was dead, and tells it now that it is alive again."""


class Event(Message, frozen=True, kw_only=True):
    """`event`: something happened; once each.

    What comes and goes is told six times an hour at most; `details.left_out` says how often it was not told before this
    one, `details.late_s` how long ago this happened where it had to wait.
    """

    kind: Annotated[Occurrence, Meta(title="what")]
    level: Annotated[Literal["info", "warning", "error"], Meta(title="whether somebody should look")]
    sentence: Annotated[Sentence, Meta(title="the same for people")]
    depositor: Annotated[str | None, Meta(title="whom it concerns, if one alone")]
    details: Annotated[dict[str, str | int | float | bool | None], Meta(title="what belongs to it")]
