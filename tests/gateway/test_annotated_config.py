"""config/gateway.toml, the file that a technician starts from, against the loader."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.config import parse_config
from gateway.config.broker_section import TLS_PORT, BrokerSection
from gateway.config.chirpstack_section import ChirpstackMqttSection
from gateway.config.metrics_section import MetricsSection
from gateway.config.notices_section import PORTS, NoticesSection, SmtpSection
from gateway.config.policy_section import PolicySection
from gateway.config.routes_section import RouteSection
from gateway.config.sections import (
    BeaconSection,
    GatewaySection,
    GnssSection,
    LogSection,
    RadioSection,
    RegulationSection,
)
from gateway.config.store_section import StoreSection
from gateway.config.supervision_section import SupervisionSection
from gateway.config.topics_section import TopicsSection
from gateway.link.messages_command import CommandName

ANNOTATED = Path(__file__).parents[2] / "config" / "gateway.toml"
SETTING_NOT_IN_FORCE = re.compile(r"^#(?=[^ \n#])|^#(?=  \{)", re.MULTILINE)
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "gateway": GatewaySection,
    "log": LogSection,
    "radio": RadioSection,
    "regulation": RegulationSection,
    "gnss": GnssSection,
    "beacon": BeaconSection,
    "policy": PolicySection,
    "broker": BrokerSection,
    "topics": TopicsSection,
    "notices": NoticesSection,
    "metrics": MetricsSection,
    "server": SemtechUdpConfig,
    "route": RouteSection,
    "store": StoreSection,
    "supervision": SupervisionSection,
}
KINDS_OF_SERVER: dict[str, type[msgspec.Struct]] = {
    "semtech_udp": SemtechUdpConfig,
    "chirpstack_mqtt": ChirpstackMqttSection,
}


def annotated() -> str:
    return ANNOTATED.read_text()


def in_force(text: str) -> str:
    """The file with every setting that it explains in force."""
    return SETTING_NOT_IN_FORCE.sub("", text)


def known_keys(shape: type[msgspec.Struct], path: str) -> Iterator[str]:
    for field in msgspec.structs.fields(shape):
        yield f"{path}.{field.name}"
        for inner in structs_in(inspect.type_info(field.type)):
            yield from known_keys(inner, f"{path}.{field.name}")


def structs_in(kind: inspect.Type) -> Iterator[type[msgspec.Struct]]:
    match kind:
        case inspect.StructType():
            yield kind.cls
        case inspect.VarTupleType():
            yield from structs_in(kind.item_type)
        case inspect.UnionType():
            for item in kind.types:
                yield from structs_in(item)


def written_keys(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from written_keys(item, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}.{key}".removeprefix(".")
            yield from written_keys(item, f"{path}.{key}".removeprefix("."))


def test_it_is_correct_as_it_stands() -> None:
    assert parse_config(annotated().encode()).radio.region_plan == "EU868"


def test_every_key_of_the_loader_is_explained_in_it() -> None:
    known = {key for name, shape in SECTIONS.items() for key in known_keys(shape, name)}
    written = set(written_keys(tomllib.loads(in_force(annotated()))))
    # Channels of all three kinds can be placed by if_hz; the text says so once, at the multi-SF ones.
    assert known - written == {"radio.lora_std.if_hz", "radio.fsk.if_hz"}


@pytest.mark.parametrize("kind", KINDS_OF_SERVER)
def test_every_key_of_each_kind_of_server_is_explained_in_its_example(kind: str) -> None:
    servers = tomllib.loads(in_force(annotated()))["server"]
    (example,) = [server for server in servers if server["type"] == kind]
    known = {field.name for field in msgspec.structs.fields(KINDS_OF_SERVER[kind])}
    assert known == example.keys() - {"type"}


def test_each_default_of_a_chirpstack_server_is_shown() -> None:
    (table,) = [
        server for server in tomllib.loads(in_force(annotated()))["server"] if server["type"] == "chirpstack_mqtt"
    ]
    given = {"name", "host", "metadata", "commands", "dev_addr_prefixes", "join_eui_prefixes", "port"}
    for field in msgspec.structs.fields(ChirpstackMqttSection):
        if field.name not in given and field.default is not None:
            assert table[field.name] == field.default, field.name
    assert table["port"] == TLS_PORT


def test_what_it_shows_as_not_in_force_are_the_defaults() -> None:
    shown = parse_config(in_force(annotated()).encode())
    real = parse_config(annotated().encode())
    assert shown.plan.channels == real.plan.channels
    assert shown.plan.radios[0] == real.plan.radios[0]
    assert (shown.plan.lora_std, shown.plan.fsk) == (real.plan.lora_std, real.plan.fsk)
    assert (shown.log, shown.servers[:1], shown.law) == (real.log, real.servers, real.law)
    assert msgspec.structs.replace(shown.gnss, port=None) == real.gnss
    assert shown.beacon == real.beacon
    own = dict.fromkeys(("eui", "name", "latitude_deg", "longitude_deg", "altitude_m"))
    assert msgspec.structs.replace(shown.gateway, **own) == real.gateway


@pytest.mark.parametrize("key", [field.name for field in msgspec.structs.fields(RadioSection)])
def test_each_default_of_the_radio_is_shown(key: str) -> None:
    if key in {"board", "chain", "channel", "lora_std", "fsk", "region_plan", "reset_pin", "power_pin"}:
        return  # from the region plan, or of the board
    assert getattr(parse_config(in_force(annotated()).encode()).radio, key) == getattr(RadioSection(), key)


def test_each_default_of_the_broker_is_shown() -> None:
    broker = parse_config(in_force(annotated()).encode()).broker
    assert broker is not None
    default = BrokerSection(host=broker.host)
    assert (broker.port, broker.tls is not None) == (TLS_PORT, default.tls)
    assert (broker.version, broker.keepalive_s) == (default.version, default.keepalive_s)


def test_each_default_of_the_store_is_shown() -> None:
    assert parse_config(in_force(annotated()).encode()).store == StoreSection()


def test_each_default_of_the_topics_is_shown() -> None:
    assert parse_config(in_force(annotated()).encode()).topics == TopicsSection()


def test_each_command_that_can_be_allowed_is_named() -> None:
    assert all(f'"{name.value}"' in annotated() for name in CommandName)


def test_each_default_of_the_notices_is_shown() -> None:
    notices = parse_config(in_force(annotated()).encode()).notices
    assert notices is not None
    assert notices.smtp is not None
    assert notices.ceiling_per_hour == NoticesSection().ceiling_per_hour
    default = SmtpSection(host=notices.smtp.host, sender=notices.smtp.sender)
    assert (notices.smtp.security, notices.smtp.port) == (default.security, PORTS[default.security])


def test_each_default_of_a_route_is_shown() -> None:
    (route,) = parse_config(in_force(annotated()).encode()).routes
    default = RouteSection(name=route.name, servers=route.servers)
    shown = (route.mirror, route.return_after_s, route.store)
    assert shown == (default.mirror, default.return_after_s, default.store)


def test_policy_broker_and_notices_are_examples_and_not_in_force() -> None:
    config = parse_config(annotated().encode())
    assert (config.policy, config.broker, config.notices) == (None, None, None)
