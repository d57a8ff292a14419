"""[broker] → the MQTT broker to connect to."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from forwarder.semtech_udp.config import Port
from gateway.broker.settings import BrokerSettings, Tls
from gateway.config.host_name import is_host
from gateway.config.policy_section import SecretPath
from gateway.config.reader import Reader
from gateway.config.sections import AbsolutePath

# IANA: secure-mqtt and mqtt.
TLS_PORT, PLAIN_PORT = 8883, 1883
TLS_KEYS = ("ca_file", "certificate_file", "key_file")

ClientId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z", description="1 to 64 letters, digits, hyphens, dots, colons, underscores"
    ),
]
UserName = Annotated[str, Meta(pattern=r"^[^\x00-\x1F\x7F]{1,256}\Z", description="1 to 256 characters on one line")]


class BrokerSection(msgspec.Struct, frozen=True):
    """[broker]: the MQTT broker of the host. A password is never written here."""

    host: str
    port: Port | None = None
    tls: bool = True
    ca_file: AbsolutePath | None = None
    certificate_file: AbsolutePath | None = None
    key_file: AbsolutePath | None = None
    username: UserName | None = None
    password_file: SecretPath | None = None
    client_id: ClientId | None = None
    version: Literal["auto", "5", "3.1.1"] = "auto"
    keepalive_s: Annotated[int, Meta(ge=5, le=3_600)] = 60


def build_broker(section: BrokerSection | None, reader: Reader) -> BrokerSettings | None:
    """The broker; None without one. The reader holds what is wrong with it."""
    if section is None:
        return None
    if not is_host(section.host):
        reader.refuse(
            "broker.host", section.host, "must be a host name or an IP address alone; the port is broker.port"
        )
    _check_tls(section, reader)
    if section.password_file is not None and section.username is None and not reader.failed_at("broker.username"):
        reader.require("broker.username", "the user whose password is in broker.password_file")
    return BrokerSettings(
        host=section.host,
        port=section.port or (TLS_PORT if section.tls else PLAIN_PORT),
        client_id=section.client_id or "",
        tls=_tls(section) if section.tls else None,
        username=section.username,
        password_file=section.password_file,
        version=section.version,
        keepalive_s=section.keepalive_s,
    )


def _check_tls(section: BrokerSection, reader: Reader) -> None:
    if not section.tls:
        for key in TLS_KEYS:
            if (value := getattr(section, key)) is not None:
                reader.refuse(f"broker.{key}", value, "must be left out where broker.tls is false")
        return
    alone = section.key_file is not None and section.certificate_file is None
    if alone and not reader.failed_at("broker.certificate_file"):
        reader.require("broker.certificate_file", "the certificate that belongs to broker.key_file")


def _tls(section: BrokerSection) -> Tls:
    paths = {key: getattr(section, key) for key in TLS_KEYS}
    return Tls(**{key: None if value is None else Path(value) for key, value in paths.items()})
