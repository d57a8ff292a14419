"""What a gateway under trial tells of each uplink, and which uplink that is."""

import struct
from typing import NamedTuple

import msgspec

from tests.gateway.policy.frames import data_frame, join_request

_DATA = struct.Struct("<xIxH")
_JOIN = struct.Struct("<xQQH")
_JOIN_BYTES = 23
_DEV_ADDR_BITS = 32


class Ident(NamedTuple):
    """An uplink: its DevAddr and frame counter; of a join request, its DevEUI and nonce."""

    device: int
    counter: int

    @property
    def is_join(self) -> bool:
        """Whether it is a join request: these DevEUIs are longer than any DevAddr."""
        return self.device >> _DEV_ADDR_BITS > 0

    @property
    def frame(self) -> bytes:
        """What the device sends."""
        if self.is_join:
            return join_request(self.device, self.counter)
        return data_frame(self.device, self.counter, b"metered")


def ident_of(payload: bytes) -> Ident:
    """Of a frame of one of the devices."""
    if len(payload) == _JOIN_BYTES and payload[0] == 0:
        _, dev_eui, nonce = _JOIN.unpack_from(payload)
        return Ident(dev_eui, nonce)
    return Ident(*_DATA.unpack_from(payload))


class Told(msgspec.Struct, frozen=True, array_like=True):
    """One line. `at_s` is the monotonic clock, which all processes share.

    | what | says that |
    | --- | --- |
    | `admitted` | the policy lets it pass, and the router has it; `detail` is the depositor |
    | `sent`, `sent_late` | a server's end was given it, live or out of the store, with this key |
    | `confirmed`, `failed` | the fate of a key |
    | `ordered` | the store is asked to keep it |
    | `ON_DISK`, `IN_MEMORY`, `GIVEN_UP` | where the store keeps it |
    | `marked` | the store has written down that the one with this key is delivered |
    | `waiting` | so many as `key` says are kept |
    """

    what: str
    at_s: float
    device: int = 0
    counter: int = 0
    key: int = 0
    detail: str = ""

    @property
    def ident(self) -> Ident:
        """Which uplink."""
        return Ident(self.device, self.counter)


_decoder = msgspec.json.Decoder(Told)


def line_of(told: Told) -> bytes:
    """One line of text, newline included."""
    return msgspec.json.encode(told) + b"\n"


def told_in(text: bytes) -> list[Told]:
    """All whole lines of what a process told before it ended."""
    return [_decoder.decode(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]
