"""What goes over the console's socket: a line of wishes one way, then lines of JSON the other. Pure.

Each line has a `type`. Times are the host's clock in ms, right or not, for people to read. A frame's payload is nowhere
in it: of each packet there are its addresses, its counter, its size and its signal.
"""

from typing import Literal

import msgspec

from gateway.console.snapshot import Snapshot
from gateway.policy.outcome import Outcome
from radio.packets import TxStatus

SOCKET_NAME = "console.sock"
# How often a watcher gets a snapshot among the packets.
SNAPSHOT_EVERY_S = 2.0


class Wishes(msgspec.Struct, frozen=True):
    """A client's first line: one snapshot, or all that happens until it leaves, with a snapshot now and again."""

    ask: Literal["snapshot", "watch"] = "snapshot"


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The only line that a client gets who is not served."""

    refused: str


class Heard(msgspec.Struct, frozen=True, kw_only=True, tag="heard", omit_defaults=True):
    """A packet that the radio heard, and its verdict.

    `kind` is the LoRaWAN message type's name, None for what is no LoRaWAN or is damaged. `fcnt` is the 16 bits on the
    air; `frame` is the same for a repetition. `snr_db` is None for FSK.
    """

    t_ms: int
    kind: str | None = None
    dev_addr: str | None = None
    dev_eui: str | None = None
    fcnt: int | None = None
    frame: int | None = None
    depositor: str | None = None
    outcome: Outcome
    forwarded: bool
    would_refuse: bool = False
    crc: Literal["ok", "bad", "absent"] = "ok"
    freq_hz: int
    channel: int
    data_rate: str
    spreading_factor: int = 0
    rssi_dbm: float
    snr_db: float | None = None
    size: int
    airtime_us: int


class Asked(msgspec.Struct, frozen=True, kw_only=True, tag="downlink", omit_defaults=True):
    """A server's request to transmit, and the answer. `outcome` is the policy's, where it is the policy that refused.

    `number` is the emission's, to know it again; None where it was refused. `power_dbm` is what is to be radiated.
    """

    t_ms: int
    server: str
    status: TxStatus
    outcome: Outcome | None = None
    number: int | None = None
    dev_addr: str | None = None
    dev_eui: str | None = None
    depositor: str | None = None
    freq_hz: int
    data_rate: str
    power_dbm: int
    size: int


class Emitted(msgspec.Struct, frozen=True, kw_only=True, tag="emission", omit_defaults=True):
    """What became of an accepted downlink, or of a beacon. `failure` is why it was not emitted, in English."""

    t_ms: int
    number: int
    server: str
    failure: str = ""
    beacon: bool = False
    freq_hz: int
    data_rate: str
    airtime_us: int


class Happened(msgspec.Struct, frozen=True, kw_only=True, tag="event", omit_defaults=True):
    """Something happened that operators are told."""

    t_ms: int
    level: Literal["info", "warning", "error"]
    fr: str
    en: str
    depositor: str | None = None


class Untold(msgspec.Struct, frozen=True, tag="untold"):
    """In the place of so many lines that this client did not take in time."""

    count: int


Line = Snapshot | Heard | Asked | Emitted | Happened | Untold | Refused
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def read_line(text: bytes) -> Line:
    """Read one line. Raises msgspec.DecodeError where it is none of these."""
    try:
        return _decoder.decode(text)
    except (UnicodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None


def write_line(line: Line) -> bytes:
    """A line, with its end."""
    return msgspec.json.encode(line) + b"\n"


def untold(count: int) -> bytes:
    """The line that stands for so many."""
    return write_line(Untold(count))
