"""Which routes get an uplink: ways to network servers, each for what it matches.

Pure. A route matches by what a frame claims: the depositor that the policy finds behind it, the DevAddr of a data
frame, the JoinEUI of a join request. Of several keys one has to match; a route without any takes everything.
"""

import enum
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from forwarder.filters import Prefix, net_id_prefix

RETURN_AFTER_S = 60.0
"""How long a better server has to be up before a route goes back to it, unless the host says otherwise."""

Range = tuple[int, int]
"""Addresses from the first to the last, both included."""


class Kind(enum.Enum):
    """What an uplink is, as far as can be seen."""

    DATA = "data"
    """A data frame of LoRaWAN."""
    JOIN = "join"
    """A join or rejoin request."""
    OTHER = "other"
    """What is no uplink of LoRaWAN: proprietary frames, other protocols."""
    DAMAGED = "damaged"
    """What arrived with a wrong checksum, or without one."""


ALL_KINDS = frozenset(Kind)
OF_DEVICES = frozenset({Kind.DATA, Kind.JOIN})
"""What a depositor's devices send."""


class Match(msgspec.Struct, frozen=True):
    """What a route takes: depositors by id, DevAddrs by block or by the NetID of their network, JoinEUIs; and of all
    these, uplinks of some kinds alone.
    """

    depositors: tuple[str, ...] = ()
    net_ids: tuple[int, ...] = ()
    dev_addrs: tuple[Prefix, ...] = ()
    join_euis: tuple[int, ...] = ()
    join_eui_ranges: tuple[Range, ...] = ()
    kinds: frozenset[Kind] = ALL_KINDS

    @property
    def names_dev_addrs(self) -> bool:
        """Whether it names DevAddrs."""
        return bool(self.net_ids or self.dev_addrs)

    @property
    def names_join_euis(self) -> bool:
        """Whether it names JoinEUIs."""
        return bool(self.join_euis or self.join_eui_ranges)

    @property
    def names_nothing(self) -> bool:
        """Whether it takes whoever's."""
        return not (self.depositors or self.names_dev_addrs or self.names_join_euis)

    @property
    def takes_everything(self) -> bool:
        """Whether it leaves nothing out."""
        return self.names_nothing and self.kinds == ALL_KINDS


class Route(msgspec.Struct, frozen=True):
    """A way for uplinks. `servers` are names in the order of preference; one of them is in use at a time.

    A `mirror` gets a copy of all that it matches, whatever the other routes get. After a failure of a better server the
    route goes back to it once it has been up for `return_after_s`. `store` says whether uplinks wait while none is up.
    """

    name: str
    servers: tuple[str, ...]
    match: Match = Match()
    mirror: bool = False
    return_after_s: float = RETURN_AFTER_S
    store: bool = True


def one_route_each(servers: Iterable[str]) -> tuple[Route, ...]:
    """What holds where no routes are configured: every server gets everything."""
    return tuple(Route(name, (name,), mirror=index > 0) for index, name in enumerate(servers))


class Routes:
    """All routes, made ready for one look-up an uplink. Immutable once it is built.

    Routes are bits of a number, the first one the lowest, so that what matches is found by a few unions.
    """

    __slots__ = ("_depositors", "_dev_addrs", "_join_euis", "_kinds", "_mirrors", "_plain", "_routes", "_whoevers")

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._mirrors = _bits(index for index, route in enumerate(routes) if route.mirror)
        self._plain = _bits(index for index, route in enumerate(routes) if not route.mirror)
        self._whoevers = _bits(index for index, route in enumerate(routes) if route.match.names_nothing)
        self._kinds = {kind: _bits(i for i, route in enumerate(routes) if kind in route.match.kinds) for kind in Kind}
        self._depositors: dict[str, int] = {}
        for index, route in enumerate(routes):
            for depositor in route.match.depositors:
                self._depositors[depositor] = self._depositors.get(depositor, 0) | 1 << index
        self._dev_addrs = _RangeTable(
            (each, index) for index, route in enumerate(routes) for each in _dev_addr_ranges(route.match)
        )
        self._join_euis = _RangeTable(
            (each, index) for index, route in enumerate(routes) for each in _join_eui_ranges(route.match)
        )

    def __iter__(self) -> Iterator[Route]:
        """All of them, in order."""
        return iter(self._routes)

    def choose(
        self, depositor: str | None, dev_addr: int | None, join_eui: int | None, kind: Kind
    ) -> tuple[Route, ...]:
        """The routes that get an uplink: the first plain one that matches it, then every mirror that does.

        For joins the DevAddr counts for nothing, and for everything else the JoinEUI.
        """
        matching = self._whoevers
        if depositor is not None:
            matching |= self._depositors.get(depositor, 0)
        if kind is Kind.JOIN:
            matching |= 0 if join_eui is None else self._join_euis.at(join_eui)
        elif dev_addr is not None:
            matching |= self._dev_addrs.at(dev_addr)
        matching &= self._kinds[kind]
        plain = matching & self._plain
        return tuple(self._each(plain & -plain)) + tuple(self._each(matching & self._mirrors))

    def _each(self, bits: int) -> Iterator[Route]:
        while bits:
            yield self._routes[(bits & -bits).bit_length() - 1]
            bits &= bits - 1


class _RangeTable:
    """Ranges that may overlap → who has an address, by one bisection: from each of `_firsts` on, the same have it."""

    __slots__ = ("_firsts", "_owners")

    def __init__(self, ranges: Iterable[tuple[Range, int]]) -> None:
        changes = [change for (first, last), owner in ranges for change in ((first, 1, owner), (last + 1, -1, owner))]
        self._firsts, self._owners = [0], [0]
        # An owner's ranges may overlap: it has an address as long as one of them goes on.
        open_ranges: Counter[int] = Counter()
        for first, step, owner in sorted(changes):
            open_ranges[owner] += step
            rest = self._owners[-1] & ~(1 << owner)
            # Of several changes at one address the last one tells, and is the one that is found.
            self._firsts.append(first)
            self._owners.append(rest | 1 << owner if open_ranges[owner] else rest)

    def at(self, address: int) -> int:
        """Those that have an address, as bits."""
        return self._owners[bisect_right(self._firsts, address) - 1]


def _bits(indexes: Iterable[int]) -> int:
    return sum(1 << index for index in indexes)


def _dev_addr_ranges(match: Match) -> Iterator[Range]:
    yield from map(_range_of, match.dev_addrs)
    yield from (_range_of(net_id_prefix(net_id)) for net_id in match.net_ids)


def _join_eui_ranges(match: Match) -> Iterator[Range]:
    yield from match.join_eui_ranges
    yield from ((join_eui, join_eui) for join_eui in match.join_euis)


def _range_of(prefix: Prefix) -> Range:
    behind = (1 << (prefix.bits - prefix.length)) - 1
    return prefix.value & ~behind, prefix.value | behind
