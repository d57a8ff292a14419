"""DevAddr blocks: of NetIDs, and as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.text.net_id import block_of, block_text, has_unused_bits, last_of, net_id_block, trimmed


@pytest.mark.parametrize(
    ("net_id", "block"),
    [
        # A NetID of each type whose ID is 0x6D, cut as TS002-1.1.0 has it, worked out by hand.
        (0x00006D, (0x5A000000, 7)),
        (0x20006D, (0xAD000000, 8)),
        (0x40036D, (0xD6D00000, 12)),
        (0x76DB6D, (0xE6DA0000, 15)),
        (0x96DB6D, (0xF5B68000, 17)),
        (0xB6DB6D, (0xFB6DA000, 19)),
        (0xD6DB6D, (0xFD6DB400, 22)),
        (0xF6DB6D, (0xFE6DB680, 25)),
        # The Things Network, whose devices are known by their 26 and 27.
        (0x000013, (0x26000000, 7)),
    ],
)
def test_a_net_id_is_a_block_of_dev_addrs(net_id: int, block: tuple[int, int]) -> None:
    assert net_id_block(net_id) == block


@given(st.integers(0, 2**24 - 1), st.integers(0, 2**32 - 1))
def test_types_share_no_dev_addr(net_id: int, dev_addr: int) -> None:
    first, length = net_id_block(net_id)
    assert trimmed((first, length)) == (first, length)
    leading_ones = len(f"{first:032b}".split("0", 1)[0])
    assert leading_ones == net_id >> 21
    assert (first <= dev_addr <= last_of((first, length))) == (dev_addr >> (32 - length) == first >> (32 - length))


@pytest.mark.parametrize(
    ("net_id", "unused"), [(0x00003F, False), (0x000040, True), (0x4001FF, False), (0x400200, True)]
)
def test_bits_between_type_and_id_are_unused(net_id: int, unused: bool) -> None:
    assert has_unused_bits(net_id) is unused


@pytest.mark.parametrize("text", ["26011A00/24", "26011B07", "00000000/7", "26011B06/31"])
def test_a_block_is_written_as_it_is_read(text: str) -> None:
    assert block_text(block_of(text)) == text


def test_a_block_of_all_bits_is_one_dev_addr() -> None:
    assert block_of("26011B07/32") == block_of("26011B07") == (0x26011B07, 32)


def test_a_block_ends_with_its_last_dev_addr() -> None:
    assert last_of((0x26011A00, 24)) == 0x26011AFF
