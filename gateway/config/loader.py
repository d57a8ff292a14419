"""The file as a whole: syntax, sections, and what must hold between them."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.config.problems import ConfigError, Problem
from gateway.config.radio_plan import build_plan
from gateway.config.reader import Reader
from gateway.config.sections import (
    NAME_DESCRIPTION,
    NAME_PATTERN,
    GatewaySection,
    LogSection,
    RadioSection,
    RegulationSection,
)
from gateway.config.transmission import build_regulation
from radio.regulation_tables import Regulation
from radio.sx1302.plan import ConcentratorPlan

SERVER_TYPE = "semtech_udp"
HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}")


class _File(msgspec.Struct, frozen=True):
    gateway: GatewaySection = GatewaySection()
    log: LogSection = LogSection()
    radio: RadioSection = RadioSection()
    regulation: RegulationSection = RegulationSection()
    server: tuple[object, ...] = ()


class Config(msgspec.Struct, frozen=True):
    """All that the daemon is told: sections as written, what [radio] comes to, and the law, where it transmits."""

    gateway: GatewaySection
    log: LogSection
    radio: RadioSection
    regulation: RegulationSection
    plan: ConcentratorPlan
    law: Regulation | None
    servers: tuple[SemtechUdpConfig, ...]

    @property
    def gateway_eui(self) -> int | None:
        """The EUI to use; None for the chip's own."""
        return None if self.gateway.eui is None else int(self.gateway.eui, 16)


def load_config(path: Path) -> Config:
    """Read a file. Raises ConfigError, with every mistake, and nothing else."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), [Problem("", None, f"cannot be read: {error.strerror}")]) from error
    return parse_config(data, str(path))


def parse_config(data: bytes, source: str = "gateway.toml") -> Config:
    """Read a file's content. Raises ConfigError, with every mistake, and nothing else."""
    reader = Reader()
    content = reader.table(_toml(data, source), _File, "") or _File()
    servers = _servers(content.server, reader)
    if not content.server and not reader.failed_at("server"):
        reader.require("server", "at least one [[server]]: what is heard has to go somewhere")
    plan = None if reader.failed_at("radio", "radio.region_plan") else build_plan(content.radio, reader)
    _check_model(content.radio, reader)
    law = None
    if plan is not None and not reader.failed_at("regulation", "regulation.region"):
        law = build_regulation(content.regulation, content.radio.region_plan, plan, reader)
    if reader.problems or plan is None:
        raise ConfigError(source, reader.problems)
    return Config(
        gateway=content.gateway,
        log=content.log,
        radio=content.radio,
        regulation=content.regulation,
        plan=plan,
        law=law,
        servers=tuple(servers),
    )


def _toml(data: bytes, source: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02X} in line {line}"
        raise ConfigError(source, [Problem("", None, f"not UTF-8 text: {found}")]) from error
    except ValueError as error:
        raise ConfigError(source, [Problem("", None, f"not TOML: {error}")]) from error
    except RecursionError as error:
        raise ConfigError(source, [Problem("", None, "not TOML: nested too deep")]) from error


def _servers(tables: tuple[object, ...], reader: Reader) -> list[SemtechUdpConfig]:
    servers: list[SemtechUdpConfig] = []
    names: dict[str, str] = {}
    addresses: dict[tuple[str, int], str] = {}
    for index, table in enumerate(tables):
        path = f"server[{index}]"
        server = _server(table, path, reader)
        if server is None:
            continue
        servers.append(server)
        if (first := names.setdefault(server.name, path)) != path:
            reader.refuse(f"{path}.name", server.name, f"must differ: {first} has this name already")
        if (first := addresses.setdefault((server.host.lower(), server.port_up), path)) != path:
            reader.refuse(f"{path}.host", server.host, f"must differ: {first} sends to this host and port")
    return servers


def _server(table: object, path: str, reader: Reader) -> SemtechUdpConfig | None:
    if isinstance(table, Mapping):
        kind = table.get("type", SERVER_TYPE)
        if kind != SERVER_TYPE:
            reader.refuse(f"{path}.type", kind, f'must be "{SERVER_TYPE}", the only protocol supported yet')
            return None
        table = {key: value for key, value in table.items() if key != "type"}
    server = reader.table(table, SemtechUdpConfig, path)
    if server is None:
        return None
    if not re.match(NAME_PATTERN, server.name):
        reader.refuse(f"{path}.name", server.name, f"must be {NAME_DESCRIPTION}")
    if not HOST.fullmatch(server.host):
        reader.refuse(f"{path}.host", server.host, "must be a host name or an IP address")
    return server


def _check_model(radio: RadioSection, reader: Reader) -> None:
    if radio.model == "sx1302" and radio.fine_timestamp != "off":
        allowed = 'must be "off" with this model: only the SX1303 has fine timestamps'
        reader.refuse("radio.fine_timestamp", radio.fine_timestamp, allowed)
