"""What the gateway asks of anything that talks to a network server."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from radio.packets import RxPacket, TxPacket, TxStatus


class Uplink(msgspec.Struct, frozen=True, gc=False):
    """A packet on its way to a network server.

    `utc_ns` and `gps_ms` are the reception time where the gateway is sure of it, else None. `key` is how whoever gave
    it knows it again, 0 where nobody asks; `late` marks one that waited on disk while no server answered.
    """

    packet: RxPacket
    utc_ns: int | None = None
    gps_ms: int | None = None
    key: int = 0
    late: bool = False


OnFate = Callable[[Sequence[int], bool], None]
"""Takes the keys of uplinks, and whether nothing more is to be done for them: True once the server confirmed them, or
where it is configured to not want them; False once nobody tries or waits any more. Keys of 0 are not told.
"""


class AtOnce(msgspec.Struct, frozen=True, tag=True):
    """As soon as possible (class C)."""


class AtCounter(msgspec.Struct, frozen=True, tag=True):
    """When the concentrator counter, 32 bits, shows this (class A)."""

    counter_us: int


class AtGpsTime(msgspec.Struct, frozen=True, tag=True):
    """At this time, in milliseconds since the GPS epoch, 6 January 1980 (class B)."""

    gps_ms: int


Timing = AtOnce | AtCounter | AtGpsTime


class Downlink(msgspec.Struct, frozen=True):
    """A request to transmit. `token` is how the backend knows it again.

    The packet's `power_dbm` is what is to be radiated, the antenna's gain included.
    """

    backend: str
    token: int
    packet: TxPacket
    timing: Timing


EmissionId = tuple[int, int]
"""An accepted packet: its number in the radio's queue, and its moment on the linear counter."""


class TxReceipt(msgspec.Struct, frozen=True):
    """What became of a request. `power_used_dbm` is given where it is not the power that was asked for, `emission`
    where it was accepted: its fate is told later.
    """

    status: TxStatus
    power_used_dbm: int | None = None
    emission: EmissionId | None = None


Deliver = Callable[[Downlink], TxReceipt]
"""Decides on a request to transmit, at once."""


class GatewayStats(msgspec.Struct, frozen=True):
    """Counters of one statistics interval, and the state at its end; `unix_time_s` None where no clock is right."""

    unix_time_s: int | None
    packets_received: int
    packets_crc_ok: int
    packets_forwarded: int
    downlinks_received: int
    downlinks_emitted: int
    temperature_c: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: int | None = None


class BackendCounters(msgspec.Struct):
    """What a backend did since it was made. Every uplink given to it is in one of these.

    `uplinks_sent` went out at least once; `uplinks_filtered` were left out for their checksum, as configured;
    `uplinks_dropped` were to go out and never did (queue full, no address). `downlinks_received` are requests to
    transmit, bad ones included.

    `beat_s` is until when the slowest of its loops is known to be at work, by the event loop's clock: it grows every
    second or so also while there is nothing to do, and lies ahead while one is at something that takes its time. None
    before it runs.
    """

    uplinks_sent: int = 0
    uplinks_acknowledged: int = 0
    uplinks_filtered: int = 0
    uplinks_dropped: int = 0
    datagrams_sent: int = 0
    datagrams_acknowledged: int = 0
    downlinks_received: int = 0
    downlinks_accepted: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    malformed_received: int = 0
    connected: bool = False
    last_acknowledged_s: float | None = None
    beat_s: float | None = None


class Backend(Protocol):
    """A network server's end. Never blocks, never raises; its queues are bounded and each loss is counted.

    `on_fate` is told what became of each uplink with a key; what "confirmed" is, each protocol decides.
    """

    on_fate: OnFate | None
    keeps_order: bool
    """Whether a server that has an uplink has all that were given before it; or they are told to have failed."""

    @property
    def name(self) -> str:
        """The name given in the configuration."""

    @property
    def counters(self) -> BackendCounters:
        """A snapshot."""

    async def run(self, deliver: Deliver) -> None:
        """Keep the connection until cancelled; hand each downlink to `deliver`, and its receipt to the server."""

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None:
        """Queue what one poll of the radio returned."""

    def send_stats(self, stats: GatewayStats) -> None:
        """Queue a statistics report."""

    def radio_started(self) -> None:
        """The concentrator was started again: its counter has nothing to do with the one before."""

    def emission_ended(self, emission: EmissionId, failure: str) -> None:
        """A request that this backend had accepted is on the air no more; `failure` says why it never was, else ""."""
