"""What operators read: the gateway as a whole. Depositors may read GatewayState, and nothing else of it."""

import enum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.link.messages import ByOutcome, Count, Maintenance, Message, Seconds, Sentence, Share, Utc
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
    silent_s: Annotated[Seconds | None, Meta(title="for how long nothing at all was heard")]
    problem: Annotated[str | None, Meta(title="what was wrong last, while it is not at work")]
    restarts: Annotated[Count, Meta(title="how often it was started again since the daemon started")]
    faults: Annotated[dict[str, int], Meta(title="what it met that it should not have, since it was started last")]


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


class StoreHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Uplinks that outlive an outage."""

    uplinks: Annotated[Count, Meta(title="how many are kept")]
    share: Annotated[Share, Meta(title="how full it is")]
    oldest: Annotated[Utc | None, Meta(title="when the oldest of them was heard")]


class DiskHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Where state is kept."""

    free_share: Annotated[Share | None, Meta(title="how much of it is free")]
    problem: Annotated[str | None, Meta(title="why nothing can be written; null where it can")]


class PolicyHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The host's policy."""

    serial: Annotated[int | None, Meta(title="the one in force; null where none is")]
    valid_until: Annotated[Utc | None, Meta(title="its end")]
    depositors: Annotated[Count, Meta(title="how many it has")]
    refused: Annotated[str | None, Meta(title="why the last document was not taken; null where it was")]


class Health(Message, frozen=True, kw_only=True):
    """`health`: how each part of the gateway is; on change and at a regular beat. Null where a part is not there."""

    uptime_s: Annotated[Seconds, Meta(title="since the daemon started")]
    valid_for_s: Annotated[Seconds, Meta(title="after so long without a newer one, it is out of date")]
    radio: RadioHealth
    clock: ClockHealth
    servers: tuple[ServerHealth, ...]
    broker: BrokerHealth
    store: StoreHealth | None
    disk: DiskHealth
    policy: PolicyHealth | None
    maintenance: Maintenance | None
    temperature_c: Annotated[float | None, Meta(title="the concentrator board's")]
    undervoltage: Annotated[bool | None, Meta(title="whether the supply is too low; null where nobody can tell")]
    versions: Annotated[dict[str, str], Meta(title="of the program, of Python, of the chip's firmware")]


class ServerStats(msgspec.Struct, frozen=True, kw_only=True):
    """What went to one network server and came from it."""

    name: Annotated[str, Meta(title="its name in gateway.toml")]
    uplinks_sent: Count
    uplinks_acknowledged: Count
    uplinks_dropped: Count
    downlinks_received: Count


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
    SERVER_CONNECTED = "server_connected"
    SERVER_LOST = "server_lost"
    CLOCK_SURE = "clock_sure"
    CLOCK_UNSURE = "clock_unsure"
    POLICY_TAKEN = "policy_taken"
    POLICY_REFUSED = "policy_refused"
    DISK = "disk"
    POWER = "power"
    TEMPERATURE = "temperature"
    CERTIFICATE = "certificate"
    MAINTENANCE = "maintenance"
    COMMAND = "command"
    PROBLEM_REPORT = "problem_report"
    INCIDENT = "incident"
    NOTICE = "notice"
    PAST_OUTAGE = "past_outage"
    """The gateway was dead, and tells it now that it is alive again."""


class Event(Message, frozen=True, kw_only=True):
    """`event`: something happened; once each."""

    kind: Annotated[Occurrence, Meta(title="what")]
    level: Annotated[Literal["info", "warning", "error"], Meta(title="whether somebody should look")]
    sentence: Annotated[Sentence, Meta(title="the same for people")]
    depositor: Annotated[str | None, Meta(title="whom it concerns, if one alone")]
    details: Annotated[dict[str, str | int | float | bool | None], Meta(title="what belongs to it")]
