"""In what the protocols differ, by name. Whatever is not here is the same for all of them."""

import enum
from collections.abc import Mapping


class Flag(enum.Enum):
    """Something that one protocol has, or does, and another one has not."""

    ACKNOWLEDGES_UPLINKS = enum.auto()
    """The server has a word for "I have it"; else the answer to a later ping is all that can be known."""
    ANSWERS_AT_ACCEPTANCE = enum.auto()
    """A downlink is answered when it is accepted; else once it was emitted."""
    ANSWERS_AT_THE_END = enum.auto()
    """A gateway that stops answers for what it accepted and will not emit."""
    CARRIES_REPORTS = enum.auto()
    """There is a statistics report."""
    ENDS_AT_OVERSIZE = enum.auto()
    """A message beyond a limit ends the connection; else the broker keeps it back, or there is no such thing."""
    HAS_CONNECTION = enum.auto()
    """It is known at once that the server is gone: what has a key is given back, and the rest waits in memory."""
    HAS_TLS = enum.auto()
    """The server proves who it is."""
    KEEPS_ORDER = enum.auto()
    """What is sent later never arrives earlier."""
    KNOWS_REPEATED_REQUESTS = enum.auto()
    """A request that comes twice is carried out once."""
    LEVEL_IS_THE_SIGNALS = enum.auto()
    """`rssi` is the signal's own level; else that of the channel, with the noise in it."""
    MARKS_LATE = enum.auto()
    """An uplink that waited on disk is marked as late; else its time alone tells."""
    REPORTS_ADD_UP = enum.auto()
    """Reports that could not be sent are added to the next one."""
    TELLS_FAILED_EMISSIONS = enum.auto()
    """There is a word for a packet that was accepted and not emitted."""
    TELLS_POWER_USED = enum.auto()
    """The server is told that less power was used than it asked for."""
    TELLS_REFUSALS = enum.auto()
    """There is a word for a refusal."""
    TRIES_RX2 = enum.auto()
    """A request carries both receive windows, and the gateway chooses; else the server asks once for each."""


FLAGS: Mapping[str, frozenset[Flag]] = {
    "semtech_udp": frozenset(
        {
            Flag.ACKNOWLEDGES_UPLINKS,
            Flag.ANSWERS_AT_ACCEPTANCE,
            Flag.CARRIES_REPORTS,
            Flag.TELLS_POWER_USED,
            Flag.TELLS_REFUSALS,
        }
    ),
    "basics_station": frozenset(
        {
            Flag.ENDS_AT_OVERSIZE,
            Flag.HAS_CONNECTION,
            Flag.HAS_TLS,
            Flag.KEEPS_ORDER,
            Flag.LEVEL_IS_THE_SIGNALS,
            Flag.TRIES_RX2,
        }
    ),
    "chirpstack_mqtt": frozenset(
        {
            Flag.ACKNOWLEDGES_UPLINKS,
            Flag.ANSWERS_AT_THE_END,
            Flag.CARRIES_REPORTS,
            Flag.HAS_CONNECTION,
            Flag.HAS_TLS,
            Flag.KEEPS_ORDER,
            Flag.KNOWS_REPEATED_REQUESTS,
            Flag.MARKS_LATE,
            Flag.REPORTS_ADD_UP,
            Flag.TELLS_FAILED_EMISSIONS,
            Flag.TELLS_REFUSALS,
            Flag.TRIES_RX2,
        }
    ),
}
