"""[notices] → how depositors are told by e-mail and webhook. Whom, the policy says."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from forwarder.semtech_udp.config import Port
from gateway.config.broker_section import UserName
from gateway.config.host_name import is_host
from gateway.config.policy_section import SecretPath
from gateway.config.reader import Reader
from gateway.config.sections import AbsolutePath
from gateway.notices.settings import NoticesSettings, SmtpSettings, WebhookSettings
from gateway.policy.document import Email

# IANA: submission, submissions, smtp.
PORTS = {"starttls": 587, "tls": 465, "none": 25}
OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})

SenderName = Annotated[
    str, Meta(pattern=r"^(?=.*\S)[^\x00-\x1F\x7F]{1,100}\Z", description="1 to 100 characters on one line")
]


class SmtpSection(msgspec.Struct, frozen=True):
    """[notices.smtp]: the server that takes e-mail. A password is never written here."""

    host: str
    sender: Email
    sender_name: SenderName | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    port: Port | None = None
    ca_file: AbsolutePath | None = None
    username: UserName | None = None
    password_file: SecretPath | None = None
    bounces_to: Email | None = None


class WebhookSection(msgspec.Struct, frozen=True):
    """[notices.webhook]: webhooks are called where this is written, be it empty."""

    ca_file: AbsolutePath | None = None


class NoticesSection(msgspec.Struct, frozen=True):
    """[notices]: what goes to depositors' contacts."""

    ceiling_per_hour: Annotated[int, Meta(ge=2, le=60)] = 6
    smtp: SmtpSection | None = None
    webhook: WebhookSection | None = None


def build_notices(section: NoticesSection | None, name: str | None, reader: Reader) -> NoticesSettings | None:
    """The channels; None without the section. `name` is the gateway's. The reader holds what is wrong with it."""
    if section is None:
        return None
    if "policy" not in reader.written:
        reader.refuse("notices", {}, "needs the contacts of a policy: add the section [policy]")
    if section.smtp is None and section.webhook is None and not reader.failed_under("notices"):
        reader.require("notices.smtp", "the section [notices.smtp], or [notices.webhook], or both: a way to tell")
    webhook = section.webhook
    return NoticesSettings(
        smtp=None if section.smtp is None else _smtp(section.smtp, name, reader),
        webhook=None if webhook is None else WebhookSettings(_path(webhook.ca_file)),
        ceiling_per_hour=section.ceiling_per_hour,
    )


def _smtp(section: SmtpSection, name: str | None, reader: Reader) -> SmtpSettings:
    path = "notices.smtp"
    if not is_host(section.host):
        allowed = f"must be a host name or an IP address alone; the port is {path}.port"
        reader.refuse(f"{path}.host", section.host, allowed)
    if section.security == "none":
        _check_plain(section, path, reader)
    for key, other in (("username", "password_file"), ("password_file", "username")):
        alone = getattr(section, key) is not None and getattr(section, other) is None
        if alone and not reader.failed_at(f"{path}.{other}"):
            reader.require(f"{path}.{other}", f"what belongs to {path}.{key}")
    return SmtpSettings(
        host=section.host,
        port=section.port or PORTS[section.security],
        sender=section.sender,
        sender_name=section.sender_name or " ".join(filter(None, ("Candélabre", name))),
        security=section.security,
        ca_file=_path(section.ca_file),
        username=section.username,
        password_file=section.password_file,
        bounces_to=section.bounces_to,
    )


def _check_plain(section: SmtpSection, path: str, reader: Reader) -> None:
    """Nothing that can be read on the way leaves the gateway."""
    if section.host not in OWN_MACHINE:
        allowed = f'must be "starttls" or "tls", unless {path}.host is this machine: localhost'
        reader.refuse(f"{path}.security", section.security, allowed)
    for key in ("ca_file", "username", "password_file"):
        if (value := getattr(section, key)) is not None:
            reader.refuse(f"{path}.{key}", value, f'must be left out where {path}.security is "none"')


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
