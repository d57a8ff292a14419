"""The simulated concentrator in a process of its own, so that its cost is in none of the figures.

The gateway reaches it through a Unix socket, the benchmark gives it orders through a pipe. Times are those of
the monotonic clock, which all processes of a machine share.
"""

import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

import msgspec

from bench import payloads
from bench.emissions import EmissionLog, Emitted
from bench.pacing import Pacer, irregular, regular
from radio.bus import SpiBus
from radio.simulator import Fate, SimulatedConcentrator
from radio.simulator.addresses import RX_LEVEL
from radio.simulator.replay import replay
from radio.simulator.socket_server import ChipServer

TICK_S = 0.001
_FIRST_POLL = bytes((0, RX_LEVEL >> 8, RX_LEVEL & 0xFF))


class Inject(msgspec.Struct, frozen=True):
    """Put packets `first` to `first + count - 1` into the receive buffer, evenly spaced or not."""

    first: int
    count: int
    rate_pps: float
    even: bool = True


class Replay(msgspec.Struct, frozen=True):
    """Put every frame of a recording on the air in front of the chip, each as if it were alone there."""

    path: str
    rate_pps: float


class ReadCounts(msgspec.Struct, frozen=True):
    """Tell what the bus has carried."""


class ReadCounter(msgspec.Struct, frozen=True):
    """Tell what the chip's counter shows."""


class ReadEmissions(msgspec.Struct, frozen=True):
    """Tell what the chip emitted since this was last asked."""


class Entered(msgspec.Struct, frozen=True):
    """When each packet entered the receive buffer, and how many found no room in it or were not heard."""

    at_s: list[float]
    lost: int


class Counts(msgspec.Struct, frozen=True):
    """What the bus has carried; `start` is what it had carried before the first poll, None before that."""

    transfers: int = 0
    bytes: int = 0
    start: "Counts | None" = None


class CounterReading(msgspec.Struct, frozen=True):
    """The concentrator counter at a moment of the monotonic clock; both run alike in a simulated chip."""

    counter_us: int
    at_s: float

    def counter_at(self, moment_s: float) -> int:
        """The linear counter at another moment."""
        return self.counter_us + round((moment_s - self.at_s) * 1e6)


Order = Inject | Replay | ReadCounts | ReadCounter | ReadEmissions
Answer = Entered | Counts | CounterReading | list[Emitted]


class CountingBus:
    """A bus that counts what it carries, remembers what it was before the first poll, and shows it to `see`."""

    def __init__(self, bus: SpiBus, see: Callable[[bytes], None]) -> None:
        self._bus = bus
        self._see = see
        self._transfers = 0
        self._bytes = 0
        self._start: Counts | None = None

    @property
    def counts(self) -> Counts:
        """A snapshot."""
        return Counts(self._transfers, self._bytes, self._start)

    def transfer(self, out: bytes) -> bytes:
        """See `radio.bus.SpiBus.transfer`."""
        self._see(out)
        if self._start is None and out.startswith(_FIRST_POLL):
            self._start = self.counts
        self._transfers += 1
        self._bytes += len(out)
        return self._bus.transfer(out)

    def close(self) -> None:
        """See `radio.bus.SpiBus.close`."""
        self._bus.close()


def serve_chip(socket_path: str, orders: Connection) -> None:
    """Serve a chip on `socket_path` and obey until the pipe is closed; the entry point of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the benchmark, which then closes the pipe.
    chip = SimulatedConcentrator()
    emissions = EmissionLog(chip)
    bus = CountingBus(chip, emissions.see)
    with ChipServer(bus, socket_path):
        orders.send(bus.counts)
        while True:
            try:
                order: Order = orders.recv()
            except EOFError:
                return
            orders.send(_obey(order, chip, bus, emissions))


def _obey(order: Order, chip: SimulatedConcentrator, bus: CountingBus, emissions: EmissionLog) -> Answer:
    match order:
        case Inject():
            return _inject(order, chip)
        case Replay():
            return _replay(order, chip)
        case ReadCounts():
            return bus.counts
        case ReadCounter():
            at_s = time.monotonic()
            return CounterReading(chip.counter.microseconds_at(at_s), at_s)
        case ReadEmissions():
            return emissions.take()


def _inject(order: Inject, chip: SimulatedConcentrator) -> Entered:
    due_s = (regular if order.even else irregular)(order.count, order.rate_pps)
    before = _lost(chip)

    def put(index: int, now_s: float) -> None:
        chip.inject(payloads.record(order.first + index, chip.counter.ticks_at(now_s)))

    return Entered(_pace(due_s, put), _lost(chip) - before)


def _replay(order: Replay, chip: SimulatedConcentrator) -> Entered:
    frames = [frame for _, frame in replay(order.path)]
    heard = chip.air.fates[Fate.HEARD]
    entered_s = _pace(regular(len(frames), order.rate_pps), lambda index, _: chip.air.deliver_now(frames[index]))
    return Entered(entered_s, len(frames) - (chip.air.fates[Fate.HEARD] - heard))


def _pace(due_s: Sequence[float], put: Callable[[int, float], object]) -> list[float]:
    """Put each packet when it is due; tell when each was put."""
    entered_s: list[float] = []
    pacer = Pacer(due_s, time.monotonic())
    while not pacer.finished:
        time.sleep(max(pacer.wait_s(time.monotonic()), TICK_S))
        for index in pacer.due(time.monotonic()):
            now_s = time.monotonic()
            put(index, now_s)
            entered_s.append(now_s)
    return entered_s


def _lost(chip: SimulatedConcentrator) -> int:
    return chip.counters.records_cut + chip.counters.records_lost
