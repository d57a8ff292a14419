"""Where a network server's end is: its URI, strict as Station writes it, or as people do. Pure."""

import ipaddress
import re
from urllib.parse import urlsplit

import msgspec

DISCOVERY_PATH = "/router-info"
_PORTS = {"wss": 443, "ws": 80}
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
_PATH = re.compile(r"/[\x21-\x7e]{0,2047}")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,4096}")


class EndpointError(ValueError):
    """Not an address of a WebSocket server; the text says what would be right."""


class Endpoint(msgspec.Struct, frozen=True):
    """A WebSocket server. `host` is a name or an address without brackets; `path` begins with "/"."""

    secure: bool
    host: str
    port: int
    path: str = DISCOVERY_PATH

    @property
    def uri(self) -> str:
        """As it is written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self.secure else 'ws'}://{host}:{self.port}{self.path}"


def discovery_endpoint(text: str) -> Endpoint:
    """The discovery end of a server, given by "wss://host:port"; without scheme wss, without port its usual one.

    Raises:
        EndpointError: it is none.
    """
    text = text.strip()
    endpoint = _endpoint(text if "://" in text else f"wss://{text}")
    if endpoint.path not in ("/", DISCOVERY_PATH):
        raise EndpointError(f"must be without a path: {DISCOVERY_PATH} is added")
    return msgspec.structs.replace(endpoint, path=DISCOVERY_PATH)


def data_endpoint(text: str, discovery: Endpoint) -> Endpoint:
    """The data end that a discovery answered with.

    What was found over TLS is spoken to over TLS. A server behind a proxy that ends TLS for it does not know, and
    answers "ws": on the discovery's own host and port that is put right, elsewhere it is refused.

    Raises:
        EndpointError: it is none, or would give up the encryption.
    """
    endpoint = _endpoint(text.strip())
    if endpoint.secure or not discovery.secure:
        return endpoint
    if (endpoint.host.lower(), endpoint.port) == (discovery.host.lower(), discovery.port):
        return msgspec.structs.replace(endpoint, secure=True)
    raise EndpointError("must be a wss URI: the discovery was encrypted, and the data would not be")


def _endpoint(text: str) -> Endpoint:
    if not _VISIBLE.fullmatch(text):
        raise EndpointError("must be printable ASCII without spaces, such as wss://lns.example.org:8887")
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise EndpointError(f"must be such as wss://lns.example.org:8887 ({error})") from error
    if parts.scheme not in _PORTS:
        raise EndpointError("must begin with wss:// or ws://")
    if parts.username is not None or parts.fragment:
        raise EndpointError("must be without user name and fragment; a token stands in token_file")
    if port == 0 or not _is_host(host):
        raise EndpointError("must have a host name or an IP address, in brackets if IPv6, and a port from 1 to 65535")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not _PATH.fullmatch(path):
        raise EndpointError("must have a path of at most 2048 characters")
    return Endpoint(parts.scheme == "wss", host, port or _PORTS[parts.scheme], path)


def _is_host(host: str) -> bool:
    if ":" not in host:
        return _HOST.fullmatch(host) is not None
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
