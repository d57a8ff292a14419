"""Who may read and write which topic: what config/mosquitto/acl.example says to the broker."""

import enum

import msgspec

from gateway.link.topic import Channel


class Role(enum.Enum):
    """What an account at the broker is for."""

    GATEWAY = "gateway"
    """One gateway: its own topics."""
    DEPOSITOR = "depositor"
    """One depositor: its own topics, of all gateways."""
    OPERATOR = "operator"
    """Who runs the host's network day to day."""
    HOST = "host"
    """What uses the data that depositors agreed to share (article 8, depositor, 5th)."""


class Access(msgspec.Struct, frozen=True):
    """Who may do what on a channel; whoever is not named may not."""

    readers: frozenset[Role]
    writers: frozenset[Role]


_GATEWAY = frozenset({Role.GATEWAY})
_DEPOSITOR = frozenset({Role.DEPOSITOR})
_OPERATOR = frozenset({Role.OPERATOR})
_DEPOSITOR_AND_OPERATOR = _DEPOSITOR | _OPERATOR

# Depositors may read whether a gateway is online: when it is dead, nothing else can tell them. Operators may not read
# the depositors' uplinks: what the host may have of them is the host's copy, which ends with the consent.
ACCESS = {
    Channel.STATE: Access(_DEPOSITOR_AND_OPERATOR | {Role.HOST}, _GATEWAY),
    Channel.HEALTH: Access(_OPERATOR, _GATEWAY),
    Channel.STATS: Access(_OPERATOR, _GATEWAY),
    Channel.EVENT: Access(_OPERATOR, _GATEWAY),
    Channel.LINK: Access(_DEPOSITOR_AND_OPERATOR, _GATEWAY),
    Channel.INCIDENT: Access(_DEPOSITOR_AND_OPERATOR, _GATEWAY),
    Channel.UPLINK: Access(_DEPOSITOR, _GATEWAY),
    Channel.REPORT: Access(_DEPOSITOR_AND_OPERATOR | _GATEWAY, _DEPOSITOR),
    Channel.REPORT_ACK: Access(_DEPOSITOR_AND_OPERATOR, _GATEWAY),
    Channel.HOST_UPLINK: Access(_OPERATOR | {Role.HOST}, _GATEWAY),
    Channel.COMMAND: Access(_OPERATOR | _GATEWAY, _OPERATOR),
    Channel.COMMAND_REPLY: Access(_OPERATOR, _GATEWAY),
}
