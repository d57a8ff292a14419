"""Which routes get an uplink."""

from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.filters import Prefix
from forwarder.routing import ALL_KINDS, Kind, Match, Route, Routes, one_route_each

Item = TypeVar("Item")
EVERYTHING = Match()

# Small addresses at both ends of their space, so that matches and near misses are common.
DEV_ADDRS = st.one_of(st.integers(0, 40), st.integers(2**32 - 40, 2**32 - 1), st.integers(0, 2**32 - 1))
JOIN_EUIS = st.one_of(st.integers(0, 40), st.integers(2**64 - 40, 2**64 - 1), st.integers(0, 2**64 - 1))
DEPOSITORS = st.sampled_from(["hauterive", "metropole", "sdis"])
BLOCKS = st.builds(
    lambda address, length: Prefix(address, length, 32), DEV_ADDRS, st.one_of(st.integers(26, 32), st.integers(0, 32))
)
RANGES = st.tuples(JOIN_EUIS, JOIN_EUIS).map(lambda ends: (min(ends), max(ends)))


def few(items: st.SearchStrategy[Item]) -> st.SearchStrategy[tuple[Item, ...]]:
    return st.lists(items, max_size=3).map(tuple)


MATCHES = st.builds(
    Match,
    depositors=few(DEPOSITORS),
    net_ids=few(st.sampled_from([0x000000, 0x000013, 0xE00000])),
    dev_addrs=few(BLOCKS),
    join_euis=few(JOIN_EUIS),
    join_eui_ranges=few(RANGES),
    kinds=st.just(ALL_KINDS) | st.frozensets(st.sampled_from(Kind), min_size=1),
)
ROUTES = st.lists(st.builds(Route, st.uuids().map(str), st.just(("main",)), MATCHES, st.booleans()), max_size=8)


def chosen(
    routes: Sequence[Route],
    depositor: str | None = None,
    dev_addr: int | None = None,
    join_eui: int | None = None,
    *,
    kind: Kind = Kind.DATA,
) -> list[str]:
    """The names of those that get it."""
    return [route.name for route in Routes(routes).choose(depositor, dev_addr, join_eui, kind)]


def plain(name: str, match: Match = EVERYTHING) -> Route:
    return Route(name, ("main",), match)


def mirror(name: str, match: Match = EVERYTHING) -> Route:
    return Route(name, ("main",), match, mirror=True)


# --- Which route


def test_a_route_that_names_nothing_takes_everything() -> None:
    for uplink in ((None, None, None), ("hauterive", 0x26011A00, None), (None, None, 7)):
        assert chosen([plain("all")], *uplink) == ["all"]
    assert chosen([plain("all")], kind=Kind.JOIN) == ["all"]


def test_a_route_takes_uplinks_of_its_kinds_alone_and_leaves_the_others_to_those_behind_it() -> None:
    routes = [plain("lorawan", Match(kinds=frozenset({Kind.DATA, Kind.JOIN}))), plain("rest")]
    assert [chosen(routes, kind=kind) for kind in Kind] == [["lorawan"], ["lorawan"], ["rest"], ["rest"]]


def test_the_first_plain_route_that_matches_gets_it_alone() -> None:
    routes = [plain("metropole", Match(depositors=("metropole",))), plain("city"), plain("behind")]
    assert chosen(routes, "metropole") == ["metropole"]
    assert chosen(routes, "hauterive") == ["city"]
    assert chosen(routes) == ["city"]


def test_every_mirror_that_matches_gets_a_copy_wherever_it_stands() -> None:
    routes = [
        mirror("archive"),
        plain("city"),
        mirror("study", Match(depositors=("hauterive",))),
        mirror("other", Match(depositors=("metropole",))),
    ]
    assert chosen(routes, "hauterive") == ["city", "archive", "study"]


def test_what_two_routes_name_is_matched_by_both() -> None:
    match = Match(("hauterive",), dev_addrs=(Prefix(5, 32, 32),), join_euis=(7,))
    routes = [mirror("archive", match), plain("city", match), mirror("study", match)]
    for uplink in (("hauterive", 1), (None, 5)):
        assert chosen(routes, *uplink) == ["city", "archive", "study"]
    assert chosen(routes, None, None, 7, kind=Kind.JOIN) == ["city", "archive", "study"]


def test_a_mirror_gets_what_no_plain_route_matches() -> None:
    assert chosen([plain("city", Match(depositors=("hauterive",))), mirror("archive")]) == ["archive"]


def test_what_nothing_matches_goes_nowhere() -> None:
    assert chosen([plain("city", Match(depositors=("hauterive",)))], "metropole", 1) == []


def test_one_of_several_keys_is_enough() -> None:
    routes = [plain("metropole", Match(depositors=("metropole",), net_ids=(0x13,), join_euis=(7,)))]
    assert chosen(routes, "metropole", 0xFFFFFFFF) == ["metropole"]
    assert chosen(routes, "hauterive", 0x26000000) == ["metropole"]
    assert chosen(routes, None, None, 7, kind=Kind.JOIN) == ["metropole"]


def test_a_join_request_is_not_matched_by_a_dev_addr_nor_a_data_frame_by_a_join_eui() -> None:
    routes = [
        plain("by address", Match(dev_addrs=(Prefix(0, 0, 32),))),
        plain("by join", Match(join_eui_ranges=((0, 2**64 - 1),))),
    ]
    assert chosen(routes, None, 5, 5) == ["by address"]
    assert chosen(routes, None, 5, 5, kind=Kind.JOIN) == ["by join"]


def test_a_rejoin_request_without_a_join_eui_is_matched_by_its_depositor() -> None:
    routes = [plain("joins", Match(join_eui_ranges=((0, 2**64 - 1),))), plain("city", Match(depositors=("hauterive",)))]
    assert chosen(routes, "hauterive", kind=Kind.JOIN) == ["city"]


# LoRaWAN Backend Interfaces TS002-1.1.0, "DevAddr assignment": a NetID of each type, its block's first DevAddr and
# length.
NET_IDS = [
    (0x000013, 0x26000000, 7),
    (0x00003C, 0x78000000, 7),
    (0x200001, 0x81000000, 8),
    (0x40000A, 0xC0A00000, 12),
    (0x6000A8, 0xE1500000, 15),
    (0x800005, 0xF0028000, 17),
    (0xA00002, 0xF8004000, 19),
    (0xC00053, 0xFC014C00, 22),
    (0xE00020, 0xFE001000, 25),
]


@pytest.mark.parametrize(("net_id", "first", "length"), NET_IDS, ids=[f"{net_id:06X}" for net_id, _, _ in NET_IDS])
def test_a_net_id_means_the_dev_addrs_of_its_network(net_id: int, first: int, length: int) -> None:
    last = first + (1 << (32 - length)) - 1
    routes = [plain("network", Match(net_ids=(net_id,))), plain("rest")]
    found = [chosen(routes, None, dev_addr) for dev_addr in (first - 1, first, last, last + 1)]
    assert found == [["rest"], ["network"], ["network"], ["rest"]]


def test_overlapping_blocks_of_one_route_are_one() -> None:
    blocks = (Prefix(0x10, 28, 32), Prefix(0x10, 30, 32), Prefix(0x1C, 32, 32))
    routes = [plain("city", Match(dev_addrs=blocks))]
    assert [chosen(routes, None, dev_addr) for dev_addr in (0xF, 0x10, 0x14, 0x1F, 0x20)] == [
        [],
        ["city"],
        ["city"],
        ["city"],
        [],
    ]


@given(
    ROUTES,
    st.none() | DEPOSITORS | st.just("nobody's"),
    st.none() | DEV_ADDRS,
    st.none() | JOIN_EUIS,
    st.sampled_from(Kind),
)
def test_a_look_up_says_what_reading_all_routes_in_order_says(
    routes: list[Route], depositor: str | None, dev_addr: int | None, join_eui: int | None, kind: Kind
) -> None:
    matching = [each for each in routes if matches(each.match, depositor, dev_addr, join_eui, kind)]
    expected = [each.name for each in matching if not each.mirror][:1] + [each.name for each in matching if each.mirror]
    assert chosen(routes, depositor, dev_addr, join_eui, kind=kind) == expected


def matches(match: Match, depositor: str | None, dev_addr: int | None, join_eui: int | None, kind: Kind) -> bool:
    if kind not in match.kinds:
        return False
    if match == Match(kinds=match.kinds) or depositor in match.depositors:
        return True
    if kind is Kind.JOIN:
        return join_eui in match.join_euis or any(
            join_eui is not None and first <= join_eui <= last for first, last in match.join_eui_ranges
        )
    if dev_addr is None:
        return False
    of_network = {0x000000: dev_addr >> 25 == 0, 0x000013: dev_addr >> 25 == 0x13, 0xE00000: dev_addr >> 7 == 0x1FC0000}
    return any(dev_addr in block for block in match.dev_addrs) or any(of_network[net_id] for net_id in match.net_ids)


def test_without_configuration_every_server_gets_everything() -> None:
    routes = one_route_each(["main", "archive"])
    assert [(route.name, route.servers) for route in routes] == [("main", ("main",)), ("archive", ("archive",))]
    assert chosen(routes, None, 1) == chosen(routes, "hauterive", kind=Kind.JOIN) == ["main", "archive"]


def test_without_routes_nothing_goes_anywhere() -> None:
    assert chosen([], "hauterive", 1) == []
    assert list(Routes([])) == []


def test_routes_are_told_in_the_order_of_the_file() -> None:
    assert [route.name for route in Routes([mirror("b"), plain("a")])] == ["b", "a"]
