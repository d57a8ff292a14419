"""Which server gets an uplink, and what becomes of it: delivered, kept on disk until then, or given up and counted.

An edge: it knows the backends and the store. What it decides by is in `forwarder.routing`, `forwarder.failover` and
`forwarder.in_flight`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NoReturn

import msgspec
import structlog

from forwarder.backend import Backend, Uplink
from forwarder.claim import claim_of
from forwarder.failover import FailoverState, ServerHealth, failover, patience_s
from forwarder.in_flight import Flight, InFlight
from forwarder.routing import Kind, Route, Routes
from forwarder.store.keeper import StoreKeeper
from forwarder.store.losses import Reason
from forwarder.store.records import NO_DEVICE, Stored
from gateway.policy.verdict import Verdict
from radio.packets import CrcStatus

BEAT_S = 0.5
# At a start: how long servers are waited for at most, and how often they are looked at.
START_PATIENCE_S, START_BEAT_S = 5.0, 0.05
FINISH_PATIENCE_S = 1.0
# Heard in that time, or until the disk has told what it has: minutes of a busy gateway.
MOST_EARLY = 4096
# Behind uplinks whose fate is not known: more than any server leaves open.
MOST_HELD = 4096
# Beats of replayed uplinks that a server may leave unconfirmed.
MOST_BEATS_OUT = 20
# So long an uplink lies in memory alone after it was given to a server that tells nothing of it: one that hangs. Longer
# than any confirmation takes, by a slow line too: nothing is to be written while servers answer.
KEEP_AFTER_MS = 5_000

_log = structlog.get_logger()


class _Way(msgspec.Struct):
    """A route at work. `out` counts its replayed uplinks that are in flight."""

    route: Route
    state: FailoverState
    out: int = 0


class Router:
    """Gives each uplink to the server in use of each route that it goes by.

    `keepalives_s` are those of the servers, by name. `now_ms` is the store's clock, `unix_ns` the host's where it is
    sure: what waits is to have its true time of reception. `replay_per_s` is how fast what waited is sent.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        keeper: StoreKeeper,
        *,
        keepalives_s: Mapping[str, float],
        now_ms: Callable[[], int],
        unix_ns: Callable[[], int | None],
        replay_per_s: float,
    ) -> None:
        self._routes = Routes(routes)
        self._ways = {route.name: _Way(route, FailoverState.of(route)) for route in routes}
        self._keeper = keeper
        self._keepalives_s = keepalives_s
        self._now_ms = now_ms
        self._unix_ns = unix_ns
        self._replayed_a_beat = max(1, round(replay_per_s * BEAT_S))
        self._backends: dict[str, Backend] = {}
        self._in_flight = InFlight()
        self._early: deque[tuple[Uplink, Verdict, int]] = deque()
        self._is_ready = False
        self._next_key = 0
        self.unrouted = 0
        self.beat_s: float | None = None
        """When its loop was last at work, by the event loop's clock; None until the store is open."""

    def add(self, backend: Backend) -> None:
        """Another server that routes may name."""
        self._backends[backend.name] = backend
        backend.on_fate = self._settle

    @property
    def keeper(self) -> StoreKeeper:
        """The store, and what it gave up."""
        return self._keeper

    @property
    def is_ready(self) -> bool:
        """Whether uplinks are routed; until then, in the first seconds, they wait."""
        return self._is_ready

    def summary(self) -> dict[str, object]:
        """What a statistics line says of it; zeros left out."""
        told = {
            "unrouted": self.unrouted,
            "waiting": self._keeper.count,
            "given_up": sum(self._keeper.losses.values()),
        }
        return {name: count for name, count in told.items() if count}

    def active_of(self, route: str) -> str | None:
        """The server in use."""
        return self._ways[route].state.active

    def send(self, uplinks: Sequence[Uplink], verdicts: Sequence[Verdict]) -> None:
        """Take what one poll of the radio returned and the policy forwards: one call to each server at most."""
        if not self._is_ready:
            self._wait(uplinks, verdicts)
            return
        if not all(way.state.active for way in self._ways.values()):
            # It may have come up since the last look: what is heard now need not wait.
            self.look()
        now_ms = self._now_ms()
        self._route([(uplink, verdict, now_ms) for uplink, verdict in zip(uplinks, verdicts, strict=True)])

    def _route(self, heard: Iterable[tuple[Uplink, Verdict, int]]) -> None:
        now_ms, flights = self._now_ms(), list[Flight]()
        for uplink, verdict, at_ms in heard:
            claim = claim_of(uplink.packet)
            routes = self._routes.choose(verdict.depositor, claim.dev_addr, claim.join_eui, claim.kind)
            if not routes:
                self.unrouted += 1
            for route in routes:
                keyed = msgspec.structs.replace(uplink, key=self._next_key)
                self._next_key += 1
                stored = Stored(route.name, verdict.depositor or "", claim.device, keyed, at_ms)
                self._take(stored, flights, now_ms, is_join=claim.kind is Kind.JOIN)
        self._give(flights)

    async def run(self) -> NoReturn:
        """Watch the servers, and send what waited, until cancelled."""
        await self._make_ready()
        while True:
            self.beat_s = asyncio.get_running_loop().time()
            self.look()
            self._keep_overdue()
            for way in self._ways.values():
                await self._replay(way)
            await asyncio.sleep(BEAT_S)

    async def _make_ready(self) -> None:
        """Know what is kept, and give servers the time to be there: what is heard meanwhile is not for the disk."""
        self._next_key = await self._keeper.opened()
        patient_until_s = asyncio.get_running_loop().time() + START_PATIENCE_S
        self.look()
        while not all(way.state.active for way in self._ways.values()):
            if asyncio.get_running_loop().time() >= patient_until_s:
                break
            await asyncio.sleep(START_BEAT_S)
            self.look()
        self._is_ready = True
        early, self._early = self._early, deque()
        self._route(early)

    def look(self) -> None:
        """See which servers are up, and which of them each route uses."""
        now_s = asyncio.get_running_loop().time()
        health = {name: self._health(backend, now_s) for name, backend in self._backends.items()}
        for way in self._ways.values():
            before, way.state = way.state, failover(way.state, health, now_s)
            if before.active != way.state.active:
                _tell_switch(way, before.active)

    async def finish(self) -> None:
        """Give servers a moment to be there, and to confirm: what they do not is sent after the next start."""
        until_s = asyncio.get_running_loop().time() + FINISH_PATIENCE_S
        while self._early or len(self._in_flight):
            if asyncio.get_running_loop().time() >= until_s:
                break
            await asyncio.sleep(START_BEAT_S)

    def keep_all(self) -> None:
        """Keep all that no server has confirmed. The last thing that it does: its servers have been left."""
        for way in self._ways.values():
            way.state = FailoverState.of(way.route)
        for flight in self._in_flight.take_all():
            if flight.replayed:
                self._keeper.failed([flight.stored.key])
            else:
                self._fail(flight)
        early, self._early = self._early, deque()
        if self._next_key:
            self._is_ready = True
            self._route(early)
        else:
            # The disk has not even told what it has.
            for _, verdict, _ in early:
                self._keeper.lost(verdict.depositor or "", Reason.BUSY)

    def _wait(self, uplinks: Sequence[Uplink], verdicts: Sequence[Verdict]) -> None:
        now_ms = self._now_ms()
        self._early.extend((uplink, verdict, now_ms) for uplink, verdict in zip(uplinks, verdicts, strict=True))
        while len(self._early) > MOST_EARLY:
            self._keeper.lost(self._early.popleft()[1].depositor or "", Reason.BUSY)

    def _health(self, backend: Backend, now_s: float) -> ServerHealth:
        counters = backend.counters
        answered_s = counters.last_acknowledged_s
        silent_s = 0.0 if answered_s is None else now_s - answered_s
        return ServerHealth(counters.connected, silent_s, patience_s(self._keepalives_s.get(backend.name, 0.0)))

    def _take(self, stored: Stored, flights: list[Flight], now_ms: int, *, is_join: bool = False) -> None:
        """One uplink on one route: into `flights`, to be given to a server now; or to wait; or given up."""
        active = self._ways[stored.route].state.active
        if active is None:
            self._fail(Flight(stored, "", join=is_join))
        elif stored.device == NO_DEVICE:
            self._fly(Flight(stored, active, now_ms, join=is_join), flights)
        elif self._keeper.has_backlog(stored.route, stored.device):
            self._keep(stored)
        elif not self._must_wait(stored, active, now_ms):
            self._fly(Flight(stored, active, now_ms), flights)
        elif self._in_flight.held < MOST_HELD:
            self._in_flight.hold(stored)
        else:
            self._keep(stored)

    def _must_wait(self, stored: Stored, server: str, now_ms: int) -> bool:
        keeps_order = self._backends[server].keeps_order
        return self._in_flight.must_wait(stored.route, stored.device, server, now_ms, keeps_order=keeps_order)

    def _fly(self, flight: Flight, flights: list[Flight]) -> None:
        self._in_flight.sent(flight)
        flights.append(flight)

    def _give(self, flights: Iterable[Flight]) -> None:
        """Hand over what is in flight from now on. Some fates may be told before this returns."""
        batches: dict[str, list[Uplink]] = {}
        for flight in flights:
            batches.setdefault(flight.server, []).append(flight.stored.uplink)
        for server, batch in batches.items():
            self._backends[server].send_uplinks(batch)

    def _settle(self, keys: Sequence[int], delivered: bool) -> None:
        flights, stored_keys = list[Flight](), list[int]()
        for key in keys:
            settled = self._in_flight.settle(key, delivered=delivered)
            if settled is None:
                continue
            flight = settled.flight
            self._ways[flight.stored.route].out -= flight.replayed
            if flight.replayed or flight.kept:
                stored_keys.append(key)
            elif not delivered:
                self._fail(flight, overtaken=settled.overtaken)
            for stored in settled.released:
                self._take(stored, flights, self._now_ms())
        if stored_keys:
            (self._keeper.delivered if delivered else self._keeper.failed)(stored_keys)
        self._give(flights)

    def _fail(self, flight: Flight, *, overtaken: bool = False) -> None:
        """No server has it: keep it for later, unless it is of no use then."""
        stored = flight.stored
        if flight.join:
            self._keeper.lost(stored.depositor, Reason.JOIN)
        elif overtaken:
            self._keeper.lost(stored.depositor, Reason.OVERTAKEN)
        elif not self._ways[stored.route].route.store:
            self._keeper.lost(stored.depositor, Reason.NOT_STORED)
        else:
            self._keep(stored)

    def _keep(self, stored: Stored) -> None:
        # What arrived damaged is of nobody and no use later.
        if stored.uplink.packet.crc_status is CrcStatus.OK:
            self._keeper.append(self._dated(stored))

    def _dated(self, stored: Stored) -> Stored:
        """With the time of its reception: whoever sends it later cannot know it."""
        unix_ns = None if stored.uplink.utc_ns is not None else self._unix_ns()
        if unix_ns is None:
            return stored
        heard_ns = unix_ns - (self._now_ms() - stored.at_ms) * 1_000_000
        return msgspec.structs.replace(stored, uplink=msgspec.structs.replace(stored.uplink, utc_ns=heard_ns))

    def _keep_overdue(self) -> None:
        """Put into the store what a server that hangs may never have; it is told later whether it has."""
        flights, now_ms = list[Flight](), self._now_ms()
        for flight in self._in_flight.overdue(now_ms - KEEP_AFTER_MS):
            if not self._ways[flight.stored.route].route.store:
                continue
            released = self._in_flight.keep(flight.stored.key)
            self._keep(flight.stored)
            for stored in released:
                self._take(stored, flights, now_ms)
        self._give(flights)

    async def _replay(self, way: _Way) -> None:
        """Send some of what waited on a route, while it has a server that confirms."""
        name, active = way.route.name, way.state.active
        if active is None or self._in_flight.is_doubtful(active):
            return
        if way.out >= MOST_BEATS_OUT * self._replayed_a_beat or not self._keeper.has_backlog(name):
            return
        together = self._replayed_a_beat if self._backends[active].keeps_order else 1
        found = await self._keeper.next(name, self._replayed_a_beat, together)
        flights = [Flight(stored, active, self._now_ms(), replayed=True) for stored in found]
        way.out += len(flights)
        for flight in flights:
            self._in_flight.sent(flight)
        self._give(flights)


def _tell_switch(way: _Way, before: str | None) -> None:
    route, active, stores = way.route, way.state.active, way.route.store
    if active is None:
        meanwhile = "uplinks wait on the disk" if stores else "uplinks are given up"
        _log.warning("no server of the route is up", route=route.name, left=before, meanwhile=meanwhile)
    else:
        _log.info("the route uses a server", route=route.name, server=active, before=before)
