"""Which network servers a depositor's link depends on."""

import msgspec
import pytest

from forwarder.filters import Prefix
from forwarder.routing import Kind, Match, Route, one_route_each
from gateway.link.own_servers import servers_of
from gateway.policy.document import Depositor, Group
from tests.gateway.policy.frames import CITY, CITY_SIDE, JOIN_EUI, METROPOLIS_SIDE

ALL = Route("all", ("one", "two"))
CITYS = Route("city", ("city",), Match(depositors=(CITY,)))


def test_without_routes_every_server_is_everybodys() -> None:
    assert servers_of(CITY_SIDE, one_route_each(["a", "b"])) == ("a", "b")


def test_a_depositor_with_a_route_of_its_own_depends_on_nothing_else() -> None:
    assert servers_of(CITY_SIDE, [CITYS, ALL]) == ("city",)
    assert servers_of(METROPOLIS_SIDE, [CITYS, ALL]) == ("one", "two")
    assert servers_of(CITY_SIDE, [ALL, CITYS]) == ("one", "two")


def test_who_has_no_route_depends_on_no_server() -> None:
    assert servers_of(METROPOLIS_SIDE, [CITYS]) == ()


def test_a_route_for_other_kinds_than_its_devices_send_is_nobodys_and_one_for_some_of_them_leaves_the_rest() -> None:
    other = Route("other", ("other",), Match(kinds=frozenset({Kind.OTHER, Kind.DAMAGED})))
    joins = Route("joins", ("joins",), Match(kinds=frozenset({Kind.JOIN})))
    assert servers_of(CITY_SIDE, [other, joins, ALL]) == ("joins", "one", "two")


def test_an_archive_is_nobodys_link_and_a_mirror_that_stores_is() -> None:
    archive = Route("archive", ("archive",), mirror=True, store=False)
    assert servers_of(CITY_SIDE, [archive, CITYS]) == ("city",)
    assert servers_of(CITY_SIDE, [CITYS, msgspec.structs.replace(archive, store=True)]) == ("city", "archive")


@pytest.mark.parametrize(
    ("match", "may"),
    [
        (Match(dev_addrs=(Prefix(0x26011A40, 26, 32),)), True),
        (Match(dev_addrs=(Prefix(0x26011B00, 24, 32),)), False),
        (Match(net_ids=(0x000013,)), True),
        (Match(net_ids=(0x000002,)), False),
        # Its devices may join with any JoinEUI.
        (Match(join_euis=(JOIN_EUI,)), True),
    ],
)
def test_a_route_by_address_may_get_part_of_it_and_leaves_the_rest(match: Match, may: bool) -> None:
    some = Route("some", ("some",), match)
    assert servers_of(CITY_SIDE, [some, ALL]) == (("some", "one", "two") if may else ("one", "two"))


def _of(group: Group) -> Depositor:
    return msgspec.structs.replace(CITY_SIDE, groups=(group,))


def test_devices_that_are_known_by_join_eui_or_dev_eui_alone_may_have_any_dev_addr() -> None:
    by_address = Route("some", ("some",), Match(dev_addrs=(Prefix(0x01000000, 8, 32),)))
    assert servers_of(_of(Group("g", "G", join_euis=(JOIN_EUI,))), [by_address]) == ("some",)
    assert servers_of(_of(Group("g", "G", dev_addrs=(0x02000001,))), [by_address]) == ()
    by_join = Route("some", ("some",), Match(join_eui_ranges=((0, JOIN_EUI - 1),)))
    assert servers_of(_of(Group("g", "G", join_euis=(JOIN_EUI,))), [by_join]) == ()
