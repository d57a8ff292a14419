"""[[server]]: the network servers, each by the protocol that it speaks."""

import re
from collections.abc import Callable, Mapping

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.config.basics_station_section import build_basics_station
from gateway.config.chirpstack_section import ChirpstackMqttServer, build_chirpstack
from gateway.config.host_name import is_host
from gateway.config.reader import Reader
from gateway.config.sections import NAME_DESCRIPTION, NAME_PATTERN

ServerConfig = SemtechUdpConfig | ChirpstackMqttServer | BasicsStationConfig
"""One server. Each kind has a `name`, and `keepalive_s`: how often it answers at least while all is well."""
Build = Callable[[Mapping[str, object], str, Reader], ServerConfig | None]
"""Reads a table without its `type`, by its path; None where it cannot be read."""

DEFAULT_TYPE = "semtech_udp"


def build_servers(tables: tuple[object, ...], reader: Reader) -> list[ServerConfig]:
    """All of them; the reader holds what is wrong with them."""
    servers: list[ServerConfig] = []
    names: dict[str, str] = {}
    addresses: dict[tuple[object, ...], str] = {}
    setters: list[str] = []
    for index, table in enumerate(tables):
        path = f"server[{index}]"
        server = _server(table, path, reader)
        if server is None:
            continue
        servers.append(server)
        if not re.match(NAME_PATTERN, server.name):
            reader.refuse(f"{path}.name", server.name, f"must be {NAME_DESCRIPTION}")
        if (first := names.setdefault(server.name, path)) != path:
            reader.refuse(f"{path}.name", server.name, f"must differ: {first} has this name already")
        if (first := addresses.setdefault(_address(server), path)) != path:
            key = "uri" if isinstance(server, BasicsStationConfig) else "host"
            reader.refuse(f"{path}.{key}", server.host, f"must differ: {first} sends to this host and port")
        if _sets_channels(server):
            setters.append(path)
    for path in setters[1:]:
        reader.refuse(f"{path}.channels_from_server", True, f"must be false: {setters[0]} sets the channels")
    return servers


def _sets_channels(server: ServerConfig) -> bool:
    if isinstance(server, ChirpstackMqttServer):
        return server.backend.channels_from_server
    return isinstance(server, BasicsStationConfig) and server.channels_from_server


def _server(table: object, path: str, reader: Reader) -> ServerConfig | None:
    if not isinstance(table, Mapping):
        return reader.table(table, SemtechUdpConfig, path)
    kind = table.get("type", DEFAULT_TYPE)
    build = _BUILDERS.get(kind) if isinstance(kind, str) else None
    if build is None:
        known = " or ".join(f'"{name}"' for name in _BUILDERS)
        reader.refuse(f"{path}.type", kind, f"must be {known}")
        return None
    return build({key: value for key, value in table.items() if key != "type"}, path, reader)


def _semtech_udp(table: Mapping[str, object], path: str, reader: Reader) -> SemtechUdpConfig | None:
    server = reader.table(table, SemtechUdpConfig, path)
    if server is not None and not is_host(server.host):
        allowed = "must be a host name or an IP address alone; the ports are port_up and port_down"
        reader.refuse(f"{path}.host", server.host, allowed)
    return server


def _address(server: ServerConfig) -> tuple[object, ...]:
    """Where it is: no two servers are one."""
    if isinstance(server, BasicsStationConfig):
        is_named_by_cups = server.cups is not None and not server.uri
        endpoint = server.cups.endpoint if server.cups is not None and is_named_by_cups else server.endpoint
        return endpoint.host.lower(), endpoint.port, is_named_by_cups
    if isinstance(server, ChirpstackMqttServer):
        return server.host.lower(), server.broker.port, server.backend.prefix
    return server.host.lower(), server.port_up


_BUILDERS: Mapping[str, Build] = {
    DEFAULT_TYPE: _semtech_udp,
    "chirpstack_mqtt": build_chirpstack,
    "basics_station": build_basics_station,
}
