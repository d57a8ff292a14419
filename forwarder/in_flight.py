"""What network servers were given and have not confirmed yet, and what waits behind it: each device stays in order.

No I/O and no clock. Of one device and route, uplinks follow each other at once to one server over a connection that
keeps their order. Where datagrams may be lost one by one, they do so while there is no doubt: once an uplink has been
unconfirmed for `DOUBT_MS`, the next ones of its device wait until its fate is known. They do, too, after a change of
server.
"""

from collections import deque
from collections.abc import Sequence

import msgspec

from forwarder.store.records import NO_DEVICE, Stored

DOUBT_MS = 500
"""Many times what a confirmation takes, and less than a device takes to send again."""

DeviceOnRoute = tuple[str, int]


class Flight(msgspec.Struct, frozen=True, gc=False):
    """An uplink that a server was given, at `sent_ms`. One that is `replayed` came from the store; one that is `kept`
    was put there since, because its fate is long in coming. A `join` is of no use later.
    """

    stored: Stored
    server: str
    sent_ms: int = 0
    replayed: bool = False
    join: bool = False
    kept: bool = False


class Settled(msgspec.Struct, frozen=True, gc=False):
    """A flight that is over. `overtaken` says that a newer uplink of its device has been delivered meanwhile.

    `released` are those that waited behind it, in their order: whoever settles it sees to them next.
    """

    flight: Flight
    overtaken: bool = False
    released: Sequence[Stored] = ()


class _Line(msgspec.Struct, gc=False):
    """Of one device on one route: what is in flight, by key, the oldest first, and what is held behind it."""

    flights: dict[int, Flight]
    held: deque[Stored]
    newest_delivered: int = 0


class InFlight:
    """All flights. `held` counts what waits behind them."""

    def __init__(self) -> None:
        self._flights: dict[int, Flight] = {}
        self._lines: dict[DeviceOnRoute, _Line] = {}
        self.held = 0

    def __len__(self) -> int:
        """How many are in flight."""
        return len(self._flights)

    def must_wait(self, route: str, device: int, server: str, now_ms: int, *, keeps_order: bool) -> bool:
        """Whether what is in flight has to be settled before this device's next one may go to a server."""
        line = self._lines.get((route, device))
        if line is None:
            return False
        if line.held or any(each.server != server for each in line.flights.values()):
            return True
        oldest = next(iter(line.flights.values()))
        return not keeps_order and now_ms - oldest.sent_ms >= DOUBT_MS

    def hold(self, stored: Stored) -> None:
        """Let one wait that must."""
        self._lines[stored.route, stored.device].held.append(stored)
        self.held += 1

    def sent(self, flight: Flight) -> None:
        """A server is given one."""
        stored = flight.stored
        self._flights[stored.key] = flight
        if stored.device == NO_DEVICE or flight.replayed:
            # Frames of nobody keep no order; for what is replayed the store sees to it.
            return
        line = self._lines.get((stored.route, stored.device))
        if line is None:
            line = self._lines[stored.route, stored.device] = _Line({}, deque())
        line.flights[stored.key] = flight

    def overdue(self, before_ms: int) -> list[Flight]:
        """Those that were sent before a moment, and lie in no store."""
        return [
            flight
            for flight in self._flights.values()
            if flight.sent_ms < before_ms and not (flight.replayed or flight.kept or flight.join)
        ]

    def keep(self, key: int) -> Sequence[Stored]:
        """One goes to the store while its fate is open. What waited behind it comes back: it goes there behind it."""
        settled = self.settle(key, delivered=False)
        if settled is None:
            return ()
        self._flights[key] = msgspec.structs.replace(settled.flight, kept=True)
        return settled.released

    def is_doubtful(self, server: str) -> bool:
        """Whether a server owes the fate of any that were put into the store meanwhile."""
        return any(flight.kept and flight.server == server for flight in self._flights.values())

    def settle(self, key: int, *, delivered: bool) -> Settled | None:
        """The fate of one is known; None for a key that is not in flight.

        What failed goes to the store, and what waited behind it after it: it is released then, too.
        """
        flight = self._flights.pop(key, None)
        if flight is None:
            return None
        of = flight.stored.route, flight.stored.device
        line = self._lines.get(of)
        if line is None or line.flights.pop(key, None) is None:
            return Settled(flight)
        if delivered:
            line.newest_delivered = max(line.newest_delivered, key)
        overtaken = not delivered and key < line.newest_delivered
        released: Sequence[Stored] = ()
        if line.held and (not delivered or not line.flights):
            released, line.held = tuple(line.held), deque()
            self.held -= len(released)
        if not line.flights and not line.held:
            del self._lines[of]
        return Settled(flight, overtaken, released)

    def take_all(self) -> list[Flight]:
        """End all flights. What waited behind them comes as a flight to nobody, after those."""
        flights = list(self._flights.values())
        waiting = [Flight(stored, "") for line in self._lines.values() for stored in line.held]
        self._flights, self._lines, self.held = {}, {}, 0
        return flights + waiting
