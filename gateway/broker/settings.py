"""What there is to know of a broker, and what is said to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

Version = Literal["auto", "5", "3.1.1"]
LONGEST_TOPIC_BYTES = 65_535
LARGEST_PASSWORD_BYTES = 4_096


class Tls(msgspec.Struct, frozen=True):
    """How broker and gateway prove who they are. Without `ca_file` the system's authorities are trusted.

    `key_file` is a path, or "credential:NAME" for a file that systemd hands over.
    """

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
    """What the broker sent; `retained` where it was kept there from before.

    With MQTT 5 whoever asks may say where the answer is to go, and what it is to carry. Both are None without, with
    MQTT 3.1.1, and where they cannot be used: correlation data of more than 256 bytes, a response topic of more than
    1,024, one that is none and one that begins with "$". Whether the sender may have it so is for the handler to judge.
    """

    topic: str
    payload: bytes
    retained: bool = False
    response_topic: str | None = None
    correlation_data: bytes | None = None


class Will(msgspec.Struct, frozen=True):
    """What the broker says in this gateway's place when the connection is lost."""

    topic: str
    payload: bytes
    retain: bool = True
    qos: int = 1


Words = Will | Callable[[], Will | None] | None
"""What is to be said, or who knows it when it is time; None for nothing."""


def words_now(words: Words) -> Will | None:
    """What is to be said now."""
    return words() if callable(words) else words


def check_topic(topic: str) -> None:
    """Refuse a topic to which nothing can be published.

    Raises:
        ValueError: it is none, and the caller is wrong.
    """
    too_long = len(topic.encode()) > LONGEST_TOPIC_BYTES
    if not topic or too_long or any(character in topic for character in "+#\0"):
        raise ValueError(f"{topic[:80]!r} is not a topic: no '+', '#' or NUL, and 1 to {LONGEST_TOPIC_BYTES} bytes")
