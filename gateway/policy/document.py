"""The policy: the keys of the TOML document, one line each, and what the document comes to when it is read.

First the tables as they are written, from which docs/policy.schema.json is made: `title` says what a key means,
`description` what it may be. Then `Policy`, the compact form that the gateway works with.
"""

import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.policy.allowance import UNLIMITED, Allowance

DEFAULT_TIMEZONE = "Europe/Paris"
DEFAULT_WARNING_SHARE = 0.8
DEFAULT_UPLINK_TOPIC: Literal["metadata"] = "metadata"
LARGEST_SERIAL = 2**63 - 1
"""It is kept as a signed 64-bit integer, the largest that every TOML reader takes."""

# Nothing that would break a line, or turn the direction of what follows; French has no-break spaces in its texts.
_UNSEEN = r"\x00-\x1F\x7F-\x9F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFD"

Serial = Annotated[int, Meta(ge=1, le=LARGEST_SERIAL)]
Id = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z", description="1 to 32 lower-case letters, digits and hyphens"),
]
Text = Annotated[
    str,
    Meta(
        pattern=rf"^(?=.*\S)[^{_UNSEEN}]{{1,200}}\Z",
        description="text of 1 to 200 characters on one line, without control characters",
    ),
]
Email = Annotated[
    str, Meta(pattern=r"^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,190}\Z", description="an e-mail address: name@example.org")
]
Phone = Annotated[
    str,
    Meta(
        pattern=r"^\+?[0-9][0-9 ().-]{2,30}\Z",
        description="a telephone number: digits and spaces, + before a country's",
    ),
]
# No fragment and no user: neither would be sent. What follows the host may be a secret of whoever receives.
Webhook = Annotated[
    str,
    Meta(
        pattern=(
            r"^https://(?=.{1,492}\Z)([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
            r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
            r"([/?][!\x22$-~]*)?\Z"
        ),
        description="an address that begins with https://, of 500 characters at most, without user, blank or #",
    ),
]
Timezone = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_+/-]{1,64}\Z", description='the name of a time zone, such as "Europe/Paris"')
]
Moment = Annotated[
    datetime.date,
    Meta(description="a date such as 2026-01-01, or a date and time with its offset: 2026-01-01T12:00:00+01:00"),
]
Eui = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{16}\Z", description="16 hexadecimal digits")]
DevAddr = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{8}\Z", description="8 hexadecimal digits")]
DevAddrs = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Fa-f]{8}(/([7-9]|[12][0-9]|3[0-2]))?\Z",
        description="a DevAddr, 8 hexadecimal digits, or a block of them: 26011A00/24 (from /7 to /32)",
    ),
]
NetId = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{6}\Z", description="6 hexadecimal digits")]
Language = Literal["fr", "en"]
Mode = Literal["enforce", "observe"]
UplinkTopic = Literal["off", "metadata", "payload"]
UnknownAction = Literal["refuse", "forward", "observe"]


# --- As it is written. What is wrong in an array is None while it is read, so that positions keep their meaning.


class Contact(msgspec.Struct, frozen=True, gc=False):
    """A person or a service to turn to (annexe 1)."""

    role: Annotated[Text, Meta(title="what this contact is for")]
    name: Annotated[Text, Meta(title="a person or a service")]
    email: Annotated[Email, Meta(title="where notices go")] | None = None
    phone: Annotated[Phone, Meta(title="for what cannot wait")] | None = None
    webhook: Annotated[Webhook, Meta(title="where notices go, for a program that reads them")] | None = None


class Equipment(msgspec.Struct, frozen=True, gc=False):
    """[[depositor.equipment]]: connected equipment that the convention is about (annexe 1, A)."""

    description: Annotated[Text, Meta(title="what it is, and how many")]
    address: Annotated[Text, Meta(title="where it stands")]
    energy: Annotated[Text, Meta(title="what powers it: battery, sun, mains")]
    maintenance: Annotated[Text, Meta(title="who maintains it")]
    owner: Annotated[Text, Meta(title="whose it is; the party's that it does not stand on, if left out")] | None = None
    housed_by: Annotated[Literal["host", "depositor"], Meta(title="on whose furniture it stands")] = "host"


class Furniture(msgspec.Struct, frozen=True, gc=False):
    """[[depositor.furniture]]: street furniture or another support that carries equipment (annexe 1, B)."""

    type: Annotated[Text, Meta(title="what it is: a lamp post, a cabinet, a roof")]
    address: Annotated[Text, Meta(title="where it stands")]
    maintenance: Annotated[Text, Meta(title="who maintains it")]
    carries: Annotated[Text, Meta(title="the equipment on it")]
    owner: Annotated[Text, Meta(title="whose it is; the host's, if left out")] | None = None


class LentNetwork(msgspec.Struct, frozen=True, gc=False):
    """[[convention.network]]: a network that the host lends (annexe 1, C)."""

    description: Annotated[Text, Meta(title="what it is, and what it covers")]
    contact: Annotated[Text, Meta(title="whom to ask; the host's contacts, if left out")] | None = None


class ConventionTable(msgspec.Struct, frozen=True):
    """[convention]: the agreement under which the network is lent (articles 2 and 4)."""

    identity: Annotated[Text, Meta(title="the number or the name of the agreement")]
    host: Annotated[Text, Meta(title="the party that lends the network: partie accueillante")]
    begins: Annotated[Moment, Meta(title="its first day: that of its notification")]
    ends: Annotated[Moment, Meta(title="its last day, as renewed")]
    contact: tuple[Contact | None, ...] = ()
    network: tuple[LentNetwork | None, ...] = ()


class UnknownTable(msgspec.Struct, frozen=True):
    """[unknown]: what becomes of devices that no depositor declared."""

    action: Annotated[UnknownAction, Meta(title="observe: forward, and count as would be refused")]


class WarningTable(msgspec.Struct, frozen=True):
    """[warning]: when a depositor is told that a limit comes near."""

    share: Annotated[float, Meta(ge=0.1, le=1, title="the used share of a daily limit")] = DEFAULT_WARNING_SHARE


class SuspensionTable(msgspec.Struct, frozen=True):
    """[[depositor.suspension]]: the right to use the network, withdrawn for a while (article 9)."""

    begins: Annotated[Moment, Meta(title="its first day")]
    reason: Annotated[Text, Meta(title="why: the depositor reads it")]
    ends: Annotated[Moment, Meta(title="its last day; without one it lasts until a new document")] | None = None


class ConsentTable(msgspec.Struct, frozen=True):
    """[depositor.consent]: what the depositor agreed that the host may do (article 8, depositor, 5th)."""

    host_copy: Annotated[bool, Meta(title="whether the host may use the data that cross its network")]
    begins: Annotated[Moment, Meta(title="its first day; the right's, if left out")] | None = None
    ends: Annotated[Moment, Meta(title="its last day; the right's, if left out")] | None = None


class EuiRangeTable(msgspec.Struct, frozen=True):
    """All DevEUIs from one to another, both included."""

    first: Eui
    last: Eui


class DeviceTable(msgspec.Struct, frozen=True):
    """[[depositor.group.device]]: an allowance for one device, in the place of its group's device_allowance."""

    allowance: Annotated[Allowance, Meta(title="what this device may use")]
    dev_eui: Annotated[Eui, Meta(title="the device, by its DevEUI")] | None = None
    dev_addr: Annotated[DevAddr, Meta(title="the device, by its DevAddr: one of the two")] | None = None


class GroupTable(msgspec.Struct, frozen=True):
    """[[depositor.group]]: devices that have a purpose and limits in common."""

    id: Annotated[Id, Meta(title="its name in topics and reports; unlike that of the depositor's other groups")]
    name: Annotated[Text, Meta(title="its name for people")]
    dev_euis: Annotated[tuple[Eui | None, ...], Meta(title="its devices, by DevEUI")] = ()
    dev_eui_ranges: Annotated[tuple[EuiRangeTable | None, ...], Meta(title="its devices, by ranges of DevEUIs")] = ()
    join_euis: Annotated[tuple[Eui | None, ...], Meta(title="its devices, by the JoinEUI with which they join")] = ()
    dev_addrs: Annotated[tuple[DevAddrs | None, ...], Meta(title="its devices, by DevAddr or block of them")] = ()
    net_ids: Annotated[tuple[NetId | None, ...], Meta(title="its devices, by the NetID of their network")] = ()
    allowance: Annotated[Allowance, Meta(title="what the group as a whole may use")] = UNLIMITED
    device_allowance: Annotated[Allowance, Meta(title="what each of its devices may use")] = UNLIMITED
    device: tuple[DeviceTable | None, ...] = ()
    consent: ConsentTable | None = None


class DepositorTable(msgspec.Struct, frozen=True):
    """[[depositor]]: a party whose devices use the network: partie déposante."""

    id: Annotated[Id, Meta(title="its name in topics and reports; unlike that of every other depositor")]
    name: Annotated[Text, Meta(title="its name for people")]
    mode: Annotated[Mode, Meta(title="enforce: what is over a limit is refused; observe: it is counted and forwarded")]
    language: Annotated[Language, Meta(title="the language of what it is told")] = "fr"
    uplink_topic: Annotated[
        UplinkTopic, Meta(title="whether its uplinks are published to it, and whether with their encrypted payloads")
    ] = DEFAULT_UPLINK_TOPIC
    begins: Annotated[Moment, Meta(title="its right's first day; the convention's, if left out")] | None = None
    ends: Annotated[Moment, Meta(title="its right's last day; the convention's, if left out")] | None = None
    contact: tuple[Contact | None, ...] = ()
    suspension: tuple[SuspensionTable | None, ...] = ()
    consent: ConsentTable | None = None
    allowance: Annotated[Allowance, Meta(title="what the depositor as a whole may use")] = UNLIMITED
    group: tuple[GroupTable | None, ...] = ()
    equipment: tuple[Equipment | None, ...] = ()
    furniture: tuple[Furniture | None, ...] = ()


class PolicyDocument(msgspec.Struct, frozen=True):
    """The host's policy: whose devices may use its network, and how much."""

    candelabre_policy: Annotated[Literal[1], Meta(title="the format of this document", description="1")]
    serial: Annotated[Serial, Meta(title="the number of this issue; each is larger than the one before")]
    valid_from: Annotated[Moment, Meta(title="the first day on which this document applies")]
    valid_until: Annotated[Moment, Meta(title="the last day on which this document applies")]
    convention: ConventionTable
    unknown: UnknownTable
    timezone: Annotated[Timezone, Meta(title="where the dates of this document begin and end")] = DEFAULT_TIMEZONE
    warning: WarningTable = WarningTable()
    depositor: tuple[DepositorTable | None, ...] = ()


# --- As it is read. EUIs, DevAddrs and NetIDs are integers, moments are Unix seconds.

EuiRange = tuple[int, int]
"""The first and the last DevEUI, both included."""

Block = tuple[int, int]
"""DevAddrs that begin alike: the first of them, and how many leading bits they share, 7 to 31."""


class Period(msgspec.Struct, frozen=True, gc=False):
    """From a moment on, and until another, which is no part of it."""

    begins_unix_s: int
    ends_unix_s: int


class Convention(msgspec.Struct, frozen=True, gc=False):
    """The agreement under which the network is lent."""

    identity: str
    host: str
    period: Period
    contacts: tuple[Contact, ...] = ()
    networks: tuple[LentNetwork, ...] = ()


class Suspension(msgspec.Struct, frozen=True, gc=False):
    """The right withdrawn, for a reason; `ends_unix_s` is None until a new document says otherwise."""

    begins_unix_s: int
    ends_unix_s: int | None
    reason: str


class Consent(msgspec.Struct, frozen=True, gc=False):
    """Whether the host may use the depositor's data, in that period."""

    host_copy: bool
    period: Period


class Group(msgspec.Struct, frozen=True, gc=False):
    """Devices that have limits in common.

    `exceptions` are allowances in the place of `device_allowance`, by DevEUI; `dev_addr_exceptions` by DevAddr. Without
    a `consent` the depositor's holds.
    """

    id: str
    name: str
    dev_euis: tuple[int, ...] = ()
    dev_eui_ranges: tuple[EuiRange, ...] = ()
    join_euis: tuple[int, ...] = ()
    dev_addrs: tuple[int, ...] = ()
    dev_addr_blocks: tuple[Block, ...] = ()
    net_ids: tuple[int, ...] = ()
    allowance: Allowance = UNLIMITED
    device_allowance: Allowance = UNLIMITED
    exceptions: tuple[tuple[int, Allowance], ...] = ()
    dev_addr_exceptions: tuple[tuple[int, Allowance], ...] = ()
    consent: Consent | None = None


class Depositor(msgspec.Struct, frozen=True, gc=False):
    """A party whose devices use the network, its right to do so, and its limits."""

    id: str
    name: str
    mode: Mode
    language: Language
    right: Period
    suspensions: tuple[Suspension, ...] = ()
    contacts: tuple[Contact, ...] = ()
    consent: Consent | None = None
    allowance: Allowance = UNLIMITED
    groups: tuple[Group, ...] = ()
    uplink_topic: UplinkTopic = DEFAULT_UPLINK_TOPIC
    equipment: tuple[Equipment, ...] = ()
    furniture: tuple[Furniture, ...] = ()


class Policy(msgspec.Struct, frozen=True, gc=False):
    """The document, read and found free of mistakes: every identity in it leads to one group."""

    serial: int
    valid: Period
    timezone: str
    convention: Convention
    unknown: UnknownAction
    warning_share: float
    depositors: tuple[Depositor, ...] = ()
