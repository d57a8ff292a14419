"""The decisions of a radio at work, without one: the queue at a moment that the test chooses."""

from collections.abc import Callable

from radio.packets import TxStatus
from radio.tx_queue import PLACES_PER_ORIGIN, TxDecision, TxEntry, TxQueue, TxRequest, TxTiming

REFERENCE_TIMING = TxTiming(
    start_delay_us=1_500, programming_us=0, lead_us=40_000, shortest_notice_us=42_500, margin_us=1_000
)


class QueueEmitter:
    """Accepts what the queue accepts; `now_us` is the linear counter, None for a radio that is not there yet."""

    def __init__(
        self, now_us: int | None = 10_000_000, timing: TxTiming | None = None, places: int = PLACES_PER_ORIGIN
    ) -> None:
        self.now_us = now_us
        self.accepted: list[TxEntry] = []
        self._queue = TxQueue(timing=timing or TxTiming(), places_per_origin=places)

    def linear_now_us(self) -> int | None:
        """See `Concentrator.linear_now_us`."""
        return self.now_us

    def transmit(self, request: TxRequest, approve: Callable[[TxEntry], TxStatus]) -> TxDecision:
        """See `Concentrator.transmit`."""
        assert self.now_us is not None
        passed, _ = self._queue.next_due(self.now_us)
        queue, decision = passed.enqueue(request, self.now_us)
        if decision.entry is None:
            return decision
        status = approve(decision.entry)
        if status is not TxStatus.OK:
            return TxDecision(status)
        self._queue = queue
        self.accepted.append(decision.entry)
        return decision
