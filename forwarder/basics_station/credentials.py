"""Who the gateway is and whom it trusts: read from files for each connection, so that renewed ones are used at once."""

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path

import msgspec

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.secret_file import SecretFileError, read_secret, secret_path

MOST_HEADERS = 32
_HEADER = re.compile(r"([A-Za-z0-9_-]{2,128}):[ \t]*([\x20-\x7e]{1,16384})")


class CredentialsError(Exception):
    """A file cannot be used; the text names it and the remedy, and nothing of its content."""


class Credentials(msgspec.Struct, frozen=True):
    """What a connection is opened with."""

    tls: ssl.SSLContext | None
    headers: tuple[tuple[str, str], ...] = ()


def read_credentials(
    config: BasicsStationConfig, *, secure: bool, environment: Mapping[str, str] = os.environ
) -> Credentials:
    """Read the files. Blocks for a disk at most. Without TLS nothing is read: a token is never sent in clear.

    Raises:
        CredentialsError: one of them cannot be used.
    """
    if not secure:
        return Credentials(None)
    try:
        return Credentials(_tls_context(config, environment), _headers(config.token_file, environment))
    except SecretFileError as error:
        raise CredentialsError(str(error)) from error


def _tls_context(config: BasicsStationConfig, environment: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=_authorities(config.ca_file))
    except (OSError, ValueError) as error:
        raise CredentialsError(f"{config.ca_file}: cannot be used as certificate authority: {error}") from error
    if config.certificate_file is None:
        return context
    key_file = config.key_file or config.certificate_file
    read_secret(key_file, environment)
    try:
        context.load_cert_chain(config.certificate_file, secret_path(key_file, environment), password=_no_password)
    except (OSError, ValueError) as error:
        raise CredentialsError(f"{config.certificate_file} and its key cannot be used: {error}") from error
    return context


def _authorities(ca_file: str | None) -> str | bytes | None:
    """Certificates, PEM as text and DER as bytes; None for the system's."""
    if ca_file is None:
        return None
    content = Path(ca_file).read_bytes()
    if not content.strip():
        # ssl would trust the system's authorities instead.
        raise ValueError("it is empty")
    # Names above the certificates may be in any language; ssl takes none but ASCII.
    return content.decode("ascii", "ignore") if b"-----BEGIN" in content else content


def _headers(token_file: str | None, environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The lines `Name: value` of a file, as they stand there."""
    if token_file is None:
        return ()
    lines = [
        line for line in read_secret(token_file, environment).decode("utf-8", "replace").splitlines() if line.strip()
    ]
    found = [_HEADER.fullmatch(line.rstrip()) for line in lines[:MOST_HEADERS]]
    if not found or None in found or len(lines) > MOST_HEADERS:
        raise CredentialsError(f'{token_file}: each line must be "Name: value", such as "Authorization: Bearer ..."')
    return tuple((match[1], match[2]) for match in found if match is not None)


def _no_password() -> str:
    """Never ask a terminal for the password of a key: there is nobody there."""
    raise ValueError("the private key has a password: only keys without one can be used")
