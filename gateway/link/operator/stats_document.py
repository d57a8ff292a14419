"""`stats`: what went through in one interval, as the difference of two snapshots of counters. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

import msgspec

from forwarder.backend import BackendCounters
from gateway.link.instant import Instant
from gateway.link.messages_operator import ServerStats, Stats
from gateway.link.operator.times import MS_PER_S, letterhead
from gateway.policy.outcome import Outcome
from radio.packets import TxStatus

_Kind = TypeVar("_Kind")


class Totals(Protocol):
    """See `gateway.pipeline.Totals`: this package imports no part of the daemon at work."""

    @property
    def packets_received(self) -> int:
        """Heard, whatever became of them."""

    @property
    def packets_crc_ok(self) -> int:
        """Those with a good checksum."""

    @property
    def packets_refused(self) -> int:
        """Those that the policy did not let through."""

    @property
    def downlinks_received(self) -> int:
        """Requests to transmit."""

    @property
    def downlinks_emitted(self) -> int:
        """Those that went on the air."""

    @property
    def beacons_emitted(self) -> int:
        """Class B beacons on the air."""


class Server(msgspec.Struct, frozen=True):
    """One backend's counters."""

    uplinks_sent: int = 0
    uplinks_acknowledged: int = 0
    uplinks_dropped: int = 0
    downlinks_received: int = 0
    bytes_up: int = 0
    bytes_down: int = 0


class Counters(msgspec.Struct, frozen=True):
    """All counters since the daemon started, at one moment of ledger time."""

    ms: int
    packets_received: int = 0
    packets_crc_ok: int = 0
    packets_refused: int = 0
    outcomes: Mapping[Outcome, int] = {}
    downlinks_received: int = 0
    downlinks_emitted: int = 0
    downlinks_refused: Mapping[TxStatus, int] = {}
    beacons_emitted: int = 0
    servers: Mapping[str, Server] = {}


def counters_of(
    ms: int,
    totals: Totals,
    verdicts: Mapping[Outcome, int] | None,
    refused: Mapping[TxStatus, int],
    backends: Mapping[str, BackendCounters],
) -> Counters:
    """A snapshot. `verdicts` are all on uplinks, None without a policy: then there is none for any packet.

    `refused` are the answers to requests to transmit; OK is none of them.
    """
    return Counters(
        ms=ms,
        packets_received=totals.packets_received,
        packets_crc_ok=totals.packets_crc_ok,
        packets_refused=totals.packets_refused,
        outcomes={Outcome.NO_POLICY: totals.packets_received} if verdicts is None else dict(verdicts),
        downlinks_received=totals.downlinks_received,
        downlinks_emitted=totals.downlinks_emitted,
        downlinks_refused={status: count for status, count in refused.items() if status is not TxStatus.OK},
        beacons_emitted=totals.beacons_emitted,
        servers={name: _server(counters) for name, counters in backends.items()},
    )


def by_outcome(uplinks: Iterable[tuple[tuple[str | None, Outcome, object], int]]) -> Counter[Outcome]:
    """The items of `VerdictCounts.uplinks`, of all depositors together."""
    outcomes: Counter[Outcome] = Counter()
    for (_, outcome, _), count in uplinks:
        outcomes[outcome] += count
    return outcomes


def stats_between(before: Counters, after: Counters, gateway_eui: int, now: Instant) -> Stats:
    """The interval's counters. A server whose counters went back has begun to count anew."""
    head = letterhead(gateway_eui, now)
    received = after.packets_received - before.packets_received
    return Stats(
        gateway_eui=head.gateway_eui,
        at=head.at,
        clock_sure=head.clock_sure,
        interval_s=max(0, after.ms - before.ms) / MS_PER_S,
        packets_received=received,
        packets_crc_ok=after.packets_crc_ok - before.packets_crc_ok,
        packets_forwarded=received - (after.packets_refused - before.packets_refused),
        outcomes=_grown(before.outcomes, after.outcomes),
        downlinks_received=after.downlinks_received - before.downlinks_received,
        downlinks_emitted=after.downlinks_emitted - before.downlinks_emitted,
        downlinks_refused=_grown(before.downlinks_refused, after.downlinks_refused),
        beacons_emitted=after.beacons_emitted - before.beacons_emitted,
        servers=tuple(
            _server_stats(name, before.servers.get(name, Server()), counters)
            for name, counters in after.servers.items()
        ),
    )


def _grown(before: Mapping[_Kind, int], after: Mapping[_Kind, int]) -> dict[_Kind, int]:
    """By how much each has grown; those that have not are left out."""
    return {kind: count - before.get(kind, 0) for kind, count in after.items() if count > before.get(kind, 0)}


def _server(counters: BackendCounters) -> Server:
    return Server(*(getattr(counters, name) for name in Server.__struct_fields__))


def _server_stats(name: str, before: Server, after: Server) -> ServerStats:
    return ServerStats(name=name, **dict(zip(Server.__struct_fields__, _differences(before, after), strict=True)))


def _differences(before: Server, after: Server) -> tuple[int, ...]:
    earlier, later = msgspec.structs.astuple(before), msgspec.structs.astuple(after)
    if any(then > now for then, now in zip(earlier, later, strict=True)):
        return later
    return tuple(now - then for then, now in zip(earlier, later, strict=True))
