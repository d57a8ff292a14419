"""What became of all that was published to a broker, counted. Sans I/O."""

import msgspec

from gateway.broker.outbox import Outbox
from gateway.broker.under_way import UnderWay


class BrokerCounters(msgspec.Struct, frozen=True):
    """What happened since the start. Each message published is waiting, or in one of those that say its fate.

    `accepted` is what the broker acknowledged: with MQTT 3.1.1 also what its access rules then let nobody read.
    """

    published: int
    accepted: int
    sent: int
    refused: int
    superseded: int
    dropped: int
    expired: int
    waiting: int
    received: int
    connections: int


class Counting:
    """Counts over all connections that there were; the present one and what waits are counted where they are."""

    def __init__(self) -> None:
        self.published = 0
        self.refused = 0
        self.received = 0
        self.connections = 0
        self._accepted = 0
        self._sent = 0

    def add(self, ended: UnderWay) -> None:
        """A connection has ended, and answers no more."""
        self._accepted += ended.accepted
        self._sent += ended.sent
        self.refused += ended.refused

    def snapshot(self, outbox: Outbox, current: UnderWay | None) -> BrokerCounters:
        """The counters, with those of the present connection."""
        current = UnderWay() if current is None else current
        return BrokerCounters(
            published=self.published,
            accepted=self._accepted + current.accepted,
            sent=self._sent + current.sent,
            refused=self.refused + current.refused,
            superseded=outbox.superseded,
            dropped=outbox.dropped,
            expired=outbox.expired,
            waiting=len(outbox) + len(current),
            received=self.received,
            connections=self.connections,
        )
