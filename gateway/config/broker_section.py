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
    key_file: SecretPath | None = None
    username: UserName | None = None
    password_file: SecretPath | None = None
    client_id: ClientId | None = None
    version: Literal["auto", "5", "3.1.1"] = "auto"
    keepalive_s: Annotated[int, Meta(ge=5, le=3_600)] = 60


def build_broker(section: BrokerSection | None, reader: Reader) -> BrokerSettings | None:
    """The broker; None without one. The reader holds what is wrong with it."""
    return None if section is None else broker_settings(section, "broker", reader)


def broker_settings(section: BrokerSection, path: str, reader: Reader) -> BrokerSettings:
    """The broker of the section at a path. The reader holds what is wrong with it."""
    if not is_host(section.host):
        reader.refuse(
            f"{path}.host", section.host, f"must be a host name or an IP address alone; the port is {path}.port"
        )
    _check_tls(section, path, reader)
    if section.password_file is not None and section.username is None and not reader.failed_at(f"{path}.username"):
        reader.require(f"{path}.username", f"the user whose password is in {path}.password_file")
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


def _check_tls(section: BrokerSection, path: str, reader: Reader) -> None:
    if not section.tls:
        for key in TLS_KEYS:
            if (value := getattr(section, key)) is not None:
                reader.refuse(f"{path}.{key}", value, f"must be left out where {path}.tls is false")
        return
    alone = section.key_file is not None and section.certificate_file is None
    if alone and not reader.failed_at(f"{path}.certificate_file"):
        reader.require(f"{path}.certificate_file", f"the certificate that belongs to {path}.key_file")


def _tls(section: BrokerSection) -> Tls:
    paths = {key: getattr(section, key) for key in TLS_KEYS}
    return Tls(**{key: None if value is None else Path(value) for key, value in paths.items()})
