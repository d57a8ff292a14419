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
from gateway.config.notices_section import PORTS, NoticesSection, SmtpSection
from gateway.config.policy_section import PolicySection
from gateway.config.sections import (
    BeaconSection,
    GatewaySection,
    GnssSection,
    LogSection,
    RadioSection,
    RegulationSection,
)

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
    "notices": NoticesSection,
    "server": SemtechUdpConfig,
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


def test_what_it_shows_as_not_in_force_are_the_defaults() -> None:
    shown = parse_config(in_force(annotated()).encode())
    real = parse_config(annotated().encode())
    assert shown.plan.channels == real.plan.channels
    assert shown.plan.radios[0] == real.plan.radios[0]
    assert (shown.plan.lora_std, shown.plan.fsk) == (real.plan.lora_std, real.plan.fsk)
    assert (shown.log, shown.servers, shown.law) == (real.log, real.servers, real.law)
    assert msgspec.structs.replace(shown.gnss, port=None) == real.gnss
    assert shown.beacon == real.beacon
    own = dict.fromkeys(("eui", "name", "latitude_deg", "longitude_deg", "altitude_m"))
    assert msgspec.structs.replace(shown.gateway, **own) == real.gateway


@pytest.mark.parametrize("key", [field.name for field in msgspec.structs.fields(RadioSection)])
def test_each_default_of_the_radio_is_shown(key: str) -> None:
    if key in {"chain", "channel", "lora_std", "fsk", "region_plan", "reset_pin", "power_pin"}:
        return  # from the region plan, or of the board
    assert getattr(parse_config(in_force(annotated()).encode()).radio, key) == getattr(RadioSection(), key)


def test_each_default_of_the_broker_is_shown() -> None:
    broker = parse_config(in_force(annotated()).encode()).broker
    assert broker is not None
    default = BrokerSection(host=broker.host)
    assert (broker.port, broker.tls is not None) == (TLS_PORT, default.tls)
    assert (broker.version, broker.keepalive_s) == (default.version, default.keepalive_s)


def test_each_default_of_the_notices_is_shown() -> None:
    notices = parse_config(in_force(annotated()).encode()).notices
    assert notices is not None
    assert notices.smtp is not None
    assert notices.ceiling_per_hour == NoticesSection().ceiling_per_hour
    default = SmtpSection(host=notices.smtp.host, sender=notices.smtp.sender)
    assert (notices.smtp.security, notices.smtp.port) == (default.security, PORTS[default.security])


def test_policy_broker_and_notices_are_examples_and_not_in_force() -> None:
    config = parse_config(annotated().encode())
    assert (config.policy, config.broker, config.notices) == (None, None, None)
