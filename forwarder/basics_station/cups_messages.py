"""CUPS as bytes: the question in JSON, the binary answer, and the checksums by which a server knows what we have. Pure.

Basics Station documentation, "The CUPS Protocol", and src/cups.c of its release 2.0.6. All numbers are little endian.
"""

import zlib
from collections.abc import Sequence

import msgspec

from forwarder.basics_station.cups_der import Identity, split_identity
from forwarder.basics_station.identifiers import id6_text
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.basics_station.server_messages import StationVersion

LARGEST_UPDATE_BYTES = 8 * 1024 * 1024
# Two URIs, two blocks of credentials, a signature, and the lengths of them all.
LARGEST_ANSWER_BYTES = LARGEST_UPDATE_BYTES + 2 * 256 + 2 * 65_538 + 140 + 4
_CHECKSUM_BYTES = 4
# What stands for a file that is not there, or is empty.
_NO_FILE = bytes(4)
_LEAST_SIGNATURE_BYTES, _MOST_SIGNATURE_BYTES = 8, 132


class UpdateSignature(msgspec.Struct, frozen=True):
    """ECDSA, in DER, and the checksum of the key that is said to have made it."""

    key_checksum: int
    der: bytes


class CupsAnswer(msgspec.Struct, frozen=True):
    """What the server wants changed. What is to stay is empty or None."""

    cups_uri: str = ""
    lns_uri: str = ""
    cups_identity: Identity | None = None
    lns_identity: Identity | None = None
    signature: UpdateSignature | None = None
    update: bytes = b""


class Held(msgspec.Struct, frozen=True):
    """What we have of one server: its URI as it was given, "" for none, and the checksum of the credentials."""

    uri: str
    checksum: int


def question(gateway_eui: int, version: StationVersion, cups: Held, lns: Held, key_checksums: Sequence[int]) -> bytes:
    """The body of the request: who we are and what we have."""
    return msgspec.json.encode(
        {
            "router": id6_text(gateway_eui),
            "cupsUri": cups.uri or None,
            "tcUri": lns.uri or None,
            "cupsCredCrc": cups.checksum,
            "tcCredCrc": lns.checksum,
            "station": version.station,
            "model": version.model,
            "package": version.package,
            "keys": list(key_checksums),
        }
    )


def credentials_checksum(trust: bytes, certificate: bytes, proof: bytes) -> int:
    """CRC-32 over the three files, each one that is missing or empty being four zero bytes."""
    checksum = 0
    for content in (trust, certificate, proof):
        checksum = zlib.crc32(content or _NO_FILE, checksum)
    return checksum


def read_answer(body: bytes) -> CupsAnswer:
    """The answer, whole or not at all.

    Raises:
        MalformedMessageError: it ends early or late, or a part is none; the text names the part.
    """
    parts = _Parts(body)
    cups_uri = _uri(parts.next("cupsUri", 1, 255), "cupsUri")
    lns_uri = _uri(parts.next("tcUri", 1, 255), "tcUri")
    cups_blob = parts.next("cupsCred", 2, 65_535)
    lns_blob = parts.next("tcCred", 2, 65_535)
    signature = _signature(parts.next("signature", 4, _MOST_SIGNATURE_BYTES))
    update = parts.next("update", 4, LARGEST_UPDATE_BYTES)
    if parts.rest:
        raise MalformedMessageError(f"{parts.rest} bytes follow the update: there must be none")
    return CupsAnswer(
        cups_uri,
        lns_uri,
        split_identity(cups_blob, "cupsCred") if cups_blob else None,
        split_identity(lns_blob, "tcCred") if lns_blob else None,
        signature,
        update,
    )


class _Parts:
    """The answer's parts, each behind its length."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 0

    @property
    def rest(self) -> int:
        """Bytes that were not read yet."""
        return len(self._body) - self._position

    def next(self, name: str, length_bytes: int, most: int) -> bytes:
        """The next part."""
        length = int.from_bytes(self._take(f"the length of {name}", length_bytes), "little")
        if length > most:
            raise MalformedMessageError(f"{name} has {length} bytes: must be at most {most}")
        return self._take(name, length)

    def _take(self, name: str, length: int) -> bytes:
        if length > self.rest:
            raise MalformedMessageError(f"{name} ends early: {length} bytes are announced, {self.rest} are there")
        start = self._position
        self._position += length
        return self._body[start : self._position]


def _uri(text: bytes, name: str) -> str:
    try:
        return text.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise MalformedMessageError(f"{name} must be a URI in ASCII") from error


def _signature(part: bytes) -> UpdateSignature | None:
    if not part:
        return None
    if len(part) < _LEAST_SIGNATURE_BYTES:
        raise MalformedMessageError(f"signature has {len(part)} bytes: must be at least {_LEAST_SIGNATURE_BYTES}")
    return UpdateSignature(int.from_bytes(part[:_CHECKSUM_BYTES], "little"), part[_CHECKSUM_BYTES:])
