"""Which network servers a depositor's link depends on: those of the routes by which its uplinks may go. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from forwarder.filters import DEV_ADDR_BITS, net_id_prefix
from forwarder.routing import OF_DEVICES, Match, Range, Route
from gateway.policy.document import Depositor, Group


def servers_of(depositor: Depositor, routes: Sequence[Route]) -> tuple[str, ...]:
    """Their names, each once, in the order of the routes.

    A plain route that takes all of the depositor's leaves nothing to those behind it. A mirror that keeps nothing while
    its servers are away is an archive, and on an archive no link depends.
    """
    servers: dict[str, None] = {}
    is_left = True
    for route in routes:
        if (not route.store if route.mirror else not is_left) or not may_take(route.match, depositor):
            continue
        servers.update(dict.fromkeys(route.servers))
        if not route.mirror and _takes_all(route.match, depositor):
            is_left = False
    return tuple(servers)


def may_take(match: Match, depositor: Depositor) -> bool:
    """Whether any uplink of a depositor's may match. Which DevAddrs its DevEUIs have is not known here."""
    if not OF_DEVICES & match.kinds:
        return False
    if match.names_nothing or depositor.id in match.depositors:
        return True
    return any(_may_take(match, group) for group in depositor.groups)


def _may_take(match: Match, group: Group) -> bool:
    addresses, join_euis = list(_dev_addrs(group)), [(each, each) for each in group.join_euis]
    wanted = [*((each, each) for each in match.join_euis), *match.join_eui_ranges]
    return (match.names_dev_addrs and (not addresses or _overlap(addresses, _routed(match)))) or (
        match.names_join_euis and (not join_euis or _overlap(join_euis, wanted))
    )


def _takes_all(match: Match, depositor: Depositor) -> bool:
    return match.kinds >= OF_DEVICES and (match.names_nothing or depositor.id in match.depositors)


def _dev_addrs(group: Group) -> Iterator[Range]:
    yield from ((each, each) for each in group.dev_addrs)
    for first, length in group.dev_addr_blocks:
        yield _range_of(first, length)
    for net_id in group.net_ids:
        prefix = net_id_prefix(net_id)
        yield _range_of(prefix.value, prefix.length)


def _routed(match: Match) -> list[Range]:
    prefixes = (*match.dev_addrs, *map(net_id_prefix, match.net_ids))
    return [_range_of(prefix.value, prefix.length) for prefix in prefixes]


def _range_of(address: int, length: int) -> Range:
    behind = (1 << (DEV_ADDR_BITS - length)) - 1
    return address & ~behind, address | behind


def _overlap(some: Iterable[Range], others: Sequence[Range]) -> bool:
    return any(first <= last_b and first_b <= last for first, last in some for first_b, last_b in others)
