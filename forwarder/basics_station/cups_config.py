"""What may be set for a server that hands out credentials, addresses and updates (CUPS)."""

from typing import Annotated

import msgspec

from forwarder.basics_station.cups_http import cups_endpoint
from forwarder.basics_station.endpoint import Endpoint

KeyFiles = Annotated[tuple[str, ...], msgspec.Meta(max_length=16, description="a list of at most 16 files")]
Argv = Annotated[
    tuple[str, ...], msgspec.Meta(max_length=64, description='a program and its arguments: ["/PATH", "ARGUMENT"]')
]


class CupsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server is, "https://host:port", and how the gateway proves who it is, as for an LNS.

    `hook` is a program and its arguments, which is given the path of each update that a key of `signature_key_files`
    signed; without it updates are left alone. The server is asked every `interval_s`, and has `timeout_s` to answer.
    """

    uri: str
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    token_file: str | None = None
    interval_s: Annotated[float, msgspec.Meta(ge=60, le=2_592_000)] = 86_400.0
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=3_600)] = 300.0
    hook: Argv = ()
    hook_timeout_s: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 600.0
    signature_key_files: KeyFiles = ()

    @property
    def endpoint(self) -> Endpoint:
        """Where the server is. Raises EndpointError."""
        return cups_endpoint(self.uri)
