"""The concentrator counter as the receiver follows it: wraps, stalls, torn readings."""

from collections.abc import Sequence

import pytest

from radio.bus import SpiBus
from radio.counter import CHIP_WRAP_US
from tests.radio.plans import EU868, FINE
from tests.radio.sx1302.record_builder import record
from tests.radio.sx1302.station import Station

COUNTERS = bytes((0, 0x61, 0x01))
WRAP_S = CHIP_WRAP_US / 1e6


class TornCounter:
    """The first reads of the counters show these values instead."""

    def __init__(self, bus: SpiBus, shown: Sequence[tuple[int, int]]) -> None:
        self._bus = bus
        self._shown = list(shown)

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        answer = self._bus.transfer(out)
        if not out.startswith(COUNTERS) or not self._shown:
            return answer
        pps_ticks, ticks = self._shown.pop(0)
        return answer[:4] + pps_ticks.to_bytes(4, "big") + ticks.to_bytes(4, "big")

    def close(self) -> None:
        """See `SpiBus.close`."""


def linear_us(station: Station) -> int:
    """Where the receiver thinks that the counter is."""
    state = station.receiver.counter
    assert state is not None
    return state.linear_us


def elapsed_us(station: Station) -> float:
    """How long the chip has really run."""
    return (station.clock() - 1000.0) * 1e6


@pytest.mark.parametrize("hours", [1, 30])
def test_wraps_are_counted_for_hours(station: Station, hours: int) -> None:
    station.poll_for(hours * 3600.0, every_s=20.0)
    station.poll(1.0)
    assert linear_us(station) == pytest.approx(elapsed_us(station), abs=2)


@pytest.mark.parametrize("stall_s", [100.0, 134.0, 135.0, 268.5, 1000.0, 86_400.0])
def test_a_stalled_host_finds_its_place_again(station: Station, stall_s: float) -> None:
    station.poll_for(10.0)
    station.poll(stall_s)
    assert linear_us(station) == pytest.approx(elapsed_us(station), abs=2)


@pytest.mark.parametrize("stall_s", [1.0, 130.0])
def test_a_packet_heard_during_a_stall_keeps_its_time(station: Station, stall_s: float) -> None:
    station.poll_for(3 * WRAP_S, every_s=1.0)
    station.hear(b"long ago")
    sent_us = elapsed_us(station)
    (packet,) = station.poll(stall_s)
    assert packet.counter_us == pytest.approx(sent_us, abs=50_000)


def test_a_packet_stamped_before_a_wrap_and_read_after_it_belongs_before(station: Station) -> None:
    station.poll_for(WRAP_S - 1.0 - 0.1, every_s=0.1)
    last_us = linear_us(station)
    station.sim.inject(record(b"just before", stamp_us=CHIP_WRAP_US - 1000))
    (packet,) = station.poll(2.0)
    assert last_us < packet.counter_us < CHIP_WRAP_US < linear_us(station)


def test_packets_stay_in_order_across_the_32_bit_wrap(station: Station) -> None:
    station.poll((1 << 32) / 1e6 - 1.0)
    station.poll_for(0.5)
    station.hear(b"1st")
    (before,) = station.poll(1.0)
    station.hear(b"2nd")
    (after,) = station.poll(0.1)
    assert before.counter_us > after.counter_us
    assert (after.counter_us - before.counter_us) % (1 << 32) == pytest.approx(1_000_000, abs=2)


@pytest.mark.parametrize("torn_ticks", [0, 0xFFFF_FFFF, 1 << 24])
def test_a_torn_reading_is_not_believed(station: Station, torn_ticks: int) -> None:
    station.poll_for(3.0)
    station.bus = TornCounter(station.sim, [(0, torn_ticks)])
    station.receiver.read_counter(station.clock())
    assert linear_us(station) == pytest.approx(elapsed_us(station), abs=2)
    assert station.receiver.counters.counter_glitches == 1


def test_a_reading_that_is_none_is_not_believed_though_the_host_was_held_up(station: Station) -> None:
    # All within the first half second, so that the counter's top byte is 0 as that of no reading is.
    station.poll_for(0.05)
    station.clock.advance(0.05)
    held_up_s = station.clock()
    station.clock.advance(0.15)
    pps_ticks = int.from_bytes(station.chip.read_bytes(0x6101, 4), "big")
    station.bus = TornCounter(station.sim, [(pps_ticks, 0)])
    station.receiver.read_counter(held_up_s)
    assert linear_us(station) == pytest.approx(elapsed_us(station), abs=2)


def test_the_counter_is_read_often_enough_for_every_pulse_with_fine_timestamps() -> None:
    reads = {}
    for name, plan in (("plain", EU868), ("fine", FINE)):
        station = Station(plan)
        before = station.chip.transfers
        station.poll_for(10.0)
        reads[name] = station.chip.transfers - before - 200
    assert reads["plain"] <= 30
    assert 30 <= reads["fine"] <= 53
