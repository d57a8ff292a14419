"""The radio's own thread on a started chip: receive and transmit by turns, until it is to stop or the chip is lost.

The event loop asks it for things by way of attributes that one side writes and the other reads; packets and answers go
back through the loop.
"""

import asyncio
import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from radio.counter import Pulse, linear_now_us
from radio.errors import BusError, RadioError
from radio.packets import RxPacket
from radio.sx1302.chip import Chip
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.rearming import rearm, stop_receiving
from radio.sx1302.receiver import Receiver
from radio.sx1302.start import stop
from radio.tx_dispatcher import RADIO_STOPPED, EmissionReport, TxDispatcher
from radio.tx_queue import TxTiming

# So many failed transfers in a row mean that the bus is gone.
BUS_ERRORS_IN_A_ROW = 5
# Reception waits for a packet that is to be programmed so soon.
POLL_GUARD_S = 0.004
# What the host keeps while the event loop is busy; past it, packets wait in the chip.
MOST_WAITING_PACKETS = 20_000
# The receiver is re-armed where nothing is emitted or soon to be programmed; where no such moment comes, all the same.
REARM_GUARD_S = 0.1
REARM_PATIENCE_S = 5.0
RADIO_LOST = "the radio was lost"

Answer = TypeVar("Answer")


class RadioThread:
    """`run` is for the thread; `take`, `ask_pulse`, `ask_rearm` and `stop` for the event loop.

    `news` is set, in the loop, when packets wait. `stop_reason` is told of packets that are not emitted any more.
    """

    def __init__(
        self,
        chip: Chip,
        plan: ConcentratorPlan,
        receiver: Receiver,
        *,
        loop: asyncio.AbstractEventLoop,
        stopping: threading.Event,
        on_emission: Callable[[EmissionReport], None],
        tx_timing: TxTiming | None,
        poll_interval_s: float,
    ) -> None:
        self.receiver = receiver
        self.tx = TxDispatcher(chip, plan, self._report, tx_timing)
        self.news = asyncio.Event()
        self.stop_reason = RADIO_STOPPED
        self.held_polls = 0
        self.bus_errors = 0
        self.last_packet_s: float | None = None
        self._chip = chip
        self._plan = plan
        self._loop = loop
        self._stopping = stopping
        self._on_emission = on_emission
        self._poll_interval_s = poll_interval_s
        self._wake = threading.Event()
        self._batches: deque[list[RxPacket]] = deque()
        # Each of these two is written by one thread only.
        self._handed_over = 0
        self._taken = 0
        self._pulses_asked: deque[asyncio.Future[Pulse | None]] = deque()
        self._rearming: tuple[asyncio.Future[float | None], float] | None = None

    @property
    def waiting(self) -> int:
        """How many packets nobody has taken yet."""
        return self._handed_over - self._taken

    def take(self) -> list[RxPacket]:
        """What was received and not taken yet."""
        packets: list[RxPacket] = []
        while self._batches:
            packets += self._batches.popleft()
        self._taken += len(packets)
        return packets

    def linear_now_us(self) -> int | None:
        """The linear concentrator counter now, by the host's clock since its last reading."""
        counter = self.receiver.counter
        return None if counter is None else linear_now_us(counter, time.monotonic())

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def ask_pulse(self) -> asyncio.Future[Pulse | None]:
        """Have the counter read at once; the answer may never come where the radio is lost."""
        answer: asyncio.Future[Pulse | None] = self._loop.create_future()
        self._pulses_asked.append(answer)
        self.wake()
        return answer

    def ask_rearm(self) -> asyncio.Future[float | None]:
        """Have the receive path switched off and on, and tell how long that took; the answer as with `ask_pulse`."""
        if self._rearming is None:
            self._rearming = self._loop.create_future(), time.monotonic() + REARM_PATIENCE_S
        self.wake()
        return self._rearming[0]

    # Below: on the thread.

    def run(self) -> None:
        """Work until the radio is stopped.

        Raises:
            RadioError: it is lost. What the chip had recorded has been handed over, as far as it could be had.
        """
        reason = RADIO_LOST
        try:
            self._serve()
            reason = self.stop_reason
            self._chip.sleep = time.sleep
            try:
                self._take_the_rest()
            finally:
                stop(self._chip)
        except RadioError:
            self._take_the_rest()
            raise
        finally:
            self.tx.give_up(reason)

    def _take_the_rest(self) -> None:
        """From now on the chip records nothing for nobody."""
        with contextlib.suppress(RadioError):
            stop_receiving(self._chip)
        self._hand_over(self.receiver.salvage(time.monotonic()))

    def _serve(self) -> None:
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
                    self._receive()
                    self._rearm_if_asked(transmit_s)
            except BusError:
                self.bus_errors += 1
                failures += 1
                if failures >= BUS_ERRORS_IN_A_ROW:
                    raise
            else:
                failures = 0
            if not transmitting:
                poll_s = time.monotonic() + self._poll_interval_s

    def _next_transmission_s(self) -> float:
        """When the transmit side has something to do, on the monotonic clock."""
        wake_us = self.tx.next_wake_us()
        if wake_us is None or (now_us := self.linear_now_us()) is None:
            return math.inf
        return time.monotonic() + (wake_us - now_us) / 1e6

    def _transmit(self, due_s: float) -> None:
        """Wait for the moment, if it is a little off, and do what is due."""
        if (wait_s := due_s - time.monotonic()) > 0:
            time.sleep(wait_s)
        now_us = self.linear_now_us()
        if now_us is not None:
            self.tx.work(now_us)

    def _receive(self) -> None:
        if self._pulses_asked:
            self._read_pulse()
        if self.waiting >= MOST_WAITING_PACKETS:
            self.held_polls += 1
            return
        self._hand_over(self.receiver.poll(time.monotonic()))

    def _rearm_if_asked(self, transmit_s: float) -> None:
        """Right after a poll, so that the chip holds nothing; where the next packet to program leaves the time."""
        if self._rearming is None:
            return
        done, deadline_s = self._rearming
        began_s = time.monotonic()
        is_busy = self.tx.is_emitting or transmit_s < began_s + REARM_GUARD_S
        if is_busy and began_s < deadline_s:
            return
        rearm(self._chip, self._plan)
        self.receiver.health.canary.look_at_all(time.monotonic())
        self._rearming = None
        self._tell(_answer, done, time.monotonic() - began_s)

    def _read_pulse(self) -> None:
        answers = [self._pulses_asked.popleft() for _ in range(len(self._pulses_asked))]
        pulse = None
        try:
            pulse = self.receiver.read_pulse(time.monotonic())
        finally:
            for answer in answers:
                self._tell(_answer, answer, pulse)

    def _report(self, report: EmissionReport) -> None:
        self._tell(self._on_emission, report)

    def _hand_over(self, packets: list[RxPacket]) -> None:
        if not packets:
            return
        self.last_packet_s = time.monotonic()
        self._handed_over += len(packets)
        self._batches.append(packets)
        self._tell(self.news.set)

    def _tell(self, callback: Callable[..., object], *arguments: object) -> None:
        """Have the event loop call it; where that was closed, nobody is left to be told."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *arguments)


def _answer(asked: asyncio.Future[Answer], answer: Answer) -> None:
    """Whoever asked may have gone meanwhile."""
    if not asked.done():
        asked.set_result(answer)
