"""[[route]]: which network server gets what, and in what order the servers of a route are used."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from forwarder.filters import DEV_ADDR_BITS, Prefix
from forwarder.routing import RETURN_AFTER_S, Kind, Match, Route, one_route_each
from gateway.config.addresses import integers, read_blocks, read_net_ids, read_ranges
from gateway.config.reader import Reader
from gateway.config.sections import Name
from gateway.policy.document import DevAddrs, Eui, EuiRangeTable, Id, NetId

MATCH_KEYS = ("depositors", "net_ids", "dev_addrs", "join_euis", "join_eui_ranges", "kinds")
KindName = Annotated[Kind, Meta(description=" or ".join(f'"{kind.value}"' for kind in Kind))]
ALL_KIND_NAMES = tuple(Kind)


class RouteSection(msgspec.Struct, frozen=True):
    """[[route]]: uplinks that match go to the first of `servers` that is up. Addresses are written as in the policy."""

    name: Name
    servers: tuple[Name | None, ...]
    depositors: tuple[Id | None, ...] = ()
    net_ids: tuple[NetId | None, ...] = ()
    dev_addrs: tuple[DevAddrs | None, ...] = ()
    join_euis: tuple[Eui | None, ...] = ()
    join_eui_ranges: tuple[EuiRangeTable | None, ...] = ()
    kinds: tuple[KindName | None, ...] = ALL_KIND_NAMES
    mirror: bool = False
    return_after_s: Annotated[float, Meta(ge=0, le=86_400)] = RETURN_AFTER_S
    store: bool = True


def server_names(tables: Sequence[object]) -> list[str]:
    """The names in [[server]] tables as written: one with a mistake elsewhere in its table is a name all the same."""
    names = [table.get("name") for table in tables if isinstance(table, Mapping)]
    return [name for name in names if isinstance(name, str)]


def build_routes(sections: Sequence[RouteSection | None], servers: Sequence[str], reader: Reader) -> tuple[Route, ...]:
    """All routes in order; without any, one for each server. The reader holds what is wrong with them."""
    if not sections:
        return one_route_each(servers)
    names: dict[str, str] = {}
    routes: list[Route] = []
    for index, section in enumerate(sections):
        path = f"route[{index}]"
        if section is None:
            continue
        if (first := names.setdefault(section.name, path)) != path:
            reader.refuse(f"{path}.name", section.name, f"must differ: {first} has this name already")
        _check_servers(section.servers, servers, f"{path}.servers", reader)
        routes.append(
            Route(
                name=section.name,
                servers=tuple(server for server in section.servers if server is not None),
                match=_match(section, path, reader),
                mirror=section.mirror,
                return_after_s=section.return_after_s,
                store=section.store,
            )
        )
    return tuple(routes)


def route_cautions(routes: Sequence[Route], servers: Sequence[str]) -> list[str]:
    """What is allowed, and yet perhaps not meant, each in a sentence."""
    return [*_unused_servers(routes, servers), *_hidden_routes(routes), *_halves(routes)]


def _check_servers(written: Sequence[str | None], known: Sequence[str], path: str, reader: Reader) -> None:
    if not written and not reader.failed_at(path):
        reader.refuse(path, [], "must name at least one [[server]]; the first is used while it is up")
    firsts: dict[str, int] = {}
    for index, server in enumerate(written):
        if server is None:
            continue
        if (first := firsts.setdefault(server, index)) != index:
            reader.refuse(f"{path}[{index}]", server, f"must differ: {path}[{first}] is this server already")
        elif known and server not in known:
            names = " or ".join(f'"{name}"' for name in known)
            reader.refuse(f"{path}[{index}]", server, f"must be the name of a [[server]]: {names}")


def _match(section: RouteSection, path: str, reader: Reader) -> Match:
    for key in MATCH_KEYS:
        place = f"{path}.{key}"
        if place in reader.written and not getattr(section, key) and not reader.failed_under(place):
            allowed = "must name at least one, or be left out; a route that names nothing at all takes everything"
            reader.refuse(place, [], allowed)
    if section.depositors and "policy" not in reader.written:
        allowed = "needs a policy, which tells whose a device is: add the section [policy]"
        reader.refuse(f"{path}.depositors", list(section.depositors), allowed)
    blocks = read_blocks(section.dev_addrs, f"{path}.dev_addrs", reader)
    return Match(
        depositors=tuple(depositor for depositor in section.depositors if depositor is not None),
        net_ids=read_net_ids(section.net_ids, f"{path}.net_ids", reader),
        dev_addrs=tuple(Prefix(first, length, DEV_ADDR_BITS) for first, length in blocks),
        join_euis=integers(section.join_euis),
        kinds=frozenset(kind for kind in section.kinds if kind is not None),
        join_eui_ranges=read_ranges(section.join_eui_ranges, f"{path}.join_eui_ranges", reader),
    )


def _unused_servers(routes: Sequence[Route], servers: Sequence[str]) -> Iterator[str]:
    used = {server for route in routes for server in route.servers}
    yield from (f'server "{server}" is in no route and gets nothing' for server in servers if server not in used)


def _hidden_routes(routes: Sequence[Route]) -> Iterator[str]:
    """Plain routes behind one that leaves nothing to them."""
    plain = [route for route in routes if not route.mirror]
    first = next((index for index, route in enumerate(plain) if route.match.takes_everything), len(plain))
    for route in plain[first + 1 :]:
        yield (
            f'route "{route.name}" gets nothing: "{plain[first].name}", which stands before it, takes everything; '
            "put it before that one, or give it mirror = true for a copy"
        )


def _halves(routes: Sequence[Route]) -> Iterator[str]:
    """Routes that get a device's data and not its joins, or the other way round."""
    for route in routes:
        match = route.match
        if match.depositors or match.names_dev_addrs == match.names_join_euis:
            continue
        if match.names_dev_addrs:
            yield (
                f'route "{route.name}" gets no join requests: they have no DevAddr; '
                "for devices that join, give join_euis, join_eui_ranges or depositors as well"
            )
        else:
            yield (
                f'route "{route.name}" gets join requests alone: data frames have no JoinEUI; '
                "give dev_addrs, net_ids or depositors as well"
            )
