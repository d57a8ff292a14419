"""Which devices a server wants to hear of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.basics_station.filters import Filters, dev_addr_prefix, read_join_euis, read_net_ids


@pytest.mark.parametrize(
    ("net_id", "first", "last"),
    [
        # LoRaWAN Backend Interfaces, table 3, by type.
        (0x00_0013, 0x2600_0000, 0x27FF_FFFF),
        (0x20_002D, 0xAD00_0000, 0xADFF_FFFF),
        (0x40_016D, 0xD6D0_0000, 0xD6DF_FFFF),
        (0x60_06DB, 0xEDB6_0000, 0xEDB7_FFFF),
        (0x80_0B6D, 0xF5B6_8000, 0xF5B6_FFFF),
        (0xA0_16DB, 0xFADB_6000, 0xFADB_7FFF),
        (0xC0_6DB6, 0xFDB6_D800, 0xFDB6_DBFF),
        (0xE1_6DB6, 0xFEB6_DB00, 0xFEB6_DB7F),
    ],
)
def test_the_whole_prefix_of_a_net_id_is_compared(net_id: int, first: int, last: int) -> None:
    value, shift = dev_addr_prefix(net_id)
    filters = Filters(prefixes=((value, shift),))
    assert value << shift == first
    assert (value + 1 << shift) - 1 == last
    assert filters.pass_dev_addr(first)
    assert not filters.pass_dev_addr(first - 1)
    assert not filters.pass_dev_addr((value + 1 << shift) & 0xFFFF_FFFF)


def test_one_net_id_of_a_large_type_lets_no_other_pass() -> None:
    """Station lets through all of 0xFE000000 to 0xFFFFFFFF here."""
    filters = Filters(read_net_ids([0xFF_FFFF]))
    assert filters.pass_dev_addr(0xFEFF_FF80)
    assert not filters.pass_dev_addr(0xFE00_0000)


@pytest.mark.parametrize("value", [None, "x", 7, {}, ["x", -1, 2**24, True, None]])
def test_no_list_of_net_ids_wants_everything(value: object) -> None:
    assert Filters(read_net_ids(value)).pass_dev_addr(0x1234_5678)


def test_an_empty_list_of_net_ids_wants_nothing() -> None:
    assert not Filters(read_net_ids([])).pass_dev_addr(0x1234_5678)


@pytest.mark.parametrize("value", [None, [], "x", 7, [[1]], [[1, "x"]], ["ab"], [None]])
def test_no_ranges_want_everything(value: object) -> None:
    assert Filters(join_euis=read_join_euis(value)).pass_join_eui(2**64 - 1)


def test_a_range_that_begins_with_0_ends_nothing() -> None:
    filters = Filters(join_euis=read_join_euis([[16, 32], [0, 8], [100, 200]]))
    passed = [eui for eui in (0, 8, 9, 15, 16, 32, 33, 99, 100, 200, 201) if filters.pass_join_eui(eui)]
    assert passed == [0, 8, 16, 32, 100, 200]


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), min_size=1), st.integers(0, 2**64 - 1))
def test_ranges_are_inclusive_and_as_many_as_there_are(ranges: list[tuple[int, int]], eui: int) -> None:
    filters = Filters(join_euis=read_join_euis([list(pair) for pair in ranges]))
    assert filters.pass_join_eui(eui) is any(low <= eui <= high for low, high in ranges)


def test_negative_numbers_and_texts_are_euis_too() -> None:
    assert read_join_euis([[-256, -1], ["00-00-00-00-00-00-00-01", "0000000000000002"]]) == (
        (2**64 - 256, 2**64 - 1),
        (1, 2),
    )
