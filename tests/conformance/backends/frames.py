"""Uplinks that every protocol can carry: LoRaWAN data frames, each with a number."""

from typing import Any

from forwarder.backend import Uplink
from tests.packets import packet

HEARD_S = 1_700_000_000.25
HEARD_NS = 1_700_000_000_250_000_000


def frame(number: int, size: int = 4) -> bytes:
    """An unconfirmed data frame: device 26011234, port 7, the number in it in `size` bytes, and a MIC."""
    counter = (number & 0xFFFF).to_bytes(2, "little")
    return b"\x40" + bytes.fromhex("34120126") + b"\x00" + counter + b"\x07" + number.to_bytes(size, "big") + b"mic!"


def uplink(number: int, key: int = 0, *, late: bool = False, utc_ns: int | None = None, **changes: Any) -> Uplink:
    """One of them, as the concentrator heard it."""
    fields: dict[str, Any] = {"payload": frame(number), "counter_us": 1_000_000 + number, **changes}
    return Uplink(packet(**fields), utc_ns=utc_ns, key=key, late=late)


def keyed(*keys: int, late: bool = False) -> list[Uplink]:
    """One for each key, with the key for its number."""
    return [uplink(key, key, late=late) for key in keys]


def unkeyed(*numbers: int) -> list[Uplink]:
    """Uplinks of which nobody waits to hear."""
    return [uplink(number) for number in numbers]
