"""A transmit chain's state machine: idle, scheduled, emitting, idle again by the clock."""

import math

from radio.simulator import addresses as at
from radio.simulator.counter import TICKS_PER_S, Counter
from radio.simulator.lora_timing import fsk_airtime_s, lora_airtime_s
from radio.simulator.memory import Memory

FREE, EMITTING, DELAYED, ON_PPS = 0x80, 0x70, 0x91, 0x92
TRIGGER_IMMEDIATE, TRIGGER_DELAYED, TRIGGER_PPS = 0b001, 0b010, 0b100
_BANDWIDTHS_HZ = {4: 125_000, 5: 250_000, 6: 500_000}


class TxChain:
    """What the status register shows between a trigger and the end of its emission."""

    def __init__(self, memory: Memory, bank: int, counter: Counter) -> None:
        self._memory = memory
        self._bank = bank
        self._counter = counter
        self.reset()

    def reset(self) -> None:
        """Forget what was scheduled."""
        self._waiting = FREE
        self._start_s = 0.0
        self._end_s = 0.0

    def trigger_written(self, now_s: float) -> None:
        """React to the host's write of the trigger bits; no bit set aborts."""
        bits = self._register(at.TX_TRIGGER, 1)
        if bits & TRIGGER_IMMEDIATE:
            self._waiting, self._start_s = EMITTING, now_s
        elif bits & TRIGGER_DELAYED:
            self._waiting, self._start_s = DELAYED, now_s + self._delay_s(now_s)
        elif bits & TRIGGER_PPS:
            self._waiting, self._start_s = ON_PPS, math.floor(now_s) + 1.0
        else:
            self._waiting = FREE
        self._end_s = self._start_s + self._airtime_s()

    def status(self, now_s: float) -> int:
        """The status register. With a frozen counter a delayed emission never starts."""
        if self._waiting == FREE:
            return FREE
        if now_s < self._start_s or (self._waiting == DELAYED and self._counter.frozen):
            return self._waiting
        return EMITTING if now_s < self._end_s else FREE

    def _delay_s(self, now_s: float) -> float:
        timer = int.from_bytes(self._memory.read(self._bank + at.TX_TIMER, 4), "big")
        start_delay = self._register(at.TX_START_DELAY, 2)
        ticks = (timer - self._counter.ticks_at(now_s)) % (1 << 32)
        return (ticks + start_delay) / TICKS_PER_S

    def _airtime_s(self) -> float:
        if self._register(at.TX_MODULATION, 1) & 1:
            ticks_per_bit = self._register(at.TX_FSK_BIT_RATE, 2) or 1
            return fsk_airtime_s(self._register(at.TX_BUFFER, 1), TICKS_PER_S // ticks_per_bit, 3)
        rate, coding, flags, length = self._memory.read(self._bank + at.TX_LORA_CONFIG, 4)
        return lora_airtime_s(
            length,
            min(max(rate & 0x0F, 5), 12),
            _BANDWIDTHS_HZ.get(rate >> 4, 125_000),
            coding_rate=coding & 0b111,
            crc=bool(flags & 1),
            preamble=self._memory.content[self._bank + at.TX_LORA_CONFIG + 6],
        )

    def _register(self, offset: int, length: int) -> int:
        return int.from_bytes(self._memory.read(self._bank + offset, length), "big")
