"""Credentials as CUPS carries them, DER objects one behind the other, and as TLS wants them, PEM. Pure."""

import base64
import textwrap

import msgspec

from forwarder.basics_station.json_values import MalformedMessageError

_SEQUENCE = 0x30
_INTEGER = 0x02
# X.690 8.1.3: below 0x80 a length stands for itself, else it says how many bytes of length follow.
_LONG_FORM = 0x80
_MOST_LENGTH_BYTES = 2
_ABSENT = bytes(4)
_PEM_WIDTH = 64
_TOKEN_BYTES = frozenset(b"\t\r\n") | frozenset(range(0x20, 0x7F))


class Identity(msgspec.Struct, frozen=True):
    """Whom to trust and who one is. All DER, but for `token`: lines `Name: value`. What there is not is empty."""

    trust: bytes
    certificate: bytes = b""
    key: bytes = b""
    token: bytes = b""

    @property
    def proof(self) -> bytes:
        """What Basics Station keeps in its .key file: the private key, or the token."""
        return self.key or self.token


def split_identity(blob: bytes, field: str) -> Identity:
    """Take a block of credentials apart: authority, certificate, private key or token.

    A missing certificate is four zero bytes, and so is a missing key, which may also be shorter.

    Raises:
        MalformedMessageError: it is not made so; the text names `field` and the part.
    """
    trust, rest = _sequence(blob, f"{field}: the authority")
    if rest[:4] == _ABSENT:
        certificate, rest = b"", rest[4:]
    else:
        certificate, rest = _sequence(rest, f"{field}: the certificate")
    if not rest.strip(b"\0"):
        key = token = b""
    elif rest[0] == _SEQUENCE:
        key, rest = _sequence(rest, f"{field}: the private key")
        token = b""
        if rest:
            raise MalformedMessageError(f"{field}: {len(rest)} bytes follow the private key: there must be none")
    else:
        key, token = b"", rest
        if not _TOKEN_BYTES.issuperset(token):
            raise MalformedMessageError(f"{field}: the third part must be a private key in DER or a token in ASCII")
    if bool(certificate) != bool(key):
        missing, present = ("private key", "certificate") if certificate else ("certificate", "private key")
        raise MalformedMessageError(f"{field}: a {present} without its {missing}")
    return Identity(trust, certificate, key, token)


def client_pem(identity: Identity) -> bytes:
    """Certificate and private key in one PEM file, as TLS libraries read it.

    Raises:
        MalformedMessageError: the key is of no kind that has a name in PEM.
    """
    return _pem("CERTIFICATE", identity.certificate) + _pem(_key_label(identity.key), identity.key)


def _key_label(key: bytes) -> str:
    """By what follows the version: an algorithm (PKCS#8, RFC 5958), a number (RFC 8017 A.1.2) or octets (RFC 5915)."""
    _, start, end = _header(key, "the private key")
    if end - start >= 4 and key[start : start + 2] == bytes((_INTEGER, 1)):
        match key[start + 3]:
            case 0x30:
                return "PRIVATE KEY"
            case 0x02:
                return "RSA PRIVATE KEY"
            case 0x04:
                return "EC PRIVATE KEY"
    raise MalformedMessageError("the private key must be in PKCS#8, PKCS#1 or SEC 1 form")


def _pem(label: str, der: bytes) -> bytes:
    lines = textwrap.fill(base64.b64encode(der).decode(), _PEM_WIDTH)
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def _sequence(data: bytes, what: str) -> tuple[bytes, bytes]:
    """The DER SEQUENCE at the beginning, and what follows it."""
    tag, _, end = _header(data, what)
    if tag != _SEQUENCE:
        raise MalformedMessageError(f"{what} must be a DER SEQUENCE, and begins with 0x{tag:02x}")
    if end > len(data):
        raise MalformedMessageError(f"{what} must have {end} bytes, and {len(data)} are there")
    return data[:end], data[end:]


def _header(data: bytes, what: str) -> tuple[int, int, int]:
    """The tag of a DER object, and where its content begins and ends."""
    if len(data) < 2:
        raise MalformedMessageError(f"{what} is missing")
    tag, length, start = data[0], data[1], 2
    if length >= _LONG_FORM:
        count = length - _LONG_FORM
        if not 1 <= count <= _MOST_LENGTH_BYTES or len(data) < start + count:
            raise MalformedMessageError(f"{what} must have a length of one to {_MOST_LENGTH_BYTES} bytes")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    return tag, start, start + length
