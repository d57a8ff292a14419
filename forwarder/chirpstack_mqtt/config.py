"""What may be set for one ChirpStack server, beside the broker over which it is reached."""

from collections.abc import Mapping

import msgspec

from forwarder.filters import UplinkFilter

DEFAULT_PREFIX = "eu868"


class ChirpstackMqttConfig(msgspec.Struct, frozen=True):
    """One network server: its name in logs and counters, how it is spoken to, and which packets it wants.

    `prefix` is the region's in ChirpStack's configuration, "" for none: it is all that ties a gateway to a region. With
    `json`, messages are JSON instead of Protocol Buffers. `metadata` goes with each statistics report. `commands` are
    the programs that the server may have run, by name, each with its arguments. With `channels_from_server` it may set
    the channels to listen to, and how often it is reported to. `keepalive_s` is how often the broker answers at least
    while all is well.
    """

    name: str
    prefix: str = DEFAULT_PREFIX
    json: bool = False
    qos: int = 1
    keepalive_s: float = 30.0
    filter: UplinkFilter = UplinkFilter()
    metadata: Mapping[str, str] = {}
    commands: Mapping[str, tuple[str, ...]] = {}
    channels_from_server: bool = False
