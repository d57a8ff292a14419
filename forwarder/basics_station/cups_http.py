"""What CUPS needs of HTTP/1.1: a POST, and the head of its answer (RFC 9112). Pure."""

import re
from collections.abc import Sequence

import msgspec

from forwarder.basics_station.endpoint import Endpoint, EndpointError, discovery_endpoint

UPDATE_PATH = "/update-info"
_SCHEMES = {"https": "wss", "http": "ws"}
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*")
_LENGTH = re.compile(rb"[0-9]{1,10}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")


class HttpError(Exception):
    """The answer is not HTTP/1.1 as we speak it; the text says where."""


class Head(msgspec.Struct, frozen=True):
    """The beginning of an answer. `length` is the body's, None where it goes on until the connection ends."""

    status: int
    length: int | None
    chunked: bool


def cups_endpoint(text: str) -> Endpoint:
    """A CUPS server, given by "https://host:port"; without scheme https, without port its usual one.

    Raises:
        EndpointError: it is none.
    """
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "https", text
    scheme = scheme.lower()
    if scheme not in _SCHEMES:
        raise EndpointError("must begin with https:// or http://")
    place = f"must be such as https://cups.example.org:443, with a host, a port and no path: {UPDATE_PATH} is added"
    host, slash, path = rest.partition("/")
    if f"{slash}{path}" not in ("", "/", UPDATE_PATH):
        raise EndpointError(place)
    try:
        endpoint = discovery_endpoint(f"{_SCHEMES[scheme]}://{host}")
    except EndpointError as error:
        raise EndpointError(place) from error
    return msgspec.structs.replace(endpoint, path=UPDATE_PATH)


def request(endpoint: Endpoint, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """The request, whole. One connection is for one of them."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    lines = [
        f"POST {endpoint.path} HTTP/1.1",
        f"Host: {host}:{endpoint.port}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def read_head(data: bytes) -> Head:
    """The status and what is said of the body; `data` ends before the empty line.

    Raises:
        HttpError: it is no such head.
    """
    first, *lines = data.split(b"\r\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        raise HttpError("the answer does not begin as HTTP/1.1 does")
    fields: dict[bytes, list[bytes]] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise HttpError("the answer has a header line that is none")
        fields.setdefault(field[1].lower(), []).append(field[2])
    lengths = set(fields.get(b"content-length", []))
    encodings = [value.lower() for value in fields.get(b"transfer-encoding", [])]
    if encodings not in ([], [b"chunked"]) or (encodings and lengths):
        raise HttpError("the answer has a Transfer-Encoding that is not understood")
    if len(lengths) > 1 or not all(_LENGTH.fullmatch(length) for length in lengths):
        raise HttpError("the answer has a Content-Length that is none")
    return Head(int(status[1]), int(lengths.pop()) if lengths else None, bool(encodings))


def read_chunk_size(line: bytes) -> int:
    """How many bytes the next chunk has; `line` ends before its line break.

    Raises:
        HttpError: it does not say so.
    """
    size = _CHUNK_SIZE.fullmatch(line)
    if size is None:
        raise HttpError("the answer has a chunk without a size")
    return int(size[1], 16)
