"""[[server]] of type "basics_station" → BasicsStationConfig."""

from collections.abc import Mapping

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.endpoint import EndpointError
from gateway.config.cups_section import check_cups
from gateway.config.problems import Problem, shown
from gateway.config.reader import HIDDEN, Reader

NEEDS_TLS = ("ca_file", "certificate_file", "key_file", "token_file")


def build_basics_station(table: Mapping[str, object], path: str, reader: Reader) -> BasicsStationConfig | None:
    """Read the table; None, and the reader holds why, where its address is none."""
    server = reader.table(table, BasicsStationConfig, path)
    if server is None:
        return None
    if server.certificate_file is not None and server.key_file is None:
        reader.require(f"{path}.key_file", "the private key of certificate_file")
    if server.key_file is not None and server.certificate_file is None:
        reader.require(f"{path}.certificate_file", "the certificate of key_file; a token belongs in token_file")
    if server.cups is not None and not check_cups(server.cups, f"{path}.cups", reader):
        return None
    if not server.uri:
        if server.cups is None:
            reader.require(f"{path}.uri", "the LNS's address, or a table cups with a server that names it")
            return None
        return server
    try:
        secure = server.endpoint.secure
    except EndpointError as error:
        # Somebody may have written a password into it.
        reader.note(Problem(f"{path}.uri", HIDDEN if "@" in server.uri else shown(server.uri), str(error)))
        return None
    for key in NEEDS_TLS:
        if not secure and getattr(server, key) is not None:
            reader.refuse(
                f"{path}.{key}", getattr(server, key), 'must be left out with "ws://": nothing is encrypted there'
            )
    return server
