"""Which packet is transmitted when: the just-in-time queue, as a value. Pure; time is the linear counter in µs.

One queue serves the whole board. The reference has one for each RF chain, and neither knows of the other; but both
chains share the air and, on most boards, the antenna, so that here two emissions exclude each other whatever their
chains. (Full duplex separates reception from transmission, not one transmission from another.)

What was accepted is a promise, since the server was told so. A request that collides with it is refused, whoever
asks: no server can push out another's downlink. That none starves another by asking more often, or earlier, is seen to
by `radio.tx_room`; for the same reason each origin has places of its own. Beacons rank above other packets in that ping
slots (class B) keep clear of their guard time; class A and C only keep clear of the beacon itself. A beacon that comes
second respects what is there, and asks for its whole guard.
"""

import enum
from operator import attrgetter

import msgspec

from radio.packets import TxPacket, TxStatus, TxTrigger
from radio.tx_room import Party, RoomForOthers

# LoRaWAN 1.0.4, class B, beacon timing: no ping slot in the 3 s before a beacon, and 2.12 s reserved for it.
BEACON_GUARD_US = 3_000_000
BEACON_RESERVED_US = 2_120_000
# Four beacon periods of 128 s (sx1302_hal 2.1.0, jitqueue.c): a moment further ahead is a mistake.
LONGEST_NOTICE_US = 512_000_000
# As many as the reference's queue holds. There are as many origins as servers, and one more for beacons.
PLACES_PER_ORIGIN = 32
# One in so many of them is kept for what has a moment, and cannot wait.
WINDOWS_SHARE = 4


class TxClass(enum.Enum):
    """Why a packet has its moment: a receive window, a ping slot, none (at once), a PPS."""

    A = "A"
    B = "B"
    C = "C"
    BEACON = "BEACON"


class TxTiming(msgspec.Struct, frozen=True):
    """How much time transmitting takes, all before the moment at which the emission starts.

    start_delay_us: the chip's trigger lies so far ahead of the emission (sx1302_hal 2.1.0, loragw_sx1302.c).
    programming_us: from handing a packet over until the trigger is set. To be measured on the board.
    lead_us: a packet is handed over so early; what exceeds start and programming is the driver's time to wake up, and
    to get through the programming. By default that is what a virtual machine was seen to sleep, 29 ms now and again.
    at_once_us: an immediate downlink is emitted so long after it was asked for, if nothing stands in the way.
    shortest_notice_us: a request must come earlier than that.
    margin_us: between two emissions, besides the second one's start delay and lead.

    The reference has 1500, 0, 40000, 80000 or so, 42500 and 1000.

    Raises:
        ValueError: a packet would be handed over, or accepted, when it can no longer be programmed.
    """

    start_delay_us: int = 1_500
    programming_us: int = 2_000
    lead_us: int = 30_000
    at_once_us: int = 15_000
    shortest_notice_us: int = 4_500
    margin_us: int = 1_000

    def __post_init__(self) -> None:
        if min(self.start_delay_us, self.programming_us, self.margin_us) < 0:
            raise ValueError("a time before an emission is negative")
        if self.latest_us >= min(self.lead_us, self.shortest_notice_us):
            raise ValueError(f"lead and shortest notice must exceed the {self.latest_us} µs that a start takes")

    @property
    def latest_us(self) -> int:
        """Handed over later than that before its emission, a packet misses its trigger."""
        return self.start_delay_us + self.programming_us

    def pre_delay_us(self, tx_class: TxClass) -> int:
        """What a packet keeps free before its emission."""
        guard_us = BEACON_GUARD_US if tx_class is TxClass.BEACON else 0
        return self.start_delay_us + self.lead_us + guard_us


class TxRequest(msgspec.Struct, frozen=True):
    """A packet that somebody wants transmitted.

    `airtime_us` is the duration of the emission, `due_us` its start on the linear counter; None, which only class C
    may ask for, is as soon as possible. `origin` names who asks.
    """

    packet: TxPacket
    tx_class: TxClass
    airtime_us: int
    due_us: int | None = None
    origin: str = ""

    @property
    def party(self) -> Party:
        """Who asks, as far as room for others goes. What has a moment cannot wait, even if it is class C."""
        return Party(self.origin, self.due_us is None)


class TxEntry(msgspec.Struct, frozen=True):
    """An accepted request: `number` is its own for the life of the queue, `due_us` when its emission starts."""

    number: int
    request: TxRequest
    due_us: int

    @property
    def emission_id(self) -> tuple[int, int]:
        """What tells it from every other: numbers begin anew with each radio."""
        return self.number, self.due_us

    @property
    def end_us(self) -> int:
        """When the air is free again."""
        airtime_us = self.request.airtime_us
        if self.request.tx_class is TxClass.BEACON:
            airtime_us = max(airtime_us, BEACON_RESERVED_US)
        return self.due_us + airtime_us

    @property
    def trigger(self) -> TxTrigger:
        """What sets the emission off. An immediate downlink has been given its moment like any other."""
        return TxTrigger.ON_PPS if self.request.tx_class is TxClass.BEACON else TxTrigger.TIMESTAMPED


class TxDecision(msgspec.Struct, frozen=True):
    """The answer to a request; `entry` is there exactly if the status is OK."""

    status: TxStatus
    entry: TxEntry | None = None


class TxDue(msgspec.Struct, frozen=True):
    """What is to be programmed now, and what nobody fetched in time: that will never be emitted."""

    entry: TxEntry | None
    outdated: tuple[TxEntry, ...]


class TxQueue(msgspec.Struct, frozen=True):
    """The accepted packets: those that wait, by their moments, and the one last handed over.

    `on_air` keeps its air until its emission is over. Each operation returns the queue that follows.
    """

    timing: TxTiming = TxTiming()
    places_per_origin: int = PLACES_PER_ORIGIN
    waiting: tuple[TxEntry, ...] = ()
    on_air: TxEntry | None = None
    next_number: int = 0
    room: RoomForOthers = RoomForOthers()

    def enqueue(self, request: TxRequest, now_us: int) -> tuple["TxQueue", TxDecision]:
        """Accept a request, or say why not."""
        if not _is_possible(request):
            return self, TxDecision(TxStatus.INVALID)
        if self._is_full(request):
            return self, TxDecision(TxStatus.QUEUE_FULL)
        due_us = request.due_us if request.due_us is not None else self._next_gap_us(request, now_us)
        entry = TxEntry(self.next_number, request, due_us)
        status = self._judge(entry, now_us)
        if status is TxStatus.COLLISION_PACKET:
            return self._refused(entry, now_us), TxDecision(status)
        if status is not TxStatus.OK:
            return self, TxDecision(status)
        waiting = tuple(sorted((*self.waiting, entry), key=attrgetter("due_us")))
        room = self.room.accepted(request.party)
        queue = msgspec.structs.replace(self, waiting=waiting, next_number=self.next_number + 1, room=room)
        return queue, TxDecision(TxStatus.OK, entry)

    def next_due(self, now_us: int) -> tuple["TxQueue", TxDue]:
        """Hand over the packet to be programmed now, if there is one, and whatever is too late for that."""
        latest_us = now_us + self.timing.latest_us
        outdated = tuple(entry for entry in self.waiting if entry.due_us < latest_us)
        waiting = tuple(entry for entry in self.waiting if entry.due_us >= latest_us)
        on_air = self._on_air_at(now_us)
        if on_air is not None or not waiting or waiting[0].due_us - now_us >= self.timing.lead_us:
            return msgspec.structs.replace(self, waiting=waiting, on_air=on_air), TxDue(None, outdated)
        first, *rest = waiting
        return msgspec.structs.replace(self, waiting=tuple(rest), on_air=first), TxDue(first, outdated)

    def next_wake_us(self) -> int | None:
        """When `next_due` will next have something to hand over; None while nothing waits."""
        if not self.waiting:
            return None
        opens_us = self.waiting[0].due_us - self.timing.lead_us + 1
        return opens_us if self.on_air is None else max(opens_us, self.on_air.end_us)

    def cancel(self, number: int) -> tuple["TxQueue", TxEntry | None]:
        """Take a packet out, if it is still there: one that waits, or one whose emission failed or was aborted."""
        if self.on_air is not None and self.on_air.number == number:
            return msgspec.structs.replace(self, on_air=None), self.on_air
        found = next((entry for entry in self.waiting if entry.number == number), None)
        waiting = tuple(entry for entry in self.waiting if entry.number != number)
        return msgspec.structs.replace(self, waiting=waiting), found

    def _on_air_at(self, now_us: int) -> TxEntry | None:
        """The packet handed over, while its emission is not over."""
        return self.on_air if self.on_air is not None and self.on_air.end_us > now_us else None

    def _reserved(self, now_us: int) -> tuple[TxEntry, ...]:
        """All that keeps air for itself, by moments."""
        on_air = self._on_air_at(now_us)
        return self.waiting if on_air is None else (on_air, *self.waiting)

    def _is_full(self, request: TxRequest) -> bool:
        kept = self.places_per_origin // WINDOWS_SHARE if request.due_us is None else 0
        own = sum(entry.request.origin == request.origin for entry in self.waiting)
        return own >= self.places_per_origin - kept

    def _next_gap_us(self, request: TxRequest, now_us: int) -> int:
        """The first moment at which an immediate downlink can be programmed in time and disturbs nothing."""
        earliest_us = now_us + max(self.timing.at_once_us, self.timing.shortest_notice_us + 1)
        entry = TxEntry(self.next_number, request, earliest_us)
        for other in self._reserved(now_us):
            room_us = self._room_us(entry, other, now_us)
            if self._collides(entry, other, room_us):
                pre_delay_us = self.timing.pre_delay_us(request.tx_class)
                after_us = other.end_us + pre_delay_us + self.timing.margin_us + room_us + 1
                entry = msgspec.structs.replace(entry, due_us=after_us)
        return entry.due_us

    def _judge(self, entry: TxEntry, now_us: int) -> TxStatus:
        """Whether the moment is neither too near, nor too far, nor somebody else's."""
        notice_us = entry.due_us - now_us
        if notice_us <= self.timing.shortest_notice_us:
            return TxStatus.TOO_LATE
        # Beacons are our own, and immediate downlinks take what gap there is.
        asked_for = entry.request.due_us is not None and entry.request.tx_class is not TxClass.BEACON
        if asked_for and notice_us > LONGEST_NOTICE_US:
            return TxStatus.TOO_EARLY
        for other in self._reserved(now_us):
            if self._collides(entry, other, self._room_us(entry, other, now_us)):
                beacon = other.request.tx_class is TxClass.BEACON
                return TxStatus.COLLISION_BEACON if beacon else TxStatus.COLLISION_PACKET
        return TxStatus.OK

    def _collides(self, entry: TxEntry, other: TxEntry, room_us: int = 0) -> bool:
        """Whether an entry comes too near another; nothing can be programmed before what is handed over already."""
        if other is self.on_air and entry.due_us < other.due_us:
            return True
        return _collide(entry, other, self.timing, room_us)

    def _refused(self, entry: TxEntry, now_us: int) -> "TxQueue":
        """Have those leave room, for some time, who stand in the way of an entry that finds no moment again and again.

        Its own packets, and the room that it leaves itself, are nobody's fault.
        """
        if entry.request.tx_class is TxClass.BEACON:
            # It asks for seconds before itself, and comes again.
            return self
        clear_us = self.timing.pre_delay_us(entry.request.tx_class) + self.timing.margin_us
        by = {other.request.party for other in self._reserved(now_us) if self._collides(entry, other)}
        room = self.room.refused(entry.request.party, by, entry.request.airtime_us + 2 * clear_us, now_us)
        return msgspec.structs.replace(self, room=room)

    def _room_us(self, entry: TxEntry, other: TxEntry, now_us: int) -> int:
        """What has to lie between two packets for the sake of others."""
        party = entry.request.party
        return self.room.room_us(party, now_us) if party == other.request.party else 0


def _is_possible(request: TxRequest) -> bool:
    """Whether there is something to emit, and a moment for it."""
    has_moment = request.due_us is not None or request.tx_class is TxClass.C
    return bool(request.packet.payload) and request.airtime_us > 0 and has_moment


def _collide(entry: TxEntry, other: TxEntry, timing: TxTiming, room_us: int = 0) -> bool:
    """Whether an entry that asks comes too near one that is there, with so much room between them."""
    if entry.due_us >= other.due_us:
        return entry.due_us - other.end_us <= timing.pre_delay_us(entry.request.tx_class) + timing.margin_us + room_us
    in_guard = other.request.tx_class is TxClass.BEACON and entry.request.tx_class in {TxClass.A, TxClass.C}
    # The guard is against ping slots; others need only leave the time to program the beacon after them.
    pre_delay_us = timing.latest_us if in_guard else timing.pre_delay_us(other.request.tx_class)
    return other.due_us - entry.end_us <= pre_delay_us + timing.margin_us + room_us
