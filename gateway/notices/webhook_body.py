"""A message → the request that carries it to a program: JSON, signed as Standard Webhooks describes it. Pure.

What is signed is `ID.TIMESTAMP.BODY`, by the gateway's Ed25519 key; the signature is `v1a,` and its base64
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, asymmetric signatures).
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from gateway.notices.notice import Message, Notice

UNKNOWN_TIME = 0
"""In the place of a time that is not sure: it is older than any reader accepts without saying so."""


class NoticeBody(msgspec.Struct, frozen=True, kw_only=True):
    """One notice, for a program. Times are ISO 8601 in UTC, null where they are not known."""

    id: str
    number: int
    incident: str
    kind: str
    matter: str
    state: str | None
    cause: str | None
    created: str | None
    clock_sure: bool
    begins: str | None
    detected: str | None
    ends: str | None
    sentence: str


class MessageBody(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the notices that it carries, oldest first, and the same for a person."""

    format: Literal[1] = 1
    id: str
    gateway_eui: str
    depositor: str
    language: str
    subject: str
    text: str
    notices: tuple[NoticeBody, ...]
    lost: int


def body_of(message: Message, gateway_eui: str) -> bytes:
    """The body, the same for the same message."""
    return msgspec.json.encode(
        MessageBody(
            id=message.id,
            gateway_eui=gateway_eui,
            depositor=message.newest.depositor,
            language=message.language,
            subject=message.subject,
            text=message.text,
            notices=tuple(map(_notice_body, message.notices)),
            lost=message.lost,
        )
    )


def headers_of(identity: str, body: bytes, unix_s: int | None, sign: Callable[[bytes], str]) -> Mapping[str, str]:
    """What goes before it. `sign` gives the base64 of the gateway's signature."""
    timestamp = str(UNKNOWN_TIME if unix_s is None else unix_s)
    signature = sign(f"{identity}.{timestamp}.".encode() + body)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "candelabre",
        "webhook-id": identity,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1a,{signature}",
    }


def _notice_body(notice: Notice) -> NoticeBody:
    return NoticeBody(
        id=notice.id,
        number=notice.number,
        incident=notice.incident_id,
        kind=notice.kind.value,
        matter=notice.matter,
        state=notice.state,
        cause=notice.cause,
        created=_iso(notice.created_unix_s),
        clock_sure=notice.clock_sure,
        begins=_iso(notice.begins_unix_s),
        detected=_iso(notice.detected_unix_s),
        ends=_iso(notice.ends_unix_s),
        sentence=notice.sentence,
    )


def _iso(unix_s: int | None) -> str | None:
    if unix_s is None:
        return None
    return datetime.datetime.fromtimestamp(unix_s, datetime.UTC).isoformat().replace("+00:00", "Z")
