"""A transmit chain's state machine: idle, scheduled, emitting, idle again by the clock."""

import math
from collections.abc import Callable
from functools import partial

from radio.simulator import addresses as at
from radio.simulator.agenda import Agenda
from radio.simulator.counter import TICKS_PER_S, Counter
from radio.simulator.emission import Emission, read_emission
from radio.simulator.memory import Memory

FREE, EMITTING, DELAYED, ON_PPS = 0x80, 0x70, 0x91, 0x92
TRIGGER_IMMEDIATE, TRIGGER_DELAYED, TRIGGER_PPS = 0b001, 0b010, 0b100
_WRAP = 1 << 32


class TxChain:
    """From a trigger to the end of its emission, which `announce` is told when it starts.

    A LoRa emission starts the programmed start delay after its trigger; an FSK one at once, as a host
    counts on that leaves this delay alone (reference recordings). What is programmed counts as it is
    when the emission starts.
    """

    def __init__(
        self, memory: Memory, rf_chain: int, counter: Counter, agenda: Agenda, announce: Callable[[Emission], None]
    ) -> None:
        self._memory = memory
        self._rf_chain = rf_chain
        self._bank = at.TX_BANKS[rf_chain]
        self._counter = counter
        self._agenda = agenda
        self._announce = announce
        self._triggers = 0
        self.reset()

    def reset(self) -> None:
        """Forget what was scheduled, and fall silent."""
        self._triggers += 1
        self._state = FREE
        self._end_s: float | None = None

    def trigger_written(self, now_s: float) -> None:
        """React to the host's write of the trigger bits; no bit set aborts."""
        self.reset()
        bits = self._register(at.TX_TRIGGER, 1)
        delay_s = self._start_delay_ticks() / TICKS_PER_S
        if bits & TRIGGER_IMMEDIATE:
            self._schedule(EMITTING, now_s + delay_s)
        elif bits & TRIGGER_DELAYED:
            self._schedule(DELAYED, now_s + self._timer_s(now_s) + delay_s)
        elif bits & TRIGGER_PPS:
            self._schedule(ON_PPS, math.floor(now_s) + 1.0 + delay_s)

    def status(self, now_s: float) -> int:
        """The status register. With a frozen counter a delayed emission never starts."""
        return FREE if self._end_s is not None and now_s >= self._end_s else self._state

    def emitting(self, now_s: float) -> bool:
        """Whether the chain is on the air, once its start has been lived through."""
        return self._end_s is not None and now_s < self._end_s

    def _schedule(self, state: int, start_s: float) -> None:
        self._state = state
        if not (state == DELAYED and self._counter.frozen):
            self._agenda.note(start_s, partial(self._start, self._triggers, start_s))

    def _start(self, trigger: int, start_s: float) -> None:
        if trigger != self._triggers or (self._state == DELAYED and self._counter.frozen):
            return
        counter_us = self._counter.microseconds_at(start_s)
        emission = read_emission(self._memory.content, self._rf_chain, start_s, counter_us)
        self._state = EMITTING
        self._end_s = start_s if emission is None else emission.end_s
        if emission is not None:
            self._announce(emission)

    def _timer_s(self, now_s: float) -> float:
        timer = self._register(at.TX_TIMER, 4)
        return (timer - self._counter.ticks_at(now_s)) % _WRAP / TICKS_PER_S

    def _start_delay_ticks(self) -> int:
        fsk = self._register(at.TX_MODULATION, 1) & 1
        return 0 if fsk else self._register(at.TX_START_DELAY, 2)

    def _register(self, offset: int, length: int) -> int:
        return int.from_bytes(self._memory.read(self._bank + offset, length), "big")
