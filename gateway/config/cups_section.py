"""[server.cups]: the server that hands out an LNS's address and credentials."""

from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.endpoint import EndpointError
from gateway.config.problems import Problem, shown
from gateway.config.reader import HIDDEN, Reader

NEEDS_TLS = ("ca_file", "certificate_file", "key_file", "token_file")


def check_cups(cups: CupsConfig, path: str, reader: Reader) -> bool:
    """Note what is wrong with a table that was read; whether its address is one."""
    if cups.certificate_file is not None and cups.key_file is None:
        reader.require(f"{path}.key_file", "the private key of certificate_file")
    if cups.key_file is not None and cups.certificate_file is None:
        reader.require(f"{path}.certificate_file", "the certificate of key_file; a token belongs in token_file")
    _check_hook(cups, path, reader)
    try:
        secure = cups.endpoint.secure
    except EndpointError as error:
        # Somebody may have written a password into it.
        reader.note(Problem(f"{path}.uri", HIDDEN if "@" in cups.uri else shown(cups.uri), str(error)))
        return False
    for key in NEEDS_TLS:
        if not secure and getattr(cups, key) is not None:
            reader.refuse(
                f"{path}.{key}", getattr(cups, key), 'must be left out with "http://": nothing is encrypted there'
            )
    return True


def _check_hook(cups: CupsConfig, path: str, reader: Reader) -> None:
    if cups.hook and (not cups.hook[0].startswith("/") or any("\0" in part for part in cups.hook)):
        reader.refuse(f"{path}.hook", list(cups.hook), 'must begin with a program\'s path: ["/PATH", "ARGUMENT"]')
    if cups.hook and not cups.signature_key_files:
        reader.require(f"{path}.signature_key_files", "the public keys that updates for the hook are signed with")
    if cups.signature_key_files and not cups.hook:
        reader.require(f"{path}.hook", "the program that takes updates signed with these keys, or leave the keys out")
