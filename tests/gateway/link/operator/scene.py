"""What the tests of operators' documents share: a gateway that is well, and a look at what is published."""

from typing import Any

import msgspec

from gateway.link.instant import Instant
from gateway.link.messages import encode
from gateway.link.messages_operator import BrokerHealth
from gateway.link.operator.happening import Happening, event_of
from gateway.link.operator.health_document import Inside
from gateway.link.schema import message_schema
from gateway.link.signals import RadioSignal, ServerSignal, Signals
from tests.gateway.link.json_schema import misfits

EUI = 0xAA555A0000000101
NOW = Instant(5_000_000, 1_772_439_301_002)
UNSURE = Instant(5_000_000)
NOW_TEXT = "2026-03-02T08:15:01.002Z"
PATIENCE_S = 28.0

WELL = Signals(
    radio=RadioSignal(working=True, silent_s=2.44, usual_silence_s=184.0),
    servers=(ServerSignal("main", True, 1.0), ServerSignal("second", True, 2.0)),
    broker_connected=True,
    clock_synchronised=True,
    gnss=True,
    unix_s=1_772_439_301,
    disk_free_share=0.71,
    temperature_c=38.5,
    undervoltage=False,
    policy_serial=12,
)
INSIDE = Inside(
    uptime_s=11_697.84,
    valid_for_s=150,
    broker=BrokerHealth(mqtt="5", connections=1, waiting=2, dropped=0, refused=0, expired=0, last_problem=None),
)


def but(signals: Signals = WELL, **changes: Any) -> Signals:
    """The same signals, with something else in them."""
    return msgspec.structs.replace(signals, **changes)


def servers(main_unanswered_s: float, *, connected: bool = True) -> tuple[ServerSignal, ...]:
    """The two servers, of which the first has not answered for so long."""
    return ServerSignal("main", connected, main_unanswered_s), ServerSignal("second", True, 2.0)


def published(message: msgspec.Struct) -> dict[str, Any]:
    """A message as it is read, which must fit its schema."""
    told: dict[str, Any] = msgspec.json.decode(encode(message))
    schema: Any = message_schema(type(message))
    assert list(misfits(told, schema, schema)) == []
    return told


def as_told(happening: Happening) -> dict[str, Any]:
    """An event as it is read."""
    return published(event_of(happening, EUI, NOW))
