"""What there is to know of the channels."""

from pathlib import Path
from typing import Literal

import msgspec

Security = Literal["starttls", "tls", "none"]


class SmtpSettings(msgspec.Struct, frozen=True):
    """The server that takes e-mail, and who writes. The files are read at each message.

    `security` is "none" for a server on the gateway itself only. `bounces_to` is where undeliverable mail goes back to.
    """

    host: str
    port: int
    sender: str
    sender_name: str = "Candelabre"
    security: Security = "starttls"
    ca_file: Path | None = None
    username: str | None = None
    password_file: str | None = None
    bounces_to: str | None = None
    timeout_s: float = 20


class WebhookSettings(msgspec.Struct, frozen=True):
    """How webhooks are called. `ca_file` holds authorities that are trusted beside the system's."""

    ca_file: Path | None = None
    timeout_s: float = 15


class NoticesSettings(msgspec.Struct, frozen=True):
    """The channels, each None where there is none, and how many messages a contact gets in an hour at most."""

    smtp: SmtpSettings | None
    webhook: WebhookSettings | None
    ceiling_per_hour: int = 6
