"""The radio thread's transmit side: each accepted packet is programmed in time, watched, and accounted for.

The queue is a value that two threads exchange under a lock: the event loop asks, the radio thread fetches.
"""

import threading
from collections.abc import Callable

import msgspec

from radio.counter import COUNTER_MASK
from radio.errors import BusError
from radio.packets import TxStatus
from radio.sx1302 import transmitter
from radio.sx1302.chip import Chip
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.transmitter import ChainState
from radio.tx_queue import TxDecision, TxEntry, TxQueue, TxRequest, TxTiming

# When a chip is first looked at that should emit, at the latest; shorter packets half-way through.
FIRST_LOOK_US = 5_000
LOOK_AGAIN_US = 1_000
# Between what the host thinks of the chip's clock and what the chip does.
TOLERANCE_US = 20_000
WITHDRAWN = "it was withdrawn"
RADIO_STOPPED = "the radio was stopped"


class EmissionReport(msgspec.Struct, frozen=True):
    """What became of an accepted packet. `failure` says why it was not emitted; it is empty if the chip was seen
    emitting it and at rest afterwards. `lateness_us` is how late it was programmed. `programmed` says that the chip may
    have been given it: then it may have been on the air, whatever was seen. `seen` says that it was seen emitting;
    `missed` that nobody looked while it was to be on the air, so that not having seen it says nothing of the chip.
    """

    entry: TxEntry
    failure: str = ""
    lateness_us: int = 0
    programmed: bool = False
    seen: bool = False
    missed: bool = False


class _Watch(msgspec.Struct):
    """A packet that the chip has been given."""

    entry: TxEntry
    lateness_us: int
    look_us: int
    seen: bool = False
    looked: bool = False
    programmed: bool = True


class TxDispatcher:
    """Transmits on one chip. `request`, `withdraw` and `give_up` are for any thread, all else for the radio's own."""

    def __init__(
        self,
        chip: Chip,
        plan: ConcentratorPlan,
        report: Callable[[EmissionReport], None],
        timing: TxTiming | None = None,
    ) -> None:
        self._chip = chip
        self._plan = plan
        self._report = report
        self._timing = timing or TxTiming()
        self._queue = TxQueue(timing=self._timing)
        self._lock = threading.Lock()
        self._watched: _Watch | None = None
        self._is_over = False

    def request(self, request: TxRequest, now_us: int, approve: Callable[[TxEntry], TxStatus]) -> TxDecision:
        """Accept a packet or say why not. `approve` has the last word, once the moment is known."""
        with self._lock:
            if self._is_over:
                return TxDecision(TxStatus.RADIO_DOWN)
            queue, decision = self._queue.enqueue(request, now_us)
            if decision.entry is not None:
                status = approve(decision.entry)
                if status is not TxStatus.OK:
                    return TxDecision(status)
            self._queue = queue
            return decision

    def withdraw(self, number: int) -> None:
        """Give up an accepted packet, and report it as failed; without effect once the chip has been given it."""
        with self._lock:
            waits = any(entry.number == number for entry in self._queue.waiting)
            self._queue, entry = self._queue.cancel(number) if waits else (self._queue, None)
        if entry is not None:
            self._report(EmissionReport(entry, WITHDRAWN))

    @property
    def is_emitting(self) -> bool:
        """Whether the chip has been given a packet that it was not seen to end yet."""
        return self._watched is not None

    def next_wake_us(self) -> int | None:
        """When `work` will have something to do; None while it has nothing."""
        next_us, watched = self._queue.next_wake_us(), self._watched
        if watched is None or next_us is None:
            return next_us if watched is None else watched.look_us
        return min(next_us, watched.look_us)

    def work(self, now_us: int) -> None:
        """Look at what is on the air, and program what is due.

        Raises:
            BusError: a transfer failed. The packet it belonged to is reported as failed.
        """
        watch = self._watched
        if watch is not None and now_us >= watch.look_us:
            self._look(watch, now_us)
        with self._lock:
            self._queue, due = self._queue.next_due(now_us)
        for entry in due.outdated:
            self._report(EmissionReport(entry, "it could not be programmed in time"))
        if due.entry is not None:
            self._program(due.entry, now_us)

    def give_up(self, reason: str) -> None:
        """The radio is lost: nothing that was accepted will be emitted, and nothing is accepted any more."""
        with self._lock:
            self._is_over = True
            entries = self._queue.waiting
            self._queue = TxQueue(timing=self._timing, next_number=self._queue.next_number)
        self._finish(reason)
        for entry in entries:
            self._report(EmissionReport(entry, reason))

    def _program(self, entry: TxEntry, now_us: int) -> None:
        lead_us = self._timing.lead_us if entry.request.due_us is not None else self._timing.at_once_us
        lateness_us = now_us - (entry.due_us - lead_us)
        if self._watched is not None:
            self._finish("the next packet was due before it was seen to end")
        look_us = entry.due_us + min(entry.request.airtime_us // 2, FIRST_LOOK_US)
        watch = self._watched = _Watch(entry, lateness_us, look_us)
        try:
            status = transmitter.transmit(
                self._chip, self._plan, entry.request.packet, entry.trigger, entry.due_us & COUNTER_MASK
            )
        except BusError as error:
            self._finish(str(error))
            raise
        if status is not TxStatus.OK:
            watch.programmed = False
            self._finish(f"the radio cannot emit it ({status.value})")

    def _look(self, watch: _Watch, now_us: int) -> None:
        """Whether the chip emits what it was given, and later whether it has come to rest."""
        end_us = watch.entry.due_us + watch.entry.request.airtime_us
        state = transmitter.status(self._chip, watch.entry.request.packet.rf_chain)
        # A host that was held up looks after the end, and finds the chip at rest whatever it did.
        watch.looked |= state is not ChainState.FREE or now_us < end_us
        if state is ChainState.EMITTING and now_us <= end_us + TOLERANCE_US:
            watch.seen = True
            watch.look_us = max(end_us, now_us) + LOOK_AGAIN_US
        elif state is ChainState.FREE:
            self._finish("" if watch.seen else "the chip was not seen emitting it")
        elif state is ChainState.SCHEDULED and now_us <= watch.entry.due_us + TOLERANCE_US:
            watch.look_us = now_us + LOOK_AGAIN_US
        else:
            transmitter.abort(self._chip, watch.entry.request.packet.rf_chain)
            self._finish(f"the chip did not finish it (transmitter {state.name.lower()})")

    def _finish(self, failure: str) -> None:
        with self._lock:
            watch, self._watched = self._watched, None
            if watch is None:
                return
            if failure:
                self._queue, _ = self._queue.cancel(watch.entry.number)
        is_missed = not watch.looked
        self._report(EmissionReport(watch.entry, failure, watch.lateness_us, watch.programmed, watch.seen, is_missed))
