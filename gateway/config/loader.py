"""The file as a whole: syntax, sections, and what must hold between them."""

from pathlib import Path
from typing import Annotated

import msgspec

from forwarder.routing import Route
from gateway.broker.settings import BrokerSettings
from gateway.config.board_files import find_board
from gateway.config.broker_section import BrokerSection, build_broker
from gateway.config.metrics_section import MetricsSection, MetricsSettings, build_metrics
from gateway.config.notices_section import NoticesSection, build_notices
from gateway.config.policy_section import PolicySection, check_policy
from gateway.config.problems import ConfigError, Problem
from gateway.config.radio_board import BoardShare, check_pins, region_of, with_board
from gateway.config.radio_plan import build_plan
from gateway.config.reader import Reader
from gateway.config.routes_section import RouteSection, build_routes, server_names
from gateway.config.sections import (
    BeaconSection,
    GatewaySection,
    GnssSection,
    LogSection,
    RadioSection,
    RegulationSection,
)
from gateway.config.servers import ServerConfig, build_servers
from gateway.config.store_section import StoreSection
from gateway.config.supervision_section import SupervisionSection
from gateway.config.timing import build_beacon, build_position
from gateway.config.toml import parse_toml
from gateway.config.topics_section import TopicsSection, build_topics
from gateway.config.transmission import build_regulation, check_region
from gateway.gnss_time import GatewayPosition
from gateway.notices.settings import NoticesSettings
from radio.beacon import BeaconPlan
from radio.regulation_tables import Regulation
from radio.sx1302.plan import ConcentratorPlan


class _File(msgspec.Struct, frozen=True):
    gateway: GatewaySection = GatewaySection()
    log: LogSection = LogSection()
    radio: RadioSection = RadioSection()
    regulation: RegulationSection = RegulationSection()
    gnss: GnssSection = GnssSection()
    beacon: BeaconSection = BeaconSection()
    policy: PolicySection | None = None
    broker: BrokerSection | None = None
    topics: TopicsSection | None = None
    notices: NoticesSection | None = None
    metrics: MetricsSection | None = None
    server: Annotated[tuple[object, ...], msgspec.Meta(description="one or more tables: [[server]]")] = ()
    route: tuple[RouteSection | None, ...] = ()
    store: StoreSection = StoreSection()
    supervision: SupervisionSection = SupervisionSection()


class Config(msgspec.Struct, frozen=True):
    """All that the daemon is told: sections as written, what [radio] comes to, and the law, where it transmits.

    `beacon_plan` is None where no beacons are sent, `position`, `policy`, `broker` and `notices` where there are none.
    `radio` holds what its board brought; `board_share` says what that was, and is None where no board is named.
    `routes` are in the order of the file; where there are none, one for each server.
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
    servers: tuple[ServerConfig, ...]
    routes: tuple[Route, ...] = ()
    policy: PolicySection | None = None
    broker: BrokerSettings | None = None
    topics: TopicsSection = TopicsSection()
    notices: NoticesSettings | None = None
    metrics: MetricsSettings | None = None
    store: StoreSection = StoreSection()
    board_share: BoardShare | None = None
    supervision: SupervisionSection = SupervisionSection()

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
    servers = build_servers(content.server, reader)
    if not content.server and not reader.failed_at("server"):
        reader.require("server", "at least one [[server]]: what is heard has to go somewhere")
    routes = build_routes(content.route, server_names(content.server), reader)
    radio, share = content.radio, None
    if (board := find_board(radio.board, reader)) is not None:
        radio, share = with_board(radio, board, region_of(radio, content.regulation), reader.written)
    check_pins(radio, content.gnss, reader)
    calibration = share.calibration if share else None
    plan = None if reader.failed_at("radio", "radio.region_plan") else build_plan(radio, reader, calibration)
    _check_model(radio, reader)
    check_region(content.regulation.region, reader)
    law = None
    if plan is not None and not reader.failed_at("regulation", "regulation.region"):
        law = build_regulation(content.regulation, radio.region_plan, plan, reader)
    beacon_plan = build_beacon(
        content.beacon,
        content.gnss,
        radio.region_plan or content.regulation.region,
        transmits=law is not None or reader.failed_under("radio") or reader.failed_at("regulation"),
        reader=reader,
    )
    position = build_position(content.gateway, reader)
    check_policy(content.policy, reader)
    broker = build_broker(content.broker, reader)
    topics = build_topics(content.topics, reader)
    notices = build_notices(content.notices, content.gateway.name, reader)
    metrics = build_metrics(content.metrics, reader)
    if reader.problems or plan is None:
        raise ConfigError(source, reader.problems)
    return Config(
        gateway=content.gateway,
        log=content.log,
        radio=radio,
        regulation=content.regulation,
        gnss=content.gnss,
        beacon=content.beacon,
        plan=plan,
        law=law,
        beacon_plan=beacon_plan,
        position=position,
        servers=tuple(servers),
        routes=routes,
        policy=content.policy,
        broker=broker,
        topics=topics,
        notices=notices,
        metrics=metrics,
        store=content.store,
        supervision=content.supervision,
        board_share=share,
    )


def _check_model(radio: RadioSection, reader: Reader) -> None:
    if radio.model == "sx1302" and radio.fine_timestamp != "off":
        allowed = 'must be "off" with this model: only the SX1303 has fine timestamps'
        reader.refuse("radio.fine_timestamp", radio.fine_timestamp, allowed)
