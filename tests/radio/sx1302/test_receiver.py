"""Polling a started chip: what arrives, in what state, and what it costs."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.errors import BusError
from radio.packets import RxPacket
from radio.simulator import BusFault
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.receiver import REMAINDER_POLLS
from tests.radio.buses import FailingBus, TamperedBus
from tests.radio.plans import EU868, FINE, PLANS
from tests.radio.sx1302.record_builder import record, spoilt
from tests.radio.sx1302.station import Station
from tests.radio.sx1302.test_rx_buffer import Traffic, traffic

PAYLOADS = [b"number %d" % number for number in range(4)]
GOOD = [record(payload, stamp_us=1000 * number) for number, payload in enumerate(PAYLOADS)]
LEVEL_HIGH, LEVEL_LOW = 0x58C8, 0x58C9
CAPACITY = 4096


def test_an_idle_poll_is_one_transfer_and_never_more_than_two(station: Station) -> None:
    costs = []
    for _ in range(1000):
        before = station.chip.transfers
        assert station.poll() == []
        costs.append(station.chip.transfers - before)
    assert max(costs) <= 2
    assert sum(costs) <= 1.02 * len(costs)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_what_is_sent_is_received(plan: ConcentratorPlan) -> None:
    station = Station(plan)
    station.hear(b"hello", channel=1)
    (packet,) = station.poll()
    assert (packet.payload, packet.channel) == (b"hello", 1)


def test_a_full_buffer_comes_out_in_one_poll(station: Station) -> None:
    heard: list[bytes] = []
    while station.sim.counters.level + 23 + 255 <= CAPACITY:
        heard.append(bytes((len(heard),)) * 255)
        station.hear(heard[-1], channel=len(heard) % 8)
    assert [packet.payload for packet in station.poll()] == heard
    assert station.receiver.counters.overflows == 0


class TestBadCompany:
    """Good records beside bad bytes."""

    SHARED = Station(EU868)

    @given(traffic(), st.lists(st.integers(0, 600), max_size=5))
    def test_good_records_come_out_in_order_and_the_rest_is_counted(self, heard: Traffic, cuts: list[int]) -> None:
        counters, before = self.SHARED.receiver.counters, self.counted()
        found = self.SHARED.payloads(*pieces(heard.data, cuts), *[b""] * REMAINDER_POLLS)
        assert found == [good[9 : 9 + good[2]] for good in heard.good]
        packets, skipped = (now - then for now, then in zip(self.counted(), before, strict=True))
        assert (packets, skipped) == (len(heard.good), len(heard.data) - sum(map(len, heard.good)))
        assert counters.rejected_records == 0

    def counted(self) -> tuple[int, int]:
        counters = self.SHARED.receiver.counters
        return counters.packets, counters.skipped_bytes

    def test_each_kind_of_record_is_counted_as_such(self, station: Station) -> None:
        station.payloads(
            GOOD[0]
            + record(b"damaged", flags=1)
            + record(b"no checksum", crc_present=False)
            + spoilt(GOOD[1])
            + record(b"no such channel", channel=12)
            + record(b"wrong payload", crc=0)
            + GOOD[2]
        )
        counters = station.receiver.counters
        assert (counters.packets, counters.crc_ok, counters.crc_bad, counters.crc_absent) == (4, 2, 1, 1)
        assert (counters.bad_records, counters.rejected_records) == (1, 2)


class TestUnfinishedRecords:
    """A record that is read while the chip still writes it."""

    def test_its_second_half_may_come_two_polls_later(self, station: Station) -> None:
        assert station.payloads(GOOD[0] + GOOD[1][:12], b"", b"", GOOD[1][12:] + GOOD[2]) == PAYLOADS[:3]

    def test_it_may_come_byte_by_byte(self, station: Station) -> None:
        assert station.payloads(*(GOOD[0][at : at + 1] for at in range(len(GOOD[0])))) == PAYLOADS[:1]

    def test_one_that_is_never_finished_is_given_up_and_counted(self, station: Station) -> None:
        assert station.payloads(GOOD[0][:20], *[b""] * REMAINDER_POLLS) == []
        counters = station.receiver.counters
        assert (counters.bad_records, counters.skipped_bytes) == (1, 20)
        assert station.payloads(GOOD[1]) == PAYLOADS[1:2]

    def test_one_that_is_cut_short_does_not_keep_the_next_from_coming(self, station: Station) -> None:
        assert station.payloads(GOOD[0][:20], GOOD[1], *[b""] * REMAINDER_POLLS) == PAYLOADS[1:2]
        assert station.receiver.counters.bad_records == 1


class TestLevel:
    """The two bytes that say how much waits."""

    def test_a_torn_level_only_delays(self, station: Station) -> None:
        station.sim.inject(b"".join(GOOD * 3))
        level = station.sim.counters.level
        assert level > 0x100
        station.bus = TamperedBus(station.sim, {LEVEL_HIGH: 0})
        heard = station.poll()
        station.bus = station.sim
        heard += station.poll()
        assert [packet.payload for packet in heard] == PAYLOADS * 3
        assert station.receiver.counters.skipped_bytes == 0

    def test_an_impossible_level_is_noticed_and_costs_nothing(self, station: Station) -> None:
        station.sim.inject(GOOD[0])
        station.bus = TamperedBus(station.sim, {LEVEL_HIGH: 0xFF, LEVEL_LOW: 0xFF})
        heard = station.poll()
        station.bus = station.sim
        heard += station.poll()
        assert [packet.payload for packet in heard] == PAYLOADS[:1]
        assert station.receiver.counters.level_glitches == 1

    def test_an_impossible_level_is_no_overflow(self, station: Station) -> None:
        station.bus = TamperedBus(station.sim, {LEVEL_HIGH: 0xFF, LEVEL_LOW: 0xFF})
        station.poll()
        assert station.receiver.counters.overflows == 0


class TestOverflow:
    """More arrived than the chip holds."""

    def test_it_is_counted_and_what_the_chip_kept_comes_out(self, station: Station) -> None:
        sent = 0
        while not station.sim.counters.records_lost:
            station.sim.inject(record(b"%03d" % sent * 30))
            sent += 1
        heard = station.payloads(b"")
        assert heard == [b"%03d" % number * 30 for number in range(sent - 2)]
        assert station.sim.counters.records_cut == 1
        counters = station.receiver.counters
        assert (counters.overflows, counters.bad_records) == (1, 1)

    def test_reception_goes_on_after_it(self, station: Station) -> None:
        station.sim.fill_rx_buffer()
        assert station.payloads(b"", GOOD[0]) == PAYLOADS[:1]
        assert station.receiver.counters.overflows == 1


class TestBusErrors:
    """A transfer fails in the middle of a poll."""

    @pytest.mark.parametrize("calm_s", [0.006, 1.5, 31.0], ids=["nothing due", "readings due", "temperature due"])
    @pytest.mark.parametrize("company", [b"", b"garbage"], ids=["good records", "garbage too"])
    @pytest.mark.parametrize("number", range(6))
    def test_nothing_is_lost_whichever_it_is(self, number: int, company: bytes, calm_s: float) -> None:
        station = Station(EU868)
        station.poll()
        station.clock.advance(calm_s)
        station.sim.inject(company + b"".join(GOOD))
        station.bus = FailingBus(station.sim, {number})
        heard: list[RxPacket] = []
        for _ in range(10):
            try:
                heard += station.poll()
            except BusError:
                continue
        assert [packet.payload for packet in heard] == PAYLOADS

    def test_a_broken_bus_is_told_in_every_poll(self, station: Station) -> None:
        station.sim.faults.break_bus(BusFault.ERROR, transfers=3)
        for _ in range(3):
            with pytest.raises(BusError):
                station.poll()
        assert station.payloads(GOOD[0]) == PAYLOADS[:1]


def test_a_packet_that_was_demodulated_twice_is_one_packet() -> None:
    station = Station(FINE)
    station.hear(b"twice")
    assert [packet.payload for packet in station.poll()] == [b"twice"]
    counters = station.receiver.counters
    assert (counters.packets, counters.duplicates) == (1, 1)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data in pieces, none of them empty."""
    edges = sorted({0, *(min(cut, len(data)) for cut in cuts), len(data)})
    return [data[start:end] for start, end in itertools.pairwise(edges)]
