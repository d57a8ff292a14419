"""Polling a started chip: packets, counter, and signs of ill health.

An idle poll is one transfer. Beside it, about once a second, the counter and the enables are read, so that a
chip that stood still or was reset behind the driver's back is noticed.
"""

import itertools
import struct
from collections.abc import Callable

import msgspec

from radio.counter import (
    CHIP_TICKS_PER_US,
    CHIP_WRAP_US,
    CounterState,
    Pulse,
    first_reading,
    next_reading,
    packet_linear_us,
)
from radio.errors import ChipError
from radio.packets import CrcStatus, RxPacket
from radio.sx1302.chip import LONGEST_BURST_BYTES, Chip
from radio.sx1302.duplicates import merge_duplicates
from radio.sx1302.fine_time import TICK_HZ, remember_pps
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.registers import Agc, Arbiter, Common, RxTop, Timestamp
from radio.sx1302.rx_buffer import split
from radio.sx1302.rx_record import (
    ChannelFacts,
    Reception,
    Rejection,
    channel_facts,
    decode,
    fsk_bitrate,
    implicit_settings,
)

RX_BUFFER_BYTES = 4096
ALL_ENABLED = 0x0F

COUNTER_PERIOD_S = 1.0
# Twice a second no PPS escapes, which fine timestamps need.
FINE_COUNTER_PERIOD_S = 0.4
HEALTH_PERIOD_S = 1.0
# Each time one of the two microcontrollers, in turn.
PARITY_PERIOD_S = 15.0
TEMPERATURE_PERIOD_S = 30.0
# A counter that did not move for so long, by the host's clock, stands still.
FROZEN_AFTER_S = 0.05
FROZEN_READINGS = 3
# Less than what a carry into the top byte is worth, 2^24 ticks or 524 ms.
# The PPS comes every 32,000,000 ticks, and a carry is half of that; the same margin serves.
TORN_US = 100_000
TORN_TICKS = TORN_US * CHIP_TICKS_PER_US
# The rest of a record that was being written while it was read comes with the next poll, or never.
REMAINDER_POLLS = 3

LOST_ADVICE = (
    "The chip was reset or lost its supply while it ran. It is started again; if this comes back, check the supply, "
    "the board's seat on its header, and that no other program uses its reset line or SPI device."
)
PARITY_ADVICE = (
    "A microcontroller's program changed in the chip's memory. It is loaded again; if this comes back, check the "
    "supply."
)
FROZEN_ADVICE = (
    "The concentrator's clock stands still: a radio stopped giving it. It is started again; if this comes back, "
    "check the supply and the board."
)


# PPS counter, free-running counter.
_TICKS = struct.Struct(">II")


class ReceiverCounters(msgspec.Struct):
    """What the receiver met since the start. Every record is a packet, a rejected or a bad one."""

    packets: int = 0
    crc_ok: int = 0
    crc_bad: int = 0
    crc_absent: int = 0
    bad_records: int = 0
    rejected_records: int = 0
    skipped_bytes: int = 0
    duplicates: int = 0
    overflows: int = 0
    level_glitches: int = 0
    counter_glitches: int = 0
    polls: int = 0


class Receiver:
    """Reads one started chip. `temperature` gives the board's temperature in °C, or None."""

    def __init__(
        self, chip: Chip, plan: ConcentratorPlan, version: int, temperature: Callable[[], float | None]
    ) -> None:
        self.counters = ReceiverCounters()
        self.temperature_c: float | None = None
        self._chip = chip
        self._plan = plan
        self._version = version
        self._temperature = temperature
        self._facts: tuple[ChannelFacts, ...] = channel_facts(plan, None)
        self._implicit = implicit_settings(plan)
        self._fsk_bitrate_bps = fsk_bitrate(plan)
        self._counter: CounterState | None = None
        self._pps_history: tuple[int, ...] = ()
        self._frozen = 0
        self._fault: ChipError | None = None
        self._remainder = b""
        self._remainder_polls = 0
        self._drained = self._complete = False
        self._moved_s = float("-inf")
        self._counter_due_s = self._health_due_s = self._parity_due_s = self._temperature_due_s = float("-inf")
        self._parity_turns = itertools.cycle((Agc.PARITY_ERROR, Arbiter.PARITY_ERROR))
        self._counter_period_s = COUNTER_PERIOD_S if plan.fine_timestamp is None else FINE_COUNTER_PERIOD_S

    @property
    def counter(self) -> CounterState | None:
        """The concentrator counter at its last reading."""
        return self._counter

    def poll(self, now_s: float) -> list[RxPacket]:
        """What was received since the last poll, in order. `now_s` is monotonic.

        Raises:
            BusError: a transfer failed; nothing that the chip still holds is lost.
            ChipError: the chip is not the one that was started.
        """
        self.counters.polls += 1
        if self._fault is not None:
            raise self._fault
        # What a failed poll found out, the next one finds out again.
        self._complete = False
        # First, so that what this may raise costs no packet.
        self._watch(now_s)
        level = self._level()
        if level:
            self._drain(level)
        elif not self._drained and not self._gives_up():
            return []
        counter = self._counter_for_packets(now_s)
        found = split(self._remainder, complete=self._complete)
        self._drained = self._complete = False
        self._remainder, self._remainder_polls = found.remainder, 0
        self.counters.bad_records += found.bad_records
        self.counters.skipped_bytes += found.skipped_bytes
        if found.skipped_bytes:
            self._health_due_s = now_s
        return self._decode(found.records, counter)

    def _counter_for_packets(self, now_s: float) -> CounterState:
        """The counter, or its last reading where it stands still: that is told by the next poll, after the packets."""
        try:
            return self.read_counter(now_s)
        except ChipError as fault:
            if self._counter is None:
                raise
            self._fault = fault
            return self._counter

    def _level(self) -> int:
        """How many bytes the chip holds, or fewer.

        The two bytes of the level are not latched together, and the reference reads them twice. But the level only
        grows while nobody empties the buffer, and its high byte is read first: a torn reading is too low, never too
        high. What it leaves behind, be it half a record, is taken with the next poll.
        """
        field = RxTop.BUFFERED_BYTES
        level = int.from_bytes(self._chip.read_bytes(field.address, field.length), "big")
        if level <= RX_BUFFER_BYTES:
            return level
        # No level of a sound chip: a disturbed transfer, or a chip that is gone. The next poll reads it again.
        self.counters.level_glitches += 1
        self._check_health()
        return 0

    def _drain(self, level: int) -> None:
        """Take everything that waits, after what was left of the last poll.

        What was taken stays until it is decoded, also where a later transfer of the same poll fails.
        """
        if level == RX_BUFFER_BYTES:
            self._complete = True
            self.counters.overflows += 1
        while level > 0:
            size = min(level, LONGEST_BURST_BYTES)
            self._remainder += self._chip.read_fifo(size)
            self._drained = True
            level -= size

    def _gives_up(self) -> bool:
        """Whether the rest of what was left has been waited for long enough."""
        if not self._remainder:
            return False
        self._remainder_polls += 1
        self._complete = self._remainder_polls >= REMAINDER_POLLS
        return self._complete

    def read_counter(self, now_s: float) -> CounterState:
        """Read the free-running counter and the one latched at the PPS.

        Raises:
            ChipError: the counter stands still.
        """
        pps_ticks, ticks = self._read_ticks(now_s)
        chip_us = ticks // CHIP_TICKS_PER_US
        if self._counter is None:
            self._counter, self._moved_s = first_reading(chip_us, now_s), now_s
        else:
            self._check_moves(chip_us, now_s)
            self._counter = next_reading(self._counter, chip_us, now_s)
        self._pps_history = remember_pps(self._pps_history, pps_ticks)
        self._counter_due_s = now_s + self._counter_period_s
        return self._counter

    def read_pulse(self, now_s: float) -> Pulse:
        """The counter now and at the last PPS, read together.

        Raises:
            BusError, ChipError: as `poll`.
        """
        counter = self.read_counter(now_s)
        pps_ticks = self._pps_history[-1]
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
            self.counters.counter_glitches += 1
            pps_ticks, ticks = _TICKS.unpack(second)
            return pps_ticks, ticks
        if first[0] != second[0] or first[4] != second[4]:
            self.counters.counter_glitches += 1
            pps_ticks, ticks = _TICKS.unpack(self._chip.read_bytes(Timestamp.PPS_COUNTER.address, 8))
        elif self._off_us(_TICKS.unpack(second), now_s) < self._off_us((pps_ticks, ticks), now_s):
            # The host was held up, so that neither is where it should be; one may be no reading at all.
            pps_ticks, ticks = _TICKS.unpack(second)
        return pps_ticks, ticks

    def _off_us(self, reading: tuple[int, ...], now_s: float) -> float:
        """How far a reading is from where the last one and the host's clock say."""
        last = self._counter
        if last is None:
            return 0.0
        moved_us = (reading[1] // CHIP_TICKS_PER_US - last.linear_us) % CHIP_WRAP_US
        return abs(moved_us - (now_s - last.read_s) * 1e6) if moved_us else CHIP_WRAP_US

    def _expects(self, reading: tuple[int, ...], now_s: float) -> bool:
        """Whether a reading is where the last one and the host's clock say."""
        if self._counter is None or not self._pps_history:
            return False
        between_pps = (reading[0] - self._pps_history[-1] + TORN_TICKS) % TICK_HZ
        return self._off_us(reading, now_s) < TORN_US and between_pps <= 2 * TORN_TICKS

    def _check_moves(self, chip_us: int, now_s: float) -> None:
        if self._counter is None or chip_us != self._counter.chip_us:
            self._frozen, self._moved_s = 0, now_s
            return
        self._frozen += 1
        if self._frozen >= FROZEN_READINGS and now_s - self._moved_s >= FROZEN_AFTER_S:
            raise ChipError("reception", str(Timestamp.COUNTER), "a running counter", f"{chip_us} µs", FROZEN_ADVICE)

    def _watch(self, now_s: float) -> None:
        """The first of the readings that are due by the clock; one a poll, so that none takes long."""
        if now_s >= self._counter_due_s:
            self.read_counter(now_s)
        elif now_s >= self._health_due_s:
            self._health_due_s = now_s + HEALTH_PERIOD_S
            self._check_health()
        elif now_s >= self._parity_due_s:
            self._parity_due_s = now_s + PARITY_PERIOD_S
            self._check_parity()
        elif now_s >= self._temperature_due_s:
            self.read_temperature(now_s)

    def read_temperature(self, now_s: float) -> None:
        """Ask the board's sensor, and correct RSSI by it from now on."""
        self._temperature_due_s = now_s + TEMPERATURE_PERIOD_S
        self.temperature_c = self._temperature()
        self._facts = channel_facts(self._plan, self.temperature_c)

    def begin(self, now_s: float) -> None:
        """The readings that all others build on, right after the chip's start.

        Raises:
            BusError, ChipError: as `poll`.
        """
        self.read_counter(now_s)
        self.read_temperature(now_s)

    def _check_health(self) -> None:
        """Whether the chip is still the one that was started; a wrong answer is asked for again.

        Raises:
            ChipError: it is not.
        """
        expected = bytes((ALL_ENABLED, self._version))
        found = self._chip.read_bytes(Common.ENABLES.address, 2)
        if found != expected:
            found = self._chip.read_bytes(Common.ENABLES.address, 2)
        if found != expected:
            raise ChipError(
                "reception",
                f"{Common.ENABLES}, {Common.VERSION}",
                expected.hex(" "),
                found.hex(" "),
                LOST_ADVICE,
            )

    def _check_parity(self) -> None:
        """Whether a microcontroller's program is still what was loaded.

        Raises:
            ChipError: it is not.
        """
        field = next(self._parity_turns)
        if self._chip.read(field) and self._chip.read(field):
            raise ChipError("reception", str(field), "0", "1", PARITY_ADVICE)

    def _decode(self, records: list[bytes], counter: CounterState) -> list[RxPacket]:
        reception = Reception(
            channels=self._facts,
            counter=counter,
            pps_history=self._pps_history,
            fine_timestamp=self._plan.fine_timestamp is not None,
            implicit=self._implicit,
            fsk_bitrate_bps=self._fsk_bitrate_bps,
        )
        packets = []
        for record in records:
            result = decode(record, reception)
            if isinstance(result, Rejection):
                self.counters.rejected_records += 1
            else:
                packets.append(result)
        if reception.fine_timestamp:
            heard = len(packets)
            packets = merge_duplicates(packets)
            self.counters.duplicates += heard - len(packets)
        self._count(packets)
        return packets

    def _count(self, packets: list[RxPacket]) -> None:
        counters = self.counters
        counters.packets += len(packets)
        for packet in packets:
            if packet.crc_status is CrcStatus.OK:
                counters.crc_ok += 1
            elif packet.crc_status is CrcStatus.BAD:
                counters.crc_bad += 1
            else:
                counters.crc_absent += 1
