"""Something that happened, for operators: an event before it is written. Pure."""

from typing import Literal

import msgspec

from gateway.link.instant import Instant
from gateway.link.messages import Sentence
from gateway.link.messages_operator import Event, Occurrence
from gateway.link.operator.times import letterhead

Level = Literal["info", "warning", "error"]
Details = dict[str, str | int | float | bool | None]


class Happening(msgspec.Struct, frozen=True):
    """What happened, and whether somebody should look. `depositor` is whom it concerns, if one alone.

    `matter` is what the happenings of one thing that comes and goes have in common, so that they can be limited; None
    for what is told each time.
    """

    kind: Occurrence
    level: Level
    sentence: Sentence
    details: Details = {}
    matter: str | None = None
    depositor: str | None = None


def event_of(happening: Happening, gateway_eui: int, now: Instant) -> Event:
    """As it is published."""
    head = letterhead(gateway_eui, now)
    return Event(
        gateway_eui=head.gateway_eui,
        at=head.at,
        clock_sure=head.clock_sure,
        kind=happening.kind,
        level=happening.level,
        sentence=happening.sentence,
        depositor=happening.depositor,
        details=happening.details,
    )
