"""The chip's counters, read so that a torn reading is found out, and one that stands still."""

import struct

from radio.counter import (
    CHIP_TICKS_PER_US,
    CHIP_WRAP_US,
    CounterState,
    Pulse,
    first_reading,
    next_reading,
    packet_linear_us,
)
from radio.errors import ChipError, ChipFault
from radio.sx1302.chip import Chip
from radio.sx1302.fine_time import TICK_HZ, remember_pps
from radio.sx1302.receiver_counters import ReceiverCounters
from radio.sx1302.registers import Timestamp

COUNTER_PERIOD_S = 1.0
# Twice a second no PPS escapes, which fine timestamps need.
FINE_COUNTER_PERIOD_S = 0.4
# A counter that did not move for so long, by the host's clock, stands still.
FROZEN_AFTER_S = 0.05
FROZEN_READINGS = 3
# Less than what a carry into the top byte is worth, 2^24 ticks or 524 ms.
# The PPS comes every 32,000,000 ticks, and a carry is half of that; the same margin serves.
TORN_US = 100_000
TORN_TICKS = TORN_US * CHIP_TICKS_PER_US

FROZEN_ADVICE = (
    "The concentrator's clock stands still: a radio stopped giving it. It is started again; if this comes back, "
    "check the supply and the board."
)

# PPS counter, free-running counter.
_TICKS = struct.Struct(">II")


class CounterWatch:
    """The counters of one started chip. `due_s` is when they are to be read again, on the monotonic clock."""

    def __init__(self, chip: Chip, counters: ReceiverCounters, *, fine: bool) -> None:
        self.state: CounterState | None = None
        self.pps_history: tuple[int, ...] = ()
        self.due_s = float("-inf")
        self._chip = chip
        self._counters = counters
        self._period_s = FINE_COUNTER_PERIOD_S if fine else COUNTER_PERIOD_S
        self._frozen = 0
        self._moved_s = float("-inf")

    def read(self, now_s: float) -> CounterState:
        """Read the free-running counter and the one latched at the PPS.

        Raises:
            ChipError: the counter stands still.
        """
        pps_ticks, ticks = self._read_ticks(now_s)
        chip_us = ticks // CHIP_TICKS_PER_US
        if self.state is None:
            self.state, self._moved_s = first_reading(chip_us, now_s), now_s
        else:
            self._check_moves(chip_us, now_s)
            self.state = next_reading(self.state, chip_us, now_s)
        self.pps_history = remember_pps(self.pps_history, pps_ticks)
        self.due_s = now_s + self._period_s
        return self.state

    def read_pulse(self, now_s: float) -> Pulse:
        """The counter now and at the last PPS, read together.

        Raises:
            BusError, ChipError: as `poll`.
        """
        counter = self.read(now_s)
        pps_ticks = self.pps_history[-1]
        # What the register holds until the first PPS.
        if not pps_ticks:
            return Pulse(counter.linear_us, None)
        return Pulse(counter.linear_us, packet_linear_us(counter, pps_ticks // CHIP_TICKS_PER_US))

    def _read_ticks(self, now_s: float) -> tuple[int, int]:
        """Both counters, in ticks.

        Their bytes are not latched together: where the top byte of either changes between two readings, the next
        reading is used. A torn reading is half a second off, so that one which agrees with the host's clock needs
        no second.
        """
        first = self._chip.read_bytes(Timestamp.PPS_COUNTER.address, 8)
        pps_ticks, ticks = _TICKS.unpack(first)
        if self._expects((pps_ticks, ticks), now_s):
            return pps_ticks, ticks
        second = self._chip.read_bytes(Timestamp.PPS_COUNTER.address, 8)
        if self._expects(_TICKS.unpack(second), now_s):
            self._counters.counter_glitches += 1
            pps_ticks, ticks = _TICKS.unpack(second)
            return pps_ticks, ticks
        if first[0] != second[0] or first[4] != second[4]:
            self._counters.counter_glitches += 1
            pps_ticks, ticks = _TICKS.unpack(self._chip.read_bytes(Timestamp.PPS_COUNTER.address, 8))
        elif self._off_us(_TICKS.unpack(second), now_s) < self._off_us((pps_ticks, ticks), now_s):
            # The host was held up, so that neither is where it should be; one may be no reading at all.
            pps_ticks, ticks = _TICKS.unpack(second)
        return pps_ticks, ticks

    def _off_us(self, reading: tuple[int, ...], now_s: float) -> float:
        """How far a reading is from where the last one and the host's clock say."""
        last = self.state
        if last is None:
            return 0.0
        moved_us = (reading[1] // CHIP_TICKS_PER_US - last.linear_us) % CHIP_WRAP_US
        return abs(moved_us - (now_s - last.read_s) * 1e6) if moved_us else CHIP_WRAP_US

    def _expects(self, reading: tuple[int, ...], now_s: float) -> bool:
        """Whether a reading is where the last one and the host's clock say."""
        if self.state is None or not self.pps_history:
            return False
        between_pps = (reading[0] - self.pps_history[-1] + TORN_TICKS) % TICK_HZ
        return self._off_us(reading, now_s) < TORN_US and between_pps <= 2 * TORN_TICKS

    def _check_moves(self, chip_us: int, now_s: float) -> None:
        if self.state is None or chip_us != self.state.chip_us:
            self._frozen, self._moved_s = 0, now_s
            return
        self._frozen += 1
        if self._frozen >= FROZEN_READINGS and now_s - self._moved_s >= FROZEN_AFTER_S:
            register, expected = str(Timestamp.COUNTER), "a running counter"
            fault = ChipFault.STANDS_STILL
            raise ChipError("reception", register, expected, f"{chip_us} µs", FROZEN_ADVICE, fault=fault)
