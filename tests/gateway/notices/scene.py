"""Notices and what they are made of, for tests."""

import ssl
from pathlib import Path

from gateway.notices.combined import message_of
from gateway.notices.compose import notice_of
from gateway.notices.news import Matter, News, Setting
from gateway.notices.notice import Kind, Message, Notice
from gateway.policy.document import Language

NOON = 1_795_604_400
"""25 November 2026, 11:00 UTC: noon in Paris."""
SETTING = Setting(
    "tour-perret",
    "0016C001FF10A235",
    "Ville de Hauterive",
    "Europe/Paris",
    ("Réseau LoRaWAN, Direction du numérique : +33 4 99 00 00 01, reseau@hauterive.example",),
)


def news(kind: Kind = Kind.OPENED, identity: str = "1795604400000-ab12", **others: object) -> News:
    """An incident of the radio, which began at noon, was noticed a minute later and lasted for an hour."""
    facts: dict[str, object] = {
        "matter": Matter.LINK,
        "state": "down",
        "cause": "radio",
        "begins_unix_s": NOON,
        "detected_unix_s": NOON + 60,
        "ends_unix_s": NOON + 3_600 if kind is Kind.CLOSED else None,
    }
    return News(kind=kind, identity=identity, **(facts | others))  # type: ignore[arg-type] # of many types


def notice(
    number: int = 1, kind: Kind = Kind.OPENED, identity: str = "1795604400000-ab12", language: Language = "fr"
) -> Notice:
    """One that was made when its incident was noticed."""
    return notice_of(
        news(kind, identity, occurrence=number),
        "metropole",
        language,
        SETTING,
        number=number,
        unix_s=NOON + 60,
    )


def message(number: int = 1, kind: Kind = Kind.OPENED) -> Message:
    """One notice as a message."""
    return message_of([notice(number, kind)])


def server_tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
