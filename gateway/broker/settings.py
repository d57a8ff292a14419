"""What there is to know of a broker, and what is said to it."""

from pathlib import Path
from typing import Literal

import msgspec

Version = Literal["auto", "5", "3.1.1"]
LONGEST_TOPIC_BYTES = 65_535
LARGEST_PASSWORD_BYTES = 4_096


class Tls(msgspec.Struct, frozen=True):
    """How broker and gateway prove who they are. Without `ca_file` the system's authorities are trusted."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


class BrokerSettings(msgspec.Struct, frozen=True):
    """One broker. The files are read at each connection, so that renewed ones are used without a restart.

    `password_file` is a path, or "credential:NAME" for a file that systemd hands over.
    """

    host: str
    port: int
    client_id: str = ""
    tls: Tls | None = None
    username: str | None = None
    password_file: str | None = None
    version: Version = "auto"
    keepalive_s: int = 60


class Message(msgspec.Struct, frozen=True):
    """What the broker sent; `retained` where it was kept there from before."""

    topic: str
    payload: bytes
    retained: bool = False


class Will(msgspec.Struct, frozen=True):
    """What the broker says in this gateway's place when the connection is lost."""

    topic: str
    payload: bytes
    retain: bool = True
    qos: int = 1


def check_topic(topic: str) -> None:
    """Refuse a topic to which nothing can be published.

    Raises:
        ValueError: it is none, and the caller is wrong.
    """
    too_long = len(topic.encode()) > LONGEST_TOPIC_BYTES
    if not topic or too_long or any(character in topic for character in "+#\0"):
        raise ValueError(f"{topic[:80]!r} is not a topic: no '+', '#' or NUL, and 1 to {LONGEST_TOPIC_BYTES} bytes")
