"""What every server's end can do, and what it was told, in words that no protocol owns."""

import abc
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from forwarder.backend import Backend
from tests.conformance.backends.certificate import Certificate
from tests.conformance.backends.flags import FLAGS, Flag

GATEWAY_EUI = 0x0016_C001_FF10_A235
RX_DELAY_S = 10
"""Long enough for RX1 never to be missed on a busy machine."""
RX1_HZ, RX2_HZ = 868_100_000, 869_525_000


class SeenUplink(msgspec.Struct, frozen=True):
    """A packet, as the server was told of it; `unix_s` is None where no time was given."""

    payload: bytes
    rssi_dbm: int
    snr_db: float
    unix_s: float | None
    late: bool


class Answer(msgspec.Struct, frozen=True):
    """What the server was told of downlink `number`: a word for each window; `power_dbm` where other than asked for."""

    number: int
    words: tuple[str, ...]
    power_dbm: int | None = None


class Report(msgspec.Struct, frozen=True):
    """A statistics report: what the radio heard."""

    packets_received: int
    packets_crc_ok: int


class Garbage(msgspec.Struct, frozen=True):
    """What no server should send. `topic` is for protocols that have such."""

    data: bytes | str
    topic: str = "down"


class Peer(abc.ABC):
    """A server's end, real and of its own: none of what it reads or writes goes through the product's code.

    `certificate` is the one that it shows where the protocol has TLS. It takes effect with `start`.
    """

    protocol: ClassVar[str]
    garbage: ClassVar[Mapping[str, Garbage]]
    oversized: ClassVar[Garbage | None] = None
    """Beyond what the backend takes in one message, where the protocol lets it be sent."""
    chatter: ClassVar[Garbage | None] = None
    """What the gateway answers at once to the server itself, with nothing between them that could hold it back."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.certificate = Certificate.RIGHT
        self.uplinks: list[SeenUplink] = []
        self.answers: list[Answer] = []
        self.reports: list[Report] = []
        self.connections = 0

    @property
    def flags(self) -> frozenset[Flag]:
        """What this protocol has."""
        return FLAGS[self.protocol]

    @property
    def payloads(self) -> list[bytes]:
        """Those of the uplinks, as they came."""
        return [uplink.payload for uplink in self.uplinks]

    @contextlib.asynccontextmanager
    async def at_hand(self, *, started: bool = True) -> AsyncIterator["Peer"]:
        """It can be reached as long as this lasts, once it is started."""
        async with contextlib.AsyncExitStack() as open_as_long:
            await self.prepare(open_as_long)
            open_as_long.push_async_callback(self.stop)
            if started:
                await self.start()
            yield self

    async def prepare(self, open_as_long: contextlib.AsyncExitStack) -> None:  # noqa: B027
        """Open what is there with and without a server, where there is such."""

    @abc.abstractmethod
    def backend(self, *, patience_s: float, confirms: bool) -> Backend:
        """The product's end, towards this one.

        It gives up a server of which it hears nothing for about `patience_s`. Without `confirms` it does not ask on
        its own whether the server has read what it was sent, where it would have to ask.
        """

    @property
    @abc.abstractmethod
    def is_reached(self) -> bool:
        """Whether the gateway is there, and can be asked for downlinks."""

    @abc.abstractmethod
    async def start(self) -> None:
        """Listen, each time at the same address."""

    @abc.abstractmethod
    async def stop(self) -> None:
        """Be gone, without a word."""

    @abc.abstractmethod
    async def cut(self) -> None:
        """Lose what is on its way, and the connection where there is one; a new one is welcome at once."""

    @abc.abstractmethod
    def stall(self) -> None:
        """Read nothing for a while."""

    @abc.abstractmethod
    def resume(self) -> None:
        """Read again."""

    @abc.abstractmethod
    async def ask(self, number: int, payload: bytes) -> None:
        """Have this transmitted as soon as possible."""

    @abc.abstractmethod
    async def ask_after_uplink(self, number: int, payload: bytes) -> None:
        """Have this transmitted in RX1 of the last uplink, or in RX2 where a request carries both."""

    @abc.abstractmethod
    async def throw(self, garbage: Garbage) -> None:
        """Send what no server should."""
