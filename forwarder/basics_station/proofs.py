"""What a server has read for certain: all that was sent before a ping that it answered. Pure.

The protocol acknowledges no uplink. A WebSocket's server answers pings (RFC 6455, section 5.5.3), and reads in order.
"""

from collections import deque

import msgspec

MOST_PINGS = 64


class Sent(msgspec.Struct, frozen=True, gc=False):
    """Uplinks: how many, and the keys of those that have one, in order."""

    uplinks: int = 0
    keys: tuple[int, ...] = ()

    def __add__(self, later: "Sent") -> "Sent":
        """These, and then those."""
        return Sent(self.uplinks + later.uplinks, self.keys + later.keys)


class _Ping(msgspec.Struct):
    payload: bytes
    at_s: float
    sent: Sent


class Proofs:
    """The uplinks and pings of one connection, until they are proven or it is over.

    `confirm_after_s` after an uplink with a key, of which somebody waits to hear, a ping is due.
    """

    def __init__(self) -> None:
        # Each with what was sent before it, since the ping before.
        self._pings: deque[_Ping] = deque()
        self._number = 0
        self._uplinks = 0
        self._keys: list[int] = []
        self.ping_due_s: float | None = None

    @property
    def waiting_since_s(self) -> float | None:
        """When the first ping was sent that is not answered, and for whose answer somebody waits; None without one."""
        return next((ping.at_s for ping in self._pings if ping.sent.keys), None)

    def sent(self, key: int, now_s: float, confirm_after_s: float) -> None:
        """An uplink is on its way; `key` is 0 where nobody waits for its fate."""
        self._uplinks += 1
        if key:
            self._keys.append(key)
            self.ping_due_s = now_s + confirm_after_s if self.ping_due_s is None else self.ping_due_s

    def ping(self, now_s: float) -> bytes:
        """The content of the ping to send now."""
        payload = self._number.to_bytes(8, "big")
        self._number += 1
        self._pings.append(_Ping(payload, now_s, self._take_sent()))
        if len(self._pings) > MOST_PINGS:
            # The following one's answer proves as much, and is waited for as long.
            oldest, following = self._pings.popleft(), self._pings[0]
            following.at_s = oldest.at_s if oldest.sent.keys else following.at_s
            following.sent = oldest.sent + following.sent
        return payload

    def ponged(self, payload: bytes) -> Sent:
        """A ping was answered: what that proves."""
        proven = Sent()
        if any(payload == ping.payload for ping in self._pings):
            while (ping := self._pings.popleft()).payload != payload:
                proven += ping.sent
            proven += ping.sent
        return proven

    def take(self) -> tuple[int, ...]:
        """The connection is over: the keys of what is not proven, in order. They are handed over once."""
        keys = tuple(key for ping in self._pings for key in ping.sent.keys)
        self._pings.clear()
        return keys + self._take_sent().keys

    def _take_sent(self) -> Sent:
        sent = Sent(self._uplinks, tuple(self._keys))
        self._uplinks, self._keys, self.ping_due_s = 0, [], None
        return sent
