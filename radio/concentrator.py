"""The concentrator as a service: the async facade that owns the chip and its thread."""

import asyncio
import contextlib
import enum
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from radio.bus import SpiBus
from radio.counter import Pulse
from radio.errors import RadioError
from radio.packets import RxPacket, TxStatus
from radio.radio_thread import RadioThread
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.receiver import Receiver
from radio.sx1302.receiver_counters import CanaryState, ReceiverCounters
from radio.sx1302.start import ChipIdentity, identify, start
from radio.tx_dispatcher import RADIO_STOPPED, EmissionReport
from radio.tx_queue import TxDecision, TxEntry, TxRequest, TxTiming

DEFAULT_POLL_INTERVAL_S = 0.0055

Answer = TypeVar("Answer")


class Line(enum.Enum):
    """What is done to the board before a start."""

    NONE = "the chip is taken as it is"
    RESET = "its power is switched on, and its reset line pulsed"
    POWER = "its power is switched off and on, and its reset line pulsed"


class StartReport(msgspec.Struct, frozen=True):
    """What a start found and cost."""

    chip: ChipIdentity
    transfers: int
    duration_s: float


class RadioHealth(msgspec.Struct, frozen=True):
    """The radio's state, for statistics and supervision. `last_packet_s` is monotonic."""

    received: ReceiverCounters = msgspec.field(default_factory=ReceiverCounters)
    bus_errors: int = 0
    waiting_packets: int = 0
    held_polls: int = 0
    temperature_c: float | None = None
    counter_us: int | None = None
    last_packet_s: float | None = None
    transfers: int = 0
    canary: CanaryState = CanaryState()


class Concentrator:
    """One SX1302 or SX1303. Its chip is touched by one thread only, from `start` to `stop`.

    `reset` resets the chip by the board's lines, `power_cycle` takes its supply away and gives it back, `temperature`
    reads its sensor; each may be absent.
    """

    def __init__(
        self,
        bus: SpiBus,
        plan: ConcentratorPlan,
        firmware: Firmware,
        *,
        temperature: Callable[[], float | None] | None = None,
        reset: Callable[[], None] | None = None,
        power_cycle: Callable[[], None] | None = None,
        poll_interval_s: float = DEFAULT_POLL_INTERVAL_S,
        tx_timing: TxTiming | None = None,
    ) -> None:
        self._bus = bus
        self._plan = plan
        self._firmware = firmware
        self._temperature = temperature or (lambda: None)
        self._lines = {Line.RESET: reset, Line.POWER: power_cycle}
        self._poll_interval_s = poll_interval_s
        self._tx_timing = tx_timing
        self._chip = Chip(bus, self._pause)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="radio")
        self._stopping = threading.Event()
        self._starting: asyncio.Future[tuple[StartReport, Receiver]] | None = None
        self._work: RadioThread | None = None
        self._working: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] | None = None

    async def start(
        self,
        on_emission: Callable[[EmissionReport], None] | None = None,
        plan: ConcentratorPlan | None = None,
        line: Line = Line.RESET,
    ) -> StartReport:
        """Start the chip, after what `line` says where the board has it, and receive from now on.

        `on_emission` is told, in the event loop, what became of each packet that `transmit` accepted. `plan` takes the
        place of the one that it was made with.

        Raises:
            RadioError: it cannot be; the error says what a technician should look at.
        """
        loop = asyncio.get_running_loop()
        self._plan, self._closed = plan or self._plan, loop.create_future()
        self._starting = loop.run_in_executor(self._thread, self._start_chip, line)
        # Whoever gives up waiting does not stop the thread: `stop` waits for it before the bus is closed.
        report, receiver = await asyncio.shield(self._starting)
        work = self._work = RadioThread(
            self._chip,
            self._plan,
            receiver,
            loop=loop,
            stopping=self._stopping,
            on_emission=on_emission or _nobody_cares,
            tx_timing=self._tx_timing,
            poll_interval_s=self._poll_interval_s,
        )
        self._working = loop.run_in_executor(self._thread, work.run)
        self._working.add_done_callback(lambda _: work.news.set())
        return report

    async def receive(self) -> list[RxPacket]:
        """Everything received since the last call, in order; waits until there is something.

        Raises:
            RadioError: the radio is lost, or was stopped. What it received before has been returned.
        """
        work, working = self._work, self._working
        if work is None or working is None:
            raise RadioError("the radio is not running")
        while not (packets := work.take()):
            if working.done():
                await working
            if working.done() or self._is_closed:
                raise RadioError("the radio is not running")
            work.news.clear()
            await work.news.wait()
        return packets

    def take(self) -> list[RxPacket]:
        """What was received and not fetched yet, without waiting: after a stop, the rest."""
        return [] if self._work is None else self._work.take()

    def linear_now_us(self) -> int | None:
        """The linear concentrator counter now, by the host's clock since its last reading; None without a radio."""
        return None if self._work is None else self._work.linear_now_us()

    def transmit(
        self, request: TxRequest, approve: Callable[[TxEntry], TxStatus] = lambda _: TxStatus.OK
    ) -> TxDecision:
        """Accept a packet for its moment, or say why not; `approve` has the last word once the moment is known.

        What is accepted is reported to `on_emission` later, once.
        """
        work, now_us = self._at_work, self.linear_now_us()
        if work is None or now_us is None or self._stopping.is_set():
            return TxDecision(TxStatus.RADIO_DOWN)
        decision = work.tx.request(request, now_us, approve)
        if decision.entry is not None:
            work.wake()
        return decision

    def withdraw(self, number: int) -> None:
        """Give up an accepted packet by its entry's number; it is reported as failed, unless it was due already."""
        if self._work is not None:
            self._work.tx.withdraw(number)

    async def pulse(self) -> Pulse | None:
        """The counter now and at the last PPS, read together, at once; None where the radio cannot be asked."""
        work = self._at_work
        return None if work is None else await self._answer_to(work.ask_pulse())

    async def rearm(self) -> float | None:
        """Switch the receive path off and on, between two downlinks; how long that took, in seconds.

        What the chip had recorded is fetched before. None where the radio is lost meanwhile, or was already: `receive`
        tells why.
        """
        work = self._at_work
        return None if work is None else await self._answer_to(work.ask_rearm())

    async def _answer_to(self, asked: asyncio.Future[Answer | None]) -> Answer | None:
        """The thread's answer; None where it ends without one, or is given up."""
        ends: list[asyncio.Future[Any]] = [end for end in (asked, self._working, self._closed) if end is not None]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return asked.result() if asked.done() else None

    @property
    def _at_work(self) -> RadioThread | None:
        is_over = self._working is None or self._working.done() or self._is_closed
        return None if is_over else self._work

    @property
    def _is_closed(self) -> bool:
        """Whether the bus was taken from the thread, be it that it hangs still."""
        return self._closed is not None and self._closed.done()

    def watch_closely(self, *, is_urgent: bool) -> None:
        """Read the chip's registers back faster than usual, or as usual."""
        if self._work is not None:
            self._work.receiver.health.is_urgent = is_urgent

    def health(self) -> RadioHealth:
        """Counters and last readings; costs no transfer."""
        work = self._work
        if work is None:
            return RadioHealth(transfers=self._chip.transfers)
        receiver = work.receiver
        return RadioHealth(
            received=msgspec.structs.replace(receiver.counters),
            bus_errors=work.bus_errors,
            waiting_packets=work.waiting,
            held_polls=work.held_polls,
            temperature_c=receiver.temperature_c,
            counter_us=None if receiver.counter is None else receiver.counter.counter_us,
            last_packet_s=work.last_packet_s,
            transfers=self._chip.transfers,
            canary=receiver.health.canary.state,
        )

    async def stop(self, reason: str = RADIO_STOPPED) -> None:
        """Stop receiving and transmitting, and release the bus. A second call does nothing.

        `reason` is why the packets that wait for their moment are not emitted. Whoever cancels this gives up a thread
        that hangs: it finds the bus closed once it goes on, and nobody waits for it any more.
        """
        if self._work is not None:
            self._work.stop_reason = reason
        self._stopping.set()
        if self._work is not None:
            self._work.wake()
        try:
            for running in (self._starting, self._working):
                if running is not None:
                    with contextlib.suppress(RadioError):  # told by `start` or `receive`
                        await asyncio.shield(running)
        finally:
            self._thread.shutdown(wait=False)
            self._bus.close()
            self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        """Let nobody wait for the thread any more; where it ended in order, nothing is left to be told."""
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)
        if self._work is not None:
            self._work.tx.give_up(reason)
            self._work.news.set()

    # Below: on the radio's own thread.

    def _pause(self, duration_s: float) -> None:
        """How the driver waits during a start, which a stop cuts short."""
        if self._stopping.wait(duration_s):
            raise RadioError("the radio is being stopped")

    def _start_chip(self, line: Line) -> tuple[StartReport, Receiver]:
        began_s = time.monotonic()
        if (pull := self._lines.get(line)) is not None:
            pull()
        start(self._chip, self._plan, self._firmware)
        transfers = self._chip.transfers
        chip = identify(self._chip)
        receiver = Receiver(self._chip, self._plan, chip.version, self._temperature)
        receiver.begin(time.monotonic())
        return StartReport(chip, transfers, time.monotonic() - began_s), receiver


def _nobody_cares(_report: EmissionReport) -> None:
    """Where nothing is transmitted."""
