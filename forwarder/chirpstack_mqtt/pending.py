"""The downlinks that a server asked for and was not told the end of: their items are tried in order, then one answer.

An item that was accepted is only answered for when it has been emitted or has failed, so that the answer is true. But
ChirpStack forgets a downlink 30 s after it sent it, and a missing answer is worse than an early one: what lies further
ahead, as ping slots may, is answered for with OK when that time is nearly over.
"""

from collections import OrderedDict

import msgspec

from forwarder.backend import Downlink, EmissionId, TxReceipt
from forwarder.chirpstack_mqtt.downlink import ItemError, ack_status, request_of
from forwarder.chirpstack_mqtt.messages import DownlinkFrame, DownlinkFrameItem, DownlinkTxAckItem, TxAckStatus
from forwarder.chirpstack_mqtt.tally import Tally
from radio.packets import TxPacket, TxStatus

# chirpstack/src/storage/downlink_frame.rs: SETEX … 30. The rest is for the way there and back.
ANSWER_WITHIN_S = 25.0
# Nothing is accepted further ahead (`radio.tx_queue.LONGEST_NOTICE_US`): by then every fate is known.
FORGET_AFTER_S = 600.0
DUPLICATE_WITHIN_S = 60.0
MOST_PENDING = 256
MOST_RECENT = 1024


class TransmitRequested(msgspec.Struct, frozen=True):
    """The server wants this transmitted: `Downlinks.answered` takes the receipt."""

    downlink: Downlink


class ItemRefused(msgspec.Struct, frozen=True):
    """An item of a downlink asks for what no radio can do. It is answered for with the others."""

    detail: str


class Answered(msgspec.Struct, frozen=True):
    """The answer to a downlink: one status for each item."""

    downlink_id: int
    items: tuple[DownlinkTxAckItem, ...]


class EmissionFailed(msgspec.Struct, frozen=True):
    """A packet that had been accepted was not emitted; `was_answered` where the server had to be told otherwise."""

    failure: str
    was_answered: bool


Step = TransmitRequested | ItemRefused | Answered | EmissionFailed


class _Pending(msgspec.Struct):
    downlink_id: int
    items: tuple[DownlinkFrameItem, ...]
    statuses: list[TxAckStatus]
    began_s: float
    index: int = 0
    packet: TxPacket | None = None
    emission: EmissionId | None = None
    was_accepted: bool = False
    is_answered: bool = False


class Downlinks:
    """The state of all downlinks of one server. `backend` is its name."""

    def __init__(self, backend: str, tally: Tally) -> None:
        self._backend = backend
        self._tally = tally
        self._pending: dict[int, _Pending] = {}
        self._by_emission: dict[EmissionId, _Pending] = {}
        self._recent: OrderedDict[int, float] = OrderedDict()
        self.received = 0
        self.accepted = 0

    def is_duplicate(self, downlink_id: int, now_s: float) -> bool:
        """Whether this downlink was asked for before; it is, from now on."""
        while self._recent and (
            len(self._recent) >= MOST_RECENT or next(iter(self._recent.values())) <= now_s - DUPLICATE_WITHIN_S
        ):
            self._recent.popitem(last=False)
        if downlink_id in self._recent or downlink_id in self._pending:
            return True
        self._recent[downlink_id] = now_s
        return False

    def requested(self, frame: DownlinkFrame, now_s: float) -> list[Step]:
        """The server asks for a downlink that is no duplicate and has items."""
        self.received += 1
        self._tally.requested()
        statuses = [TxAckStatus.IGNORED] * len(frame.items)
        pending = _Pending(frame.downlink_id, frame.items, statuses, now_s)
        if len(self._pending) >= MOST_PENDING:
            pending.statuses[0] = TxAckStatus.QUEUE_FULL
            return [self._answer(pending)]
        self._pending[frame.downlink_id] = pending
        return self._try(pending)

    def answered(self, downlink_id: int, receipt: TxReceipt) -> list[Step]:
        """The gateway has decided on the item that was asked for last."""
        pending = self._pending.get(downlink_id)
        if pending is None:
            return []
        pending.statuses[pending.index] = ack_status(receipt.status)
        if receipt.status is not TxStatus.OK:
            pending.index += 1
            return self._try(pending)
        self.accepted += not pending.was_accepted
        pending.was_accepted = True
        if receipt.emission is None:
            return [self._end(pending)]
        pending.emission = receipt.emission
        self._by_emission[receipt.emission] = pending
        return []

    def emission_ended(self, emission: EmissionId, failure: str) -> list[Step]:
        """What was accepted is on the air no more, or never was; then the next item has its chance."""
        pending = self._by_emission.pop(emission, None)
        if pending is None:
            return []
        pending.emission = None
        if not failure and pending.packet is not None:
            self._tally.emitted(pending.packet)
        if pending.is_answered:
            del self._pending[pending.downlink_id]
            return [EmissionFailed(failure, was_answered=True)] if failure else []
        if not failure:
            return [self._end(pending)]
        pending.statuses[pending.index] = TxAckStatus.INTERNAL_ERROR
        pending.index += 1
        return [EmissionFailed(failure, was_answered=False), *self._try(pending)]

    def next_timer(self) -> float | None:
        """When `handle_timer` has something to do; None where nothing waits."""
        return min(map(_due_s, self._pending.values()), default=None)

    def handle_timer(self, now_s: float) -> list[Step]:
        """Answer for what the server will soon have forgotten, and forget what nobody tells the end of."""
        steps: list[Step] = []
        for pending in [each for each in self._pending.values() if _due_s(each) <= now_s]:
            if pending.is_answered:
                self._forget(pending)
            elif pending.emission is None:
                pending.statuses[pending.index] = TxAckStatus.INTERNAL_ERROR
                steps.append(self._end(pending))
            else:
                pending.is_answered = True
                steps.append(self._answer(pending))
        return steps

    def give_up(self) -> list[Step]:
        """The radio stops: nothing more will be emitted."""
        waiting = [each for each in self._pending.values() if not each.is_answered]
        for pending in waiting:
            if pending.index < len(pending.statuses):
                pending.statuses[pending.index] = TxAckStatus.INTERNAL_ERROR
        self._pending.clear()
        self._by_emission.clear()
        return [self._answer(pending) for pending in waiting]

    def _try(self, pending: _Pending) -> list[Step]:
        """Ask for the first item that can be asked for; without one, that is the answer."""
        steps: list[Step] = []
        while pending.index < len(pending.items):
            try:
                packet, timing = request_of(pending.items[pending.index])
            except ItemError as error:
                pending.statuses[pending.index] = error.status
                pending.index += 1
                steps.append(ItemRefused(str(error)))
                continue
            pending.packet = packet
            return [*steps, TransmitRequested(Downlink(self._backend, pending.downlink_id, packet, timing))]
        return [*steps, self._end(pending)]

    def _end(self, pending: _Pending) -> Answered:
        self._forget(pending)
        return self._answer(pending)

    def _forget(self, pending: _Pending) -> None:
        self._pending.pop(pending.downlink_id, None)
        if pending.emission is not None:
            self._by_emission.pop(pending.emission, None)

    def _answer(self, pending: _Pending) -> Answered:
        for status in pending.statuses:
            if status is not TxAckStatus.IGNORED:
                self._tally.answered(status)
        return Answered(pending.downlink_id, tuple(DownlinkTxAckItem(status) for status in pending.statuses))


def _due_s(pending: _Pending) -> float:
    return pending.began_s + (FORGET_AFTER_S if pending.is_answered else ANSWER_WITHIN_S)
