"""What a depositor reads and writes: nothing of another's in any of it. And the host's copy of uplinks."""

import enum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.link.incident import EventKind, IncidentKind
from gateway.link.messages import (
    ByOutcome,
    Count,
    DevAddrText,
    EuiText,
    Maintenance,
    Message,
    Seconds,
    Sentence,
    Share,
    Utc,
)
from gateway.link.state import Cause, Detail, State
from gateway.policy.outcome import Level, Limit, Outcome
from gateway.policy.use import Use

LONGEST_REPORT_BYTES = 16 * 1024
# No control characters but line feed and tab, and nothing that turns the direction of what follows.
_LINES = r"\x00-\x08\x0B-\x1F\x7F-\x9F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFD"
_LINE = rf"\t\n{_LINES}"

ReportText = Annotated[
    str,
    Meta(
        pattern=rf"^(?=[\s\S]*\S)[^{_LINES}]{{1,2000}}\Z",
        description="text of 1 to 2000 characters, without control characters but line feeds and tabs",
    ),
]
LineText = Annotated[
    str,
    Meta(
        pattern=rf"^(?=.*\S)[^{_LINE}]{{1,200}}\Z",
        description="text of 1 to 200 characters on one line, without control characters",
    ),
]
AnyCaseEui = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{16}\Z", description="16 hexadecimal digits")]
EvidenceHead = Annotated[
    str,
    Meta(
        pattern=r"^(0|[1-9][0-9]{0,17}) [0-9a-f]{64} [0-9a-f]{8} \S{88}\Z",
        description="last entry's number, the chain's digest, the key's id, the signature: for `candelabre evidence`",
    ),
]
Fcnt = Annotated[int, Meta(ge=0, le=65_535)]
Fport = Annotated[int, Meta(ge=0, le=255)]
CorrelationId = Annotated[
    str, Meta(pattern=r"^[!-~]{1,64}\Z", description="1 to 64 printable ASCII characters without a space")
]


class DeviceFlag(enum.Enum):
    """What a depositor should know of one of its devices (article 8, depositor, 3rd)."""

    SILENT = "silent"
    """It has not been heard for far longer than is usual for it."""
    JOIN_STORM = "join_storm"
    """It asks to join again and again."""
    COUNTER_WENT_BACK = "counter_went_back"
    """Its frame counter went back: reset, replayed or forged."""
    OUT_OF_LIMITS = "out_of_limits"
    """Uplinks were refused, or would have been, for a limit."""
    NEAR_LIMIT = "near_limit"
    """A daily allowance is nearly used up."""
    WEAK_LINK = "weak_link"
    """It is heard barely."""
    SHARED_DEV_ADDR = "shared_dev_addr"
    """Other devices use the same DevAddr."""


class AllowanceUse(msgspec.Struct, frozen=True, kw_only=True):
    """The limit of which the largest share is used: in uplinks, joins, bytes, or microseconds of airtime."""

    level: Annotated[Level, Meta(title="whose allowance: the device's, its group's or the depositor's")]
    limit: Annotated[Limit, Meta(title="what is limited")]
    used: Count
    allowed: Count
    share: Share


class DeviceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One device as this gateway hears it: known by its DevAddr alone until the network server tells its DevEUI."""

    dev_eui: Annotated[EuiText | None, Meta(title="null where it is not known")]
    dev_addr: Annotated[DevAddrText | None, Meta(title="null where it has only asked to join")]
    group: Annotated[str | None, Meta(title="its group in the policy")]
    last_heard: Annotated[Utc | None, Meta(title="when it was heard last")]
    silent_s: Annotated[Seconds, Meta(title="how long ago that was, when this was written")]
    rssi_dbm: Annotated[float, Meta(title="signal strength then")]
    snr_db: Annotated[float, Meta(title="signal-to-noise ratio then")]
    outcome: Annotated[Outcome, Meta(title="what became of that uplink")]
    allowance: AllowanceUse | None
    flags: Annotated[tuple[DeviceFlag, ...], Meta(title="what to look at")]


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard of the depositor's devices, and what became of it: heard = forwarded + the sum of refused."""

    since: Annotated[Utc | None, Meta(title="when the counters began: midnight UTC, or the gateway's start if later")]
    for_s: Annotated[Seconds, Meta(title="how long ago that was, when this was written")]
    heard: Count
    forwarded: Count
    refused: Annotated[ByOutcome, Meta(title="not forwarded, by reason; those that were none left out")]
    over_limits: Annotated[ByOutcome, Meta(title="forwarded although out of limits, in observe mode, by reason")]
    lost: Annotated[Count, Meta(title="of the forwarded, those given up: no network server will get them")]


class RightStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The depositor's right to use the network, as the host's policy says."""

    in_force: Annotated[bool, Meta(title="whether it may use the network now")]
    outcome: Annotated[Outcome | None, Meta(title="why not")]
    reason: Annotated[str | None, Meta(title="the reason of a suspension, in the host's words")]
    ends: Annotated[Utc | None, Meta(title="when the right ends")]
    policy_serial: Annotated[int | None, Meta(title="the policy that says so")]


class LinkStatus(Message, frozen=True, kw_only=True):
    """`depositor/<id>/link`: how the depositor's link is. Retained; within two seconds of a change, and at a beat.

    A document that is older than `valid_until` is out of date: the gateway has not told anything since.
    """

    depositor: Annotated[str, Meta(title="whose link it is")]
    state: Annotated[State, Meta(title="how it is")]
    cause: Annotated[Cause | None, Meta(title="why; null while it is up")]
    detail: Annotated[Detail, Meta(title="the same, more exactly")]
    sentence: Annotated[Sentence, Meta(title="the same for people")]
    since: Annotated[Utc | None, Meta(title="since when it is so")]
    for_s: Annotated[Seconds, Meta(title="how long that was, when this was written")]
    valid_until: Annotated[Utc | None, Meta(title="after it, without a newer one, this is out of date")]
    valid_for_s: Annotated[Seconds, Meta(title="the same as a duration, for whom the gateway's clock does not help")]
    incidents: Annotated[tuple[str, ...], Meta(title="the open ones, by their ids")]
    right: RightStatus
    maintenance: Annotated[Maintenance | None, Meta(title="the next planned one, or that which goes on")]
    traffic: Traffic
    devices: Annotated[tuple[DeviceStatus, ...], Meta(title="those heard last, the latest first")]
    devices_left_out: Annotated[Count, Meta(title="heard longer ago, and not in this list")]
    evidence: Annotated[
        EvidenceHead | None, Meta(title="the signed head of the evidence log: who keeps it can prove a later rewriting")
    ]


class IncidentUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of an incident at one time."""

    at: Utc | None
    sentence: Sentence


class IncidentMessage(Message, frozen=True, kw_only=True):
    """`depositor/<id>/incident/<incident_id>`: a problem with a beginning and an end. Retained while it is open."""

    id: Annotated[str, Meta(title="the same in all messages about it")]
    depositor: Annotated[str, Meta(title="who is told")]
    kind: Annotated[IncidentKind, Meta(title="what it is about")]
    state: Annotated[EventKind, Meta(title="what this message says of it")]
    cause: Annotated[Cause | None, Meta(title="of a link incident")]
    detail: Annotated[Detail | None, Meta(title="the same, more exactly")]
    begin: Annotated[Utc | None, Meta(title="when the problem began")]
    detected: Annotated[Utc | None, Meta(title="when the gateway noticed")]
    end: Annotated[Utc | None, Meta(title="when it ended; null while it lasts")]
    lasted_s: Annotated[Seconds, Meta(title="how long it has lasted so far, or did last")]
    times: Annotated[int, Meta(ge=1, title="how often it came: more than 1 where it comes and goes")]
    flapping: Annotated[bool, Meta(title="whether it is told as one for that")]
    sentence: Annotated[Sentence, Meta(title="what happened, or how it stands")]
    counts: Annotated[ByOutcome, Meta(title="uplinks that it is about, by reason; those that were none left out")]
    devices: Annotated[tuple[str, ...], Meta(title="the depositor's devices that it is about, by DevEUI or DevAddr")]
    devices_left_out: Annotated[bool, Meta(title="whether there are more of them")]
    affected: Annotated[Sentence | None, Meta(title="what is affected")]
    host_does: Annotated[Sentence | None, Meta(title="what the host is doing")]
    depositor_can: Annotated[Sentence | None, Meta(title="what the depositor can do")]
    updates: Annotated[tuple[IncidentUpdate, ...], Meta(title="what was said before, the oldest first")]


class UplinkMetadata(Message, frozen=True, kw_only=True):
    """One packet that the gateway heard, as it was on the air."""

    number: Annotated[Count, Meta(title="one more each on this topic since the daemon started: a gap was lost")]
    depositor: Annotated[str, Meta(title="whose device it is, as the device claims")]
    group: Annotated[str | None, Meta(title="its group in the policy")]
    dev_eui: Annotated[EuiText | None, Meta(title="null where it is not known")]
    dev_addr: Annotated[DevAddrText | None, Meta(title="null in a join request")]
    is_join: bool
    fcnt: Annotated[Fcnt | None, Meta(title="the 16 bits of the frame counter on the air")]
    fport: Fport | None
    received: Annotated[Utc | None, Meta(title="when its reception ended")]
    counter_us: Annotated[int, Meta(ge=0, title="the concentrator's counter then, which wraps at 32 bits")]
    freq_hz: Count
    modulation: Literal["LORA", "FSK"]
    bandwidth_hz: Annotated[int | None, Meta(title="LoRa")]
    spreading_factor: Annotated[int | None, Meta(title="LoRa")]
    coding_rate: Annotated[str | None, Meta(title="LoRa: 4/5 to 4/8")]
    bitrate_bps: Annotated[int | None, Meta(title="FSK")]
    rssi_dbm: float
    snr_db: Annotated[float | None, Meta(title="LoRa")]
    size_bytes: Annotated[Count, Meta(title="the whole PHYPayload")]
    airtime_ms: Annotated[float, Meta(ge=0)]
    outcome: Annotated[Outcome, Meta(title="the host's verdict")]
    forwarded: Annotated[bool, Meta(title="whether it went to the network servers")]


class UplinkMessage(UplinkMetadata, frozen=True, kw_only=True):
    """`depositor/<id>/uplink`: each uplink of the depositor's devices, refused ones included, forged ones left out."""

    allowance: AllowanceUse | None
    flags: tuple[DeviceFlag, ...]
    phy_payload: Annotated[
        str | None, Meta(title="base64, encrypted as the device sent it; null where the policy does not say so")
    ]


class HostUplinkMessage(UplinkMetadata, frozen=True, kw_only=True):
    """`host/uplink`: the host's copy of what was forwarded, without join requests, where consent for it is recorded.

    The policy records it of depositors and of groups (article 8, depositor, 5th). A device that may be in several
    groups needs the consent of each. While no time is known, no consent is known to last, and nothing is copied.
    """

    consent_ends: Annotated[Utc | None, Meta(title="until when the depositor agreed")]
    phy_payload: Annotated[str, Meta(title="base64, encrypted as the device sent it")]


class ProblemReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`depositor/<id>/report`: a depositor tells the host of a problem (article 8, depositor, 4th)."""

    text: Annotated[ReportText, Meta(title="what is wrong, since when, where")]
    dev_eui: Annotated[AnyCaseEui | None, Meta(title="which device, if one")] = None
    contact: Annotated[LineText | None, Meta(title="who can be asked, and how")] = None
    correlation_id: Annotated[CorrelationId | None, Meta(title="stands in the acknowledgement again")] = None


class ReportState(enum.Enum):
    """How a problem report stands."""

    RECEIVED = "received"
    """It was kept, and shown to the operators."""
    REFUSED = "refused"
    """It could not be read, or there are too many at a time: it was not kept."""


class ProblemAck(Message, frozen=True, kw_only=True):
    """`depositor/<id>/report/ack`: what became of a report."""

    depositor: str
    id: Annotated[str | None, Meta(title="the report's identity from now on; null where it was refused")]
    state: Annotated[ReportState, Meta(title="how it stands")]
    sentence: Annotated[Sentence, Meta(title="the same for people")]
    detail: Annotated[str | None, Meta(title="what could not be read, for a program's author")]
    correlation_id: Annotated[str | None, Meta(title="as in the report")]


def allowance_use(use: Use | None) -> AllowanceUse | None:
    """A verdict's tightest allowance, as messages have it."""
    if use is None:
        return None
    return AllowanceUse(level=use.level, limit=use.limit, used=use.used, allowed=use.allowed, share=round(use.share, 3))
