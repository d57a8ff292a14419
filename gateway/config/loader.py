"""The file as a whole: syntax, sections, and what must hold between them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.broker.settings import BrokerSettings
from gateway.config.broker_section import BrokerSection, build_broker
from gateway.config.host_name import is_host
from gateway.config.notices_section import NoticesSection, build_notices
from gateway.config.policy_section import PolicySection, check_policy
from gateway.config.problems import ConfigError, Problem
from gateway.config.radio_plan import build_plan
from gateway.config.reader import Reader
from gateway.config.sections import (
    NAME_DESCRIPTION,
    NAME_PATTERN,
    BeaconSection,
    GatewaySection,
    GnssSection,
    LogSection,
    RadioSection,
    RegulationSection,
)
from gateway.config.timing import build_beacon, build_position
from gateway.config.toml import parse_toml
from gateway.config.transmission import build_regulation, check_region
from gateway.gnss_time import GatewayPosition
from gateway.notices.settings import NoticesSettings
from radio.beacon import BeaconPlan
from radio.regulation_tables import Regulation
from radio.sx1302.plan import ConcentratorPlan

SERVER_TYPE = "semtech_udp"


class _File(msgspec.Struct, frozen=True):
    gateway: GatewaySection = GatewaySection()
    log: LogSection = LogSection()
    radio: RadioSection = RadioSection()
    regulation: RegulationSection = RegulationSection()
    gnss: GnssSection = GnssSection()
    beacon: BeaconSection = BeaconSection()
    policy: PolicySection | None = None
    broker: BrokerSection | None = None
    notices: NoticesSection | None = None
    server: Annotated[tuple[object, ...], msgspec.Meta(description="one or more tables: [[server]]")] = ()


class Config(msgspec.Struct, frozen=True):
    """All that the daemon is told: sections as written, what [radio] comes to, and the law, where it transmits.

    `beacon_plan` is None where no beacons are sent, `position`, `policy`, `broker` and `notices` where there are none.
    """

    gateway: GatewaySection
    log: LogSection
    radio: RadioSection
    regulation: RegulationSection
    gnss: GnssSection
    beacon: BeaconSection
    plan: ConcentratorPlan
    law: Regulation | None
    beacon_plan: BeaconPlan | None
    position: GatewayPosition | None
    servers: tuple[SemtechUdpConfig, ...]
    policy: PolicySection | None = None
    broker: BrokerSettings | None = None
    notices: NoticesSettings | None = None

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
    content = reader.table(parse_toml(data, source), _File, "") or _File()
    servers = _servers(content.server, reader)
    if not content.server and not reader.failed_at("server"):
        reader.require("server", "at least one [[server]]: what is heard has to go somewhere")
    plan = None if reader.failed_at("radio", "radio.region_plan") else build_plan(content.radio, reader)
    _check_model(content.radio, reader)
    check_region(content.regulation.region, reader)
    law = None
    if plan is not None and not reader.failed_at("regulation", "regulation.region"):
        law = build_regulation(content.regulation, content.radio.region_plan, plan, reader)
    beacon_plan = build_beacon(
        content.beacon,
        content.gnss,
        content.radio.region_plan or content.regulation.region,
        transmits=law is not None or reader.failed_under("radio") or reader.failed_at("regulation"),
        reader=reader,
    )
    position = build_position(content.gateway, reader)
    check_policy(content.policy, reader)
    broker = build_broker(content.broker, reader)
    notices = build_notices(content.notices, content.gateway.name, reader)
    if reader.problems or plan is None:
        raise ConfigError(source, reader.problems)
    return Config(
        gateway=content.gateway,
        log=content.log,
        radio=content.radio,
        regulation=content.regulation,
        gnss=content.gnss,
        beacon=content.beacon,
        plan=plan,
        law=law,
        beacon_plan=beacon_plan,
        position=position,
        servers=tuple(servers),
        policy=content.policy,
        broker=broker,
        notices=notices,
    )


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
    if not is_host(server.host):
        allowed = "must be a host name or an IP address alone; the ports are port_up and port_down"
        reader.refuse(f"{path}.host", server.host, allowed)
    return server


def _check_model(radio: RadioSection, reader: Reader) -> None:
    if radio.model == "sx1302" and radio.fine_timestamp != "off":
        allowed = 'must be "off" with this model: only the SX1303 has fine timestamps'
        reader.refuse("radio.fine_timestamp", radio.fine_timestamp, allowed)
