"""What comes out of a session: what the backend has to do or to tell, and what it has to publish."""

from enum import Enum, auto

import msgspec

from forwarder.chirpstack_mqtt.channel_plan import ChannelPlan
from forwarder.chirpstack_mqtt.pending import EmissionFailed, ItemRefused, TransmitRequested


class IgnoredReason(Enum):
    """Why a command from the server was not carried out."""

    MALFORMED = auto()
    FOREIGN_GATEWAY = auto()
    RETAINED = auto()
    DUPLICATE = auto()
    NOT_KNOWN = auto()
    NOT_ALLOWED = auto()


class CommandIgnored(msgspec.Struct, frozen=True):
    """A command was not understood, or is not carried out. Where an answer is due, it has been given."""

    reason: IgnoredReason
    detail: str


class ConfigurationReceived(msgspec.Struct, frozen=True):
    """The server wants other channels; `ChirpstackSession.configuration_applied` takes its version once they are."""

    plan: ChannelPlan


class ExecRequested(msgspec.Struct, frozen=True):
    """The server wants a program of the configuration run; `ChirpstackSession.exec_ended` takes what it wrote."""

    exec_id: int
    argv: tuple[str, ...]
    stdin: bytes


Event = TransmitRequested | ItemRefused | EmissionFailed | CommandIgnored | ConfigurationReceived | ExecRequested


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A message to publish, how many packets it carries, and after how many seconds nobody wants it any more.

    `key` is that of the uplink in it.
    """

    topic: str
    payload: bytes
    retain: bool = False
    uplinks: int = 0
    expires_s: float | None = None
    key: int = 0
