"""Polling a started chip: packets, counter, and signs of ill health.

An idle poll is one transfer. Beside it, about once a second, the counter and the enables are read, so that a
chip that stood still or was reset behind the driver's back is noticed.
"""

import contextlib
from collections.abc import Callable

from radio.counter import CounterState, Pulse
from radio.errors import ChipError, RadioError
from radio.packets import CrcStatus, RxPacket
from radio.sx1302.chip import LONGEST_BURST_BYTES, Chip
from radio.sx1302.counter_watch import CounterWatch
from radio.sx1302.duplicates import merge_duplicates
from radio.sx1302.health import HealthWatch
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.receiver_counters import ReceiverCounters
from radio.sx1302.registers import RxTop
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
TEMPERATURE_PERIOD_S = 30.0
# The rest of a record that was being written while it was read comes with the next poll, or never.
REMAINDER_POLLS = 3
# Of a full buffer each torn reading of the level hides less than 256 bytes; a level that never ends is none.
MOST_SALVAGES = 4


class Receiver:
    """Reads one started chip. `temperature` gives the board's temperature in °C, or None."""

    def __init__(
        self, chip: Chip, plan: ConcentratorPlan, version: int, temperature: Callable[[], float | None]
    ) -> None:
        self.counters = ReceiverCounters()
        self.temperature_c: float | None = None
        self._chip = chip
        self._plan = plan
        self._temperature = temperature
        self._facts: tuple[ChannelFacts, ...] = channel_facts(plan, None)
        self._implicit = implicit_settings(plan)
        self._fsk_bitrate_bps = fsk_bitrate(plan)
        self._clock = CounterWatch(chip, self.counters, fine=plan.fine_timestamp is not None)
        self.health = HealthWatch(chip, version)
        self._fault: ChipError | None = None
        self._remainder = b""
        self._remainder_polls = 0
        self._drained = self._complete = False
        self._temperature_due_s = float("-inf")

    @property
    def counter(self) -> CounterState | None:
        """The concentrator counter at its last reading."""
        return self._clock.state

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
        return self._take(self._counter_for_packets(now_s), now_s)

    def salvage(self, now_s: float) -> list[RxPacket]:
        """After a failure, before the chip is started again: what it holds still, as far as it can be had."""
        counter = self._clock.state
        if counter is None:
            return []
        with contextlib.suppress(RadioError):
            # No poll comes after this one for what a torn level leaves behind.
            for _ in range(MOST_SALVAGES):
                if not (level := self._level()):
                    break
                self._drain(level)
        self._complete = True
        return self._take(counter, now_s)

    def _take(self, counter: CounterState, now_s: float) -> list[RxPacket]:
        """What was drained, decoded; what is not whole yet is left for the next poll."""
        found = split(self._remainder, complete=self._complete)
        self._drained = self._complete = False
        self._remainder, self._remainder_polls = found.remainder, 0
        self.counters.bad_records += found.bad_records
        self.counters.skipped_bytes += found.skipped_bytes
        if found.skipped_bytes:
            self.health.hurry(now_s)
        return self._decode(found.records, counter)

    def _counter_for_packets(self, now_s: float) -> CounterState:
        """The counter, or its last reading where it stands still: that is told by the next poll, after the packets."""
        try:
            return self._clock.read(now_s)
        except ChipError as fault:
            if self._clock.state is None:
                raise
            self._fault = fault
            return self._clock.state

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
        self.health.check_chip()
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

    def _watch(self, now_s: float) -> None:
        """The first of the readings that are due by the clock; one a poll, so that none takes long."""
        if now_s >= self._clock.due_s:
            self.read_counter(now_s)
        elif self.health.is_due(now_s):
            self.health.look(now_s)
        elif now_s >= self._temperature_due_s:
            self.read_temperature(now_s)

    def read_counter(self, now_s: float) -> CounterState:
        """Read the free-running counter and the one latched at the PPS.

        Raises:
            BusError, ChipError: as `poll`.
        """
        return self._clock.read(now_s)

    def read_pulse(self, now_s: float) -> Pulse:
        """The counter now and at the last PPS, read together.

        Raises:
            BusError, ChipError: as `poll`.
        """
        return self._clock.read_pulse(now_s)

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

    def _decode(self, records: list[bytes], counter: CounterState) -> list[RxPacket]:
        reception = Reception(
            channels=self._facts,
            counter=counter,
            pps_history=self._clock.pps_history,
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
