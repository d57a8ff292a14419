"""Packets that were demodulated twice."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.packets import CrcStatus, RxPacket
from radio.sx1302.duplicates import SAME_PACKET_US, counter_distance_us, merge_duplicates, same_packet
from tests.packets import PLAIN, packet

WRAP = 1 << 32
FINE = packet(fine_time_ns=5, counter_us=PLAIN.counter_us + 6, modem_id=4)


def test_of_two_copies_the_one_with_a_fine_time_stays() -> None:
    assert merge_duplicates([PLAIN, FINE]) == [FINE]
    assert merge_duplicates([FINE, PLAIN]) == [FINE]


def test_a_right_checksum_is_worth_more_than_a_fine_time() -> None:
    damaged = msgspec.structs.replace(FINE, crc_status=CrcStatus.BAD)
    assert merge_duplicates([damaged, PLAIN]) == [PLAIN]
    assert merge_duplicates([PLAIN, damaged]) == [PLAIN]


@pytest.mark.parametrize(
    "other",
    [
        packet(counter_us=PLAIN.counter_us + SAME_PACKET_US + 1),
        packet(counter_us=PLAIN.counter_us - SAME_PACKET_US - 1),
        packet(channel=2),
        packet(spreading_factor=8),
        packet(payload=b"city night"),
    ],
)
def test_packets_that_differ_are_two(other: RxPacket) -> None:
    assert not same_packet(PLAIN, other)
    assert len(merge_duplicates([PLAIN, other])) == 2


@pytest.mark.parametrize("apart_us", [-24, 0, 24])
def test_copies_of_one_emission_lie_at_most_three_samples_apart(apart_us: int) -> None:
    assert same_packet(PLAIN, packet(counter_us=PLAIN.counter_us + apart_us))
    assert not same_packet(PLAIN, packet(counter_us=PLAIN.counter_us + 25))


def test_copies_are_found_across_the_wrap_of_the_counter_and_order_is_kept() -> None:
    late, after = packet(counter_us=WRAP - 3), packet(counter_us=5)
    assert len(merge_duplicates([late, after])) == 1
    apart = packet(counter_us=40)
    assert merge_duplicates([apart, late]) == [late, apart]


@given(st.integers(0, WRAP - 1), st.integers(-(WRAP // 2), WRAP // 2 - 1))
def test_a_distance_does_not_depend_on_wraps(earlier_us: int, distance_us: int) -> None:
    assert counter_distance_us((earlier_us + distance_us) % WRAP, earlier_us) == distance_us


copies = st.builds(
    packet,
    counter_us=st.integers(0, 400),
    channel=st.integers(0, 1),
    fine_time_ns=st.sampled_from((None, 7)),
    crc_status=st.sampled_from(CrcStatus),
)


@given(st.lists(copies, max_size=12))
def test_nothing_is_invented_no_emission_is_lost_and_time_is_in_order(heard: list[RxPacket]) -> None:
    kept = merge_duplicates(heard)
    assert all(packet in heard for packet in kept)
    assert all(any(same_packet(packet, other) for other in heard) for packet in kept)
    assert {packet.channel for packet in kept} == {packet.channel for packet in heard}
    assert [packet.counter_us for packet in kept] == sorted(packet.counter_us for packet in kept)
