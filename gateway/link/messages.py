"""What all messages have in common: times, identities, sentences, and how they become JSON.

What the gateway tells has every field, always: null says that something is not known, or that there is none. Fields may
be added; a reader leaves alone those that it does not know. What is asked of the gateway may leave out what has a
default, and must have no other field.

Times are true or null: while the clock is not sure, `clock_sure` is false, and what it would have told is null. Dates
of the policy (the end of a right, say) are no clock's, and stand all the same.
"""

import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.policy.outcome import Outcome

Utc = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z\Z",
        description="a date and time in UTC with milliseconds: 2026-01-31T12:00:00.000Z",
        extra_json_schema={"format": "date-time"},
    ),
]
EuiText = Annotated[str, Meta(pattern=r"^[0-9A-F]{16}\Z", description="16 hexadecimal digits, upper case")]
DevAddrText = Annotated[str, Meta(pattern=r"^[0-9A-F]{8}\Z", description="8 hexadecimal digits, upper case")]
Count = Annotated[int, Meta(ge=0)]
ByOutcome = Annotated[dict[Outcome, Count], Meta(extra_json_schema={"propertyNames": {"$ref": "Outcome"}})]
"""How many, by reason; those that were none are left out."""
Seconds = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, description="1 is all of it")]

LATEST_UNIX_MS = 253_402_300_799_999
"""The last millisecond of the year 9999: a date beyond it has five digits."""

_ENCODER = msgspec.json.Encoder()


class Sentence(msgspec.Struct, frozen=True):
    """The same for people, in both languages of the messages."""

    fr: Annotated[str, Meta(title="in French")]
    en: Annotated[str, Meta(title="in English")]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What every message of a gateway says first."""

    format: Annotated[Literal[1], Meta(title="changes where a field changes its meaning or goes")] = 1
    gateway_eui: Annotated[EuiText, Meta(title="who tells it")]
    at: Annotated[Utc | None, Meta(title="when it was written")]
    clock_sure: Annotated[bool, Meta(title="whether the gateway's clock was right then; else times are null")]


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """Work on the gateway that is planned or going on (article 9)."""

    begins: Annotated[Utc | None, Meta(title="its planned beginning; null where it began without one")]
    ends: Annotated[Utc | None, Meta(title="its planned end; null where none is known yet")]
    reason: Annotated[str, Meta(title="what is done, in the host's words")]


def encode(message: msgspec.Struct) -> bytes:
    """As it is published."""
    return _ENCODER.encode(message)


def utc_text(unix_ms: int) -> Utc:
    """A moment as messages have it.

    Raises:
        ValueError: it lies before 1970, or after the year 9999.
    """
    if not 0 <= unix_ms <= LATEST_UNIX_MS:
        raise ValueError(f"{unix_ms} ms is no time of a message: 1970 to 9999")
    moment = datetime.datetime.fromtimestamp(unix_ms // 1000, datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{unix_ms % 1000:03}Z"


def unix_ms_of(text: Utc) -> int:
    """The moment again.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.UTC)
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000


def eui_text(eui: int) -> EuiText:
    """An EUI as messages have it."""
    return f"{eui:016X}"


def dev_addr_text(dev_addr: int) -> DevAddrText:
    """A DevAddr as messages have it."""
    return f"{dev_addr:08X}"
