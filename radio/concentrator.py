"""The concentrator as a service: the async facade that owns the chip and its thread."""

import asyncio
import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec

from radio.bus import SpiBus
from radio.counter import Pulse, linear_now_us
from radio.errors import BusError, RadioError
from radio.packets import RxPacket, TxStatus
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.receiver import Receiver, ReceiverCounters
from radio.sx1302.start import ChipIdentity, identify, start, stop
from radio.tx_dispatcher import RADIO_STOPPED, EmissionReport, TxDispatcher
from radio.tx_queue import TxDecision, TxEntry, TxRequest, TxTiming

DEFAULT_POLL_INTERVAL_S = 0.0055
# So many failed transfers in a row mean that the bus is gone.
BUS_ERRORS_IN_A_ROW = 5
# Reception waits for a packet that is to be programmed so soon.
POLL_GUARD_S = 0.004
# What the host keeps while the event loop is busy; past it, packets wait in the chip.
MOST_WAITING_PACKETS = 20_000


class StartReport(msgspec.Struct, frozen=True):
    """What a start found and cost."""

    chip: ChipIdentity
    transfers: int
    duration_s: float


class RadioHealth(msgspec.Struct, frozen=True):
    """The radio's state, for statistics and supervision. `last_packet_s` is monotonic."""

    received: ReceiverCounters
    bus_errors: int
    waiting_packets: int
    held_polls: int
    temperature_c: float | None
    counter_us: int | None
    last_packet_s: float | None
    transfers: int


class Concentrator:
    """One SX1302 or SX1303. Its chip is touched by one thread only, from `start` to `stop`.

    `reset` resets the chip by the board's lines, `temperature` reads its sensor; either may be absent.
    """

    def __init__(
        self,
        bus: SpiBus,
        plan: ConcentratorPlan,
        firmware: Firmware,
        *,
        temperature: Callable[[], float | None] | None = None,
        reset: Callable[[], None] | None = None,
        poll_interval_s: float = DEFAULT_POLL_INTERVAL_S,
        tx_timing: TxTiming | None = None,
    ) -> None:
        self._bus = bus
        self._plan = plan
        self._firmware = firmware
        self._temperature = temperature or (lambda: None)
        self._reset = reset
        self._poll_interval_s = poll_interval_s
        self._on_emission: Callable[[EmissionReport], None] = _nobody_cares
        self._tx_timing = tx_timing
        self._tx: TxDispatcher | None = None
        self._chip = Chip(bus, self._pause)
        self._receiver: Receiver | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="radio")
        self._starting: asyncio.Future[tuple[StartReport, Receiver]] | None = None
        self._polling: asyncio.Future[None] | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._batches: deque[list[RxPacket]] = deque()
        self._news = asyncio.Event()
        self._pulses_asked: deque[asyncio.Future[Pulse | None]] = deque()
        # Each of these two is written by one thread only.
        self._handed_over = 0
        self._taken = 0
        self._held_polls = 0
        self._bus_errors = 0
        self._last_packet_s: float | None = None

    async def start(
        self, on_emission: Callable[[EmissionReport], None] | None = None, plan: ConcentratorPlan | None = None
    ) -> StartReport:
        """Reset the chip, start it, and receive from now on.

        `on_emission` is told, in the event loop, what became of each packet that `transmit` accepted. `plan` takes the
        place of the one that it was made with.

        Raises:
            RadioError: it cannot be; the error says what a technician should look at.
        """
        loop = asyncio.get_running_loop()
        self._on_emission = on_emission or _nobody_cares
        self._plan = plan or self._plan
        self._starting = loop.run_in_executor(self._thread, self._start_chip)
        # Whoever gives up waiting does not stop the thread: `stop` waits for it before the bus is closed.
        report, receiver = await asyncio.shield(self._starting)
        self._receiver = receiver
        self._tx = TxDispatcher(self._chip, self._plan, partial(self._report, loop), self._tx_timing)
        self._polling = loop.run_in_executor(self._thread, self._poll_until_stopped, loop, receiver)
        self._polling.add_done_callback(lambda _: self._news.set())
        return report

    async def receive(self) -> list[RxPacket]:
        """Everything received since the last call, in order; waits until there is something.

        Raises:
            RadioError: the radio is lost, or was stopped. What it received before has been returned.
        """
        while not self._batches:
            if self._polling is None or self._polling.done():
                await self._polling_ended()
            self._news.clear()
            await self._news.wait()
        return self.take()

    def take(self) -> list[RxPacket]:
        """What was received and not fetched yet, without waiting: after a stop, the rest."""
        packets: list[RxPacket] = []
        while self._batches:
            packets += self._batches.popleft()
        self._taken += len(packets)
        return packets

    async def _polling_ended(self) -> None:
        if self._polling is not None:
            await self._polling
        raise RadioError("the radio is not running")

    def linear_now_us(self) -> int | None:
        """The linear concentrator counter now, by the host's clock since its last reading; None without a radio."""
        counter = self._receiver.counter if self._receiver is not None else None
        return None if counter is None else linear_now_us(counter, time.monotonic())

    def transmit(
        self, request: TxRequest, approve: Callable[[TxEntry], TxStatus] = lambda _: TxStatus.OK
    ) -> TxDecision:
        """Accept a packet for its moment, or say why not; `approve` has the last word once the moment is known.

        What is accepted is reported to `on_emission` later, once.
        """
        now_us = self.linear_now_us()
        at_work = self._polling is not None and not self._polling.done() and not self._stopping.is_set()
        if self._tx is None or now_us is None or not at_work:
            return TxDecision(TxStatus.RADIO_DOWN)
        decision = self._tx.request(request, now_us, approve)
        if decision.entry is not None:
            self._wake.set()
        return decision

    def withdraw(self, number: int) -> None:
        """Give up an accepted packet by its entry's number; it is reported as failed, unless it was due already."""
        if self._tx is not None:
            self._tx.withdraw(number)

    async def pulse(self) -> Pulse | None:
        """The counter now and at the last PPS, read together, at once; None where the radio cannot be asked."""
        polling = self._polling
        if polling is None or polling.done():
            return None
        answer: asyncio.Future[Pulse | None] = asyncio.get_running_loop().create_future()
        self._pulses_asked.append(answer)
        self._wake.set()
        await asyncio.wait((answer, polling), return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None

    def health(self) -> RadioHealth:
        """Counters and last readings; costs no transfer."""
        receiver = self._receiver
        counter = receiver.counter if receiver is not None else None
        return RadioHealth(
            received=msgspec.structs.replace(receiver.counters) if receiver is not None else ReceiverCounters(),
            bus_errors=self._bus_errors,
            waiting_packets=self._handed_over - self._taken,
            held_polls=self._held_polls,
            temperature_c=receiver.temperature_c if receiver is not None else None,
            counter_us=counter.counter_us if counter is not None else None,
            last_packet_s=self._last_packet_s,
            transfers=self._chip.transfers,
        )

    async def stop(self) -> None:
        """Stop receiving and transmitting, and release the bus. A second call does nothing."""
        self._stopping.set()
        self._wake.set()
        try:
            for work in (self._starting, self._polling):
                if work is not None:
                    with contextlib.suppress(RadioError):  # told by `start` or `receive`
                        await asyncio.shield(work)
        finally:
            self._thread.shutdown(wait=False)
            self._bus.close()

    # Below: on the radio's own thread.

    def _pause(self, duration_s: float) -> None:
        """How the driver waits during a start, which a stop cuts short."""
        if self._stopping.wait(duration_s):
            raise RadioError("the radio is being stopped")

    def _start_chip(self) -> tuple[StartReport, Receiver]:
        began_s = time.monotonic()
        if self._reset is not None:
            self._reset()
        start(self._chip, self._plan, self._firmware)
        transfers = self._chip.transfers
        chip = identify(self._chip)
        receiver = Receiver(self._chip, self._plan, chip.version, self._temperature)
        receiver.begin(time.monotonic())
        return StartReport(chip, transfers, time.monotonic() - began_s), receiver

    def _poll_until_stopped(self, loop: asyncio.AbstractEventLoop, receiver: Receiver) -> None:
        try:
            self._serve(loop, receiver)
            self._chip.sleep = time.sleep
            try:
                self._receive(loop, receiver)
            finally:
                stop(self._chip)
        finally:
            if self._tx is not None:
                self._tx.give_up(RADIO_STOPPED)

    def _serve(self, loop: asyncio.AbstractEventLoop, receiver: Receiver) -> None:
        """Receive and transmit by turns, each when it is due."""
        failures = 0
        poll_s = time.monotonic() + self._poll_interval_s
        while not self._stopping.is_set():
            transmit_s = self._next_transmission_s()
            if self._pulses_asked:
                poll_s = min(poll_s, time.monotonic())
            wait_s = min(poll_s, transmit_s) - time.monotonic()
            if wait_s > 0 and self._wake.wait(wait_s):
                self._wake.clear()
                continue
            transmitting = transmit_s <= poll_s + POLL_GUARD_S
            try:
                if transmitting:
                    self._transmit(transmit_s)
                else:
                    self._receive(loop, receiver)
            except BusError:
                self._bus_errors += 1
                failures += 1
                if failures >= BUS_ERRORS_IN_A_ROW:
                    raise
            else:
                failures = 0
            if not transmitting:
                poll_s = time.monotonic() + self._poll_interval_s

    def _next_transmission_s(self) -> float:
        """When the transmit side has something to do, on the monotonic clock."""
        wake_us = self._tx.next_wake_us() if self._tx is not None else None
        if wake_us is None or (now_us := self.linear_now_us()) is None:
            return math.inf
        return time.monotonic() + (wake_us - now_us) / 1e6

    def _transmit(self, due_s: float) -> None:
        """Wait for the moment, if it is a little off, and do what is due."""
        if (wait_s := due_s - time.monotonic()) > 0:
            time.sleep(wait_s)
        now_us = self.linear_now_us()
        if self._tx is not None and now_us is not None:
            self._tx.work(now_us)

    def _read_pulse(self, loop: asyncio.AbstractEventLoop, receiver: Receiver) -> None:
        answers = [self._pulses_asked.popleft() for _ in range(len(self._pulses_asked))]
        pulse = None
        try:
            pulse = receiver.read_pulse(time.monotonic())
        finally:
            with contextlib.suppress(RuntimeError):  # the event loop was closed: nobody is left to be told
                for answer in answers:
                    loop.call_soon_threadsafe(answer.set_result, pulse)

    def _receive(self, loop: asyncio.AbstractEventLoop, receiver: Receiver) -> None:
        if self._pulses_asked:
            self._read_pulse(loop, receiver)
        if self._handed_over - self._taken >= MOST_WAITING_PACKETS:
            self._held_polls += 1
            return
        now_s = time.monotonic()
        packets = receiver.poll(now_s)
        if packets:
            self._last_packet_s = now_s
            self._hand_over(loop, packets)

    def _report(self, loop: asyncio.AbstractEventLoop, report: EmissionReport) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop was closed: nobody is left to be told
            loop.call_soon_threadsafe(self._on_emission, report)

    def _hand_over(self, loop: asyncio.AbstractEventLoop, packets: list[RxPacket]) -> None:
        self._handed_over += len(packets)
        self._batches.append(packets)
        loop.call_soon_threadsafe(self._news.set)


def _nobody_cares(_report: EmissionReport) -> None:
    """Where nothing is transmitted."""
