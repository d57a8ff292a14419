"""What a session tells the gateway. Pure."""

from collections.abc import Sequence
from enum import Enum, auto

import msgspec

from forwarder.backend import Downlink
from forwarder.basics_station.channel_plan import ChannelPlan
from forwarder.basics_station.link import Lost


class DownlinkRequested(msgspec.Struct, frozen=True):
    """The server wants something transmitted; the session's `answered` takes what became of it.

    It is the same wish `again` where another window of it is tried; `accepted_before` where that follows the failure of
    an accepted one.
    """

    downlink: Downlink
    again: bool = False
    accepted_before: bool = False


class RouterConfigured(msgspec.Struct, frozen=True):
    """The server has said what its region is. `plan` is what it wants listened to, if it says so."""

    region: str
    plan: ChannelPlan | None
    remarks: tuple[str, ...]


class UplinksProven(msgspec.Struct, frozen=True, gc=False):
    """So many uplinks more were read by the server, and the keys of those that have one."""

    uplinks: int
    keys: Sequence[int] = ()


class UplinksSettled(msgspec.Struct, frozen=True, gc=False):
    """Nothing more is to be done for these keys: not wanted by the server, or nothing the protocol has a word for."""

    keys: Sequence[int]


class UplinksReturned(msgspec.Struct, frozen=True, gc=False):
    """Nobody tries any more to send these keys, or to learn whether the server has them."""

    keys: Sequence[int]


class IgnoredReason(Enum):
    """Why a message from the server, or an order of it, came to nothing."""

    MALFORMED = auto()
    BAD_REQUEST = auto()
    UNKNOWN = auto()
    NOT_OFFERED = auto()
    SERVER_ERROR = auto()
    NOT_TRANSMITTED = auto()


class MessageIgnored(msgspec.Struct, frozen=True):
    """A message was of no use. A bad request counts as a downlink received."""

    reason: IgnoredReason
    detail: str


Event = DownlinkRequested | RouterConfigured | UplinksProven | UplinksSettled | UplinksReturned | MessageIgnored | Lost
