"""The air in front of the chip: who transmits when, and who drowns whom.

Two LoRa packets disturb each other where they share spreading factor, bandwidth and carrier. The
stronger survives if it is 6 dB above the other, as simulations of LoRa networks usually have it. A
packet drowned before its header has ended is lost, later it is recorded with a bad CRC. While the
chip itself transmits it hears nothing, unless its board is full duplex.
"""

import threading
from collections import Counter as Tally
from collections.abc import Callable
from functools import partial

from radio.simulator.agenda import Agenda
from radio.simulator.counter import Counter
from radio.simulator.emission import Emission
from radio.simulator.receiver import Receiver
from radio.simulator.recorder import Lock, delay_s
from radio.simulator.transmission import Fate, Reception, Transmission

CAPTURE_DB = 6.0
_CARRIER_SHARE = 0.5
"""Carriers closer than this part of the bandwidth disturb each other."""


class _Flight:
    """A transmission between its start and its record."""

    def __init__(self, reception: Reception, start_s: float) -> None:
        self.reception = reception
        self.sent = reception.transmission
        self.start_s = start_s
        self.end_s = start_s + self.sent.airtime_s
        self.seized: Lock | None = None
        self.damaged = False

    def overlaps(self, other: "_Flight") -> bool:
        """Whether the other one, which started later, disturbs this one or is disturbed by it."""
        mine, its = self.sent, other.sent
        if mine.modulation != its.modulation or other.start_s >= self.end_s:
            return False
        same_chirps = (mine.spreading_factor, mine.bandwidth_hz) == (its.spreading_factor, its.bandwidth_hz)
        near = abs(mine.freq_hz - its.freq_hz) < _CARRIER_SHARE * mine.bandwidth_hz
        return near and (same_chirps or mine.modulation == "FSK")


class Air:
    """Transmissions in flight, and the chip's own emissions. By `advance` the due is lived through.

    `jammed` tells whether the chip's own emission keeps it from hearing at a moment; None for a
    full-duplex board.
    """

    def __init__(
        self,
        receiver: Receiver,
        counter: Counter,
        agenda: Agenda,
        *,
        clock: Callable[[], float],
        lock: threading.RLock,
        jammed: Callable[[float], bool] | None,
    ) -> None:
        self._receiver = receiver
        self._lock = lock
        self._counter = counter
        self._clock = clock
        self._agenda = agenda
        self._jammed = jammed
        self._in_flight: list[_Flight] = []
        self._listeners: list[Callable[[Emission], None]] = []
        self.fates: Tally[Fate] = Tally()

    def on_emission(self, listener: Callable[[Emission], None]) -> None:
        """Have a listener told of each of the chip's emissions, once, when the clock has passed its start.

        It is called within the transfer, or the `advance`, that finds this out, from that thread: it
        should note the emission and return.
        """
        with self._lock:
            self._listeners.append(listener)

    def emit(self, emission: Emission) -> None:
        """The chip starts to transmit: it loses what it was hearing, and listeners are told."""
        if self._jammed is not None:
            for flight in self._in_flight:
                if flight.end_s > emission.start_s:
                    self._lose(flight, Fate.TRANSMITTING)
        for listener in self._listeners:
            listener(emission)

    def transmit(self, sent: Transmission) -> Reception:
        """Put a packet on the air; its `fate` is known once the clock has passed its end."""
        reception = Reception(sent)
        with self._lock:
            flight = _Flight(reception, self._clock() if sent.at_s is None else sent.at_s)
            self._agenda.note(flight.start_s, partial(self._start, flight))
        return reception

    def deliver_now(self, sent: Transmission) -> Reception:
        """Record a packet at once, as if it ended now and had been alone on the air."""
        reception = Reception(sent)
        with self._lock:
            now_s = self._clock()
            self.advance(now_s)
            seized = self._seize(reception, now_s)
            if seized is not None:
                self._record(reception, seized, damaged=False, written_s=now_s)
        return reception

    def advance(self, now_s: float) -> None:
        """Live through everything that starts or ends up to `now_s`."""
        self._agenda.advance(now_s)

    def _start(self, flight: _Flight) -> None:
        flight.seized = self._seize(flight.reception, flight.start_s)
        if self._collide(flight):
            self._lose(flight, Fate.COLLISION)
        self._in_flight.append(flight)
        self._agenda.note(flight.end_s + delay_s(flight.sent), partial(self._finish, flight))

    def _finish(self, flight: _Flight) -> None:
        self._in_flight.remove(flight)
        if flight.seized is not None:
            written_s = flight.end_s + delay_s(flight.sent)
            self._record(flight.reception, flight.seized, flight.damaged, written_s)

    def _seize(self, reception: Reception, moment_s: float) -> Lock | None:
        if self._jammed is not None and self._jammed(moment_s):
            self._end(reception, Fate.TRANSMITTING)
            return None
        seized = self._receiver.lock(reception.transmission)
        if isinstance(seized, Fate):
            self._end(reception, seized)
            return None
        reception.channel = seized.tuning.channel
        return seized

    def _record(self, reception: Reception, seized: Lock, damaged: bool, written_s: float) -> None:
        ticks = self._counter.ticks_at(written_s)
        fate = self._receiver.record(reception.transmission, seized, damaged=damaged, written_ticks=ticks)
        self._receiver.release(seized)
        self._end(reception, fate)

    def _collide(self, newcomer: _Flight) -> bool:
        """Spoil what the newcomer drowns; tell whether it is drowned itself."""
        drowned = False
        for flight in self._in_flight:
            if not flight.overlaps(newcomer):
                continue
            advantage_db = newcomer.sent.rssi_dbm - flight.sent.rssi_dbm
            drowned |= advantage_db < CAPTURE_DB
            if advantage_db > -CAPTURE_DB:
                self._drown(flight, newcomer.start_s)
        return drowned

    def _drown(self, flight: _Flight, moment_s: float) -> None:
        header_known = flight.sent.modulation == "LORA" and moment_s >= flight.start_s + flight.sent.header_end_s
        if header_known and flight.sent.crc:
            flight.damaged = True
        else:
            self._lose(flight, Fate.COLLISION)

    def _lose(self, flight: _Flight, fate: Fate) -> None:
        if flight.seized is not None:
            self._receiver.release(flight.seized)
            flight.seized = None
            self._end(flight.reception, fate)

    def _end(self, reception: Reception, fate: Fate) -> None:
        reception.fate = fate
        self.fates[fate] += 1
