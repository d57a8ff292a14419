"""[[server]] of type "chirpstack_mqtt" → a ChirpStack server and the broker through which it is reached."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from forwarder.chirpstack_mqtt.config import DEFAULT_PREFIX, ChirpstackMqttConfig
from forwarder.filters import DEV_ADDR_BITS, JOIN_EUI_BITS, Prefix, UplinkFilter, parse_prefix
from gateway.broker.settings import BrokerSettings
from gateway.config.broker_section import BrokerSection, broker_settings
from gateway.config.reader import Reader
from gateway.config.sections import NAME_DESCRIPTION, NAME_PATTERN
from radio.packets import CrcStatus

# What ChirpStack takes for a sign that a message is JSON.
JSON_SIGN = "gatewayId"
# Written by the gateway itself; ChirpStack acts upon the last two.
OWN_METADATA = ("candelabre_version", "concentratord_version", "config_version")
LONGEST_METADATA = 256

RegionPrefix = Annotated[
    str,
    Meta(
        pattern=r"^(?!\$)([^+#/\x00]+(/[^+#/\x00]+)*)?\Z",
        max_length=256,
        description='the topic_prefix of a region in ChirpStack, without "/" at its ends, or ""',
    ),
]
DevAddrPrefix = Annotated[
    str,
    Meta(pattern=r"^[0-9A-Fa-f]{8}/[0-9]{1,2}\Z", description='8 hexadecimal digits, "/" and a length from 0 to 32'),
]
JoinEuiPrefix = Annotated[
    str,
    Meta(pattern=r"^[0-9A-Fa-f]{16}/[0-9]{1,2}\Z", description='16 hexadecimal digits, "/" and a length from 0 to 64'),
]
Texts = Annotated[Mapping[str, str], Meta(description="a table of texts")]
Programs = Annotated[
    Mapping[str, tuple[str, ...]],
    Meta(description='a table of names, each with a program and its arguments: { NAME = ["/PATH", "ARGUMENT"] }'),
]


class ChirpstackMqttSection(BrokerSection, frozen=True, kw_only=True):
    """[[server]]: a ChirpStack server, by the broker that it is connected to."""

    name: str
    keepalive_s: Annotated[int, Meta(ge=5, le=3_600)] = 30
    qos: Annotated[Literal[0, 1], Meta(description="0 or 1")] = 1
    prefix: RegionPrefix = DEFAULT_PREFIX
    json: bool = False
    forward_crc_ok: bool = True
    forward_crc_bad: bool = False
    forward_crc_absent: bool = False
    lorawan_only: bool = False
    dev_addr_prefixes: tuple[DevAddrPrefix, ...] = ()
    join_eui_prefixes: tuple[JoinEuiPrefix, ...] = ()
    metadata: Texts = msgspec.field(default_factory=dict)
    commands: Programs = msgspec.field(default_factory=dict)
    channels_from_server: bool = False


class ChirpstackMqttServer(msgspec.Struct, frozen=True):
    """A ChirpStack server, and the broker through which it is reached."""

    backend: ChirpstackMqttConfig
    broker: BrokerSettings

    @property
    def name(self) -> str:
        """Its name in logs and counters."""
        return self.backend.name

    @property
    def host(self) -> str:
        """The broker's."""
        return self.broker.host

    @property
    def keepalive_s(self) -> float:
        """How often the broker answers at least while all is well."""
        return self.backend.keepalive_s


def build_chirpstack(table: Mapping[str, object], path: str, reader: Reader) -> ChirpstackMqttServer | None:
    """Read one; None where that is not possible. The reader holds what is wrong with it."""
    section = reader.table(table, ChirpstackMqttSection, path)
    if section is None:
        return None
    _check_metadata(section, path, reader)
    _check_commands(section, path, reader)
    backend = ChirpstackMqttConfig(
        name=section.name,
        prefix=section.prefix,
        json=section.json,
        qos=section.qos,
        keepalive_s=section.keepalive_s,
        filter=_filter(section, path, reader),
        metadata=section.metadata,
        commands=section.commands,
        channels_from_server=section.channels_from_server,
    )
    return ChirpstackMqttServer(backend, broker_settings(section, path, reader))


def _filter(section: ChirpstackMqttSection, path: str, reader: Reader) -> UplinkFilter:
    crc = {
        CrcStatus.OK: section.forward_crc_ok,
        CrcStatus.BAD: section.forward_crc_bad,
        CrcStatus.ABSENT: section.forward_crc_absent,
    }
    return UplinkFilter(
        crc=frozenset(status for status, is_wanted in crc.items() if is_wanted),
        lorawan_only=section.lorawan_only,
        dev_addr_prefixes=_prefixes(section.dev_addr_prefixes, DEV_ADDR_BITS, f"{path}.dev_addr_prefixes", reader),
        join_eui_prefixes=_prefixes(section.join_eui_prefixes, JOIN_EUI_BITS, f"{path}.join_eui_prefixes", reader),
    )


def _prefixes(texts: tuple[str, ...], bits: int, path: str, reader: Reader) -> tuple[Prefix, ...]:
    prefixes: list[Prefix] = []
    for index, text in enumerate(texts):
        prefix = parse_prefix(text, bits)
        if prefix is None:
            reader.refuse(f"{path}[{index}]", text, f"must have a length from 0 to {bits}")
        else:
            prefixes.append(prefix)
    return tuple(prefixes)


def _check_metadata(section: ChirpstackMqttSection, path: str, reader: Reader) -> None:
    for key, value in section.metadata.items():
        if key in OWN_METADATA:
            reader.refuse(f"{path}.metadata.{key}", value, "must be left out: the gateway says this itself")
        elif not key or len(key) > LONGEST_METADATA or len(value) > LONGEST_METADATA:
            reader.refuse(
                f"{path}.metadata", key, f"must be 1 to {LONGEST_METADATA} characters, the text behind it too"
            )
        elif not section.json and JSON_SIGN in f"{key} {value}":
            reader.refuse(
                f"{path}.metadata", key, f'must not contain "{JSON_SIGN}": ChirpStack would take reports for JSON'
            )


def _check_commands(section: ChirpstackMqttSection, path: str, reader: Reader) -> None:
    for name, argv in section.commands.items():
        if not re.match(NAME_PATTERN, name):
            reader.refuse(f"{path}.commands", name, f"must be {NAME_DESCRIPTION}")
        if not argv or not argv[0].startswith("/") or any("\0" in part for part in argv):
            reader.refuse(f"{path}.commands.{name}", list(argv), 'must begin with a program\'s path: ["/PATH", …]')
