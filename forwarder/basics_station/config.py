"""What may be set for one server that speaks Basics Station's LNS protocol."""

from typing import Annotated

import msgspec

from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.endpoint import Endpoint, discovery_endpoint


class BasicsStationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One network server, its name in logs and counters, and how it is reached.

    `uri` is the discovery's, "wss://host:port"; with "ws://" nothing is encrypted. Without `ca_file` the system's
    authorities are trusted. `certificate_file` and `key_file` prove who the gateway is; `token_file` holds lines
    `Name: value` that are sent as HTTP headers. The two secrets are paths, or "credential:NAME" for files that systemd
    hands over. The server is lost after `silent_after_keepalives` pings without any sign of life.

    Where `cups` is given it may name the LNS and hand out the credentials; `uri` may be empty then.

    `confirm_after_s` after one of these was sent, a ping asks whether the server read it.

    With `channels_from_server` the channels of its router_config take the place of the gateway's own.
    """

    name: str
    uri: str = ""
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    token_file: str | None = None
    keepalive_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 10.0
    silent_after_keepalives: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    connect_timeout_s: Annotated[float, msgspec.Meta(ge=1, le=600)] = 20.0
    answer_timeout_s: Annotated[float, msgspec.Meta(ge=1, le=600)] = 20.0
    confirm_after_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 2.0
    channels_from_server: bool = False
    cups: CupsConfig | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where the discovery is. Raises EndpointError."""
        return discovery_endpoint(self.uri)

    @property
    def host(self) -> str:
        """The server as people know it."""
        return self.uri or ("" if self.cups is None else self.cups.uri)
