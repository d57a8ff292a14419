"""Uplinks that wait for a connection, and for how long each is of use. Pure."""

from collections import deque
from collections.abc import Iterable

from forwarder.backend import Uplink
from forwarder.filters import JOIN_REQUEST, REJOIN_REQUEST

KEPT_S = 300.0
# A device listens for its answer 6 s after it asked to join (RP002-1.0.4, JOIN_ACCEPT_DELAY2). A server that answers
# later has given it a new session that it never hears of, and no longer knows it by the old one.
JOIN_KEPT_S = 5.0


class WaitingUplinks:
    """A bounded queue: the oldest make room for the newest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[tuple[float, Uplink]] = deque()

    def put(self, uplinks: Iterable[Uplink], now_s: float) -> int:
        """Add what was heard; how many others are dropped for it."""
        self._waiting.extend((now_s, uplink) for uplink in uplinks)
        dropped = max(0, len(self._waiting) - self._most)
        for _ in range(dropped):
            self._waiting.popleft()
        return dropped

    def take_all(self, now_s: float) -> tuple[list[Uplink], int]:
        """What is still of use, in its order, and how many are dropped since they are not; nothing waits then."""
        kept = [uplink for since_s, uplink in self._waiting if now_s - since_s < kept_s(uplink)]
        dropped = len(self._waiting) - len(kept)
        self._waiting.clear()
        return kept, dropped


def kept_s(uplink: Uplink) -> float:
    """For how long an uplink may wait."""
    payload = uplink.packet.payload
    return JOIN_KEPT_S if payload and payload[0] >> 5 in (JOIN_REQUEST, REJOIN_REQUEST) else KEPT_S
