"""What is to be published and is not accepted yet, in order and bounded. Sans I/O."""

import asyncio
import enum
import math
from collections import deque
from collections.abc import Iterable

import msgspec

MOST_MESSAGES = 1_000
MOST_BYTES = 16 * 1024 * 1024


class Fate(enum.Enum):
    """What became of a message."""

    ACCEPTED = "accepted"
    """The broker has acknowledged it (QoS 1).

    With MQTT 5 it has then taken it over. One of 3.1.1 has no way to refuse: it acknowledges what its access rules
    let nobody read as well, and nobody can tell.
    """
    SENT = "sent"
    """It was given to the connection; nobody says whether it arrived (QoS 0)."""
    REFUSED = "refused"
    """The broker answered that it does not want it, said before what it takes, or left twice when it was given it."""
    SUPERSEDED = "superseded"
    """It was to be retained, and a newer one for its topic came before it could go out."""
    DROPPED = "dropped"
    """There was no room for it, or there will be no connection any more."""
    EXPIRED = "expired"
    """Its time was over before the broker had accepted it: it is not sent, or not again."""


class Outgoing(msgspec.Struct, frozen=True, eq=False):
    """A message and whoever waits for its fate. A suspect was under way when the broker ended a connection.

    `expires_at_s` is when nobody wants it any more, on the clock of whoever gives the time to the outbox.
    """

    topic: str
    payload: bytes
    retain: bool
    qos: int
    fate: asyncio.Future[Fate]
    is_suspect: bool = False
    correlation_data: bytes | None = None
    expires_at_s: float = math.inf

    def has_expired(self, now_s: float) -> bool:
        """Whether nobody wants it any more."""
        return now_s >= self.expires_at_s

    def settle(self, fate: Fate) -> None:
        """Tell what became of it, unless nobody waits any more."""
        if not self.fate.done():
            self.fate.set_result(fate)


class Outbox:
    """A queue whose oldest make room for the newest; of the retained messages of a topic only the last stays in it."""

    def __init__(self, most_messages: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._waiting: deque[Outgoing] = deque()
        self._bytes = 0
        # Nothing that waits expires before.
        self._first_expiry_s = math.inf
        self.dropped = 0
        self.superseded = 0
        self.expired = 0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def put(self, message: Outgoing, now_s: float) -> None:
        """Add a message, if need be at the cost of the oldest; one that would not fit alone is dropped itself."""
        self.expire(now_s)
        if message.has_expired(now_s):
            self._settle_expired(message)
            return
        if len(message.payload) > self._most_bytes:
            self._drop(message)
            return
        if message.retain:
            self._supersede(message.topic)
        self._waiting.append(message)
        self._count_in(message)
        self._make_room()

    def take(self, now_s: float) -> Outgoing | None:
        """The oldest message that has not expired, which is the caller's from now on."""
        self.expire(now_s)
        while (message := self._pop()) is not None and message.fate.cancelled():
            self.dropped += 1  # whoever published it has withdrawn it
        return message

    def put_back(self, messages: Iterable[Outgoing], now_s: float) -> None:
        """Add what was taken and has no fate yet, in its old order, before all others."""
        self.expire(now_s)
        newer = {waiting.topic for waiting in self._waiting if waiting.retain}
        for message in reversed(list(messages)):
            if message.has_expired(now_s):
                self._settle_expired(message)
                continue
            if message.retain and message.topic in newer:
                self._settle_superseded(message)
                continue
            self._waiting.appendleft(message)
            self._count_in(message)
        self._make_room()

    def expire(self, now_s: float) -> None:
        """Give up what nobody wants any more."""
        if now_s < self._first_expiry_s:
            return
        waiting, self._waiting = self._waiting, deque()
        self._bytes, self._first_expiry_s = 0, math.inf
        for message in waiting:
            if message.has_expired(now_s):
                self._settle_expired(message)
            else:
                self._waiting.append(message)
                self._count_in(message)

    def drop_all(self) -> None:
        """There will be no connection any more."""
        while (message := self._pop()) is not None:
            self._drop(message)

    def _count_in(self, message: Outgoing) -> None:
        self._bytes += len(message.payload)
        self._first_expiry_s = min(self._first_expiry_s, message.expires_at_s)

    def _pop(self) -> Outgoing | None:
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        self._bytes -= len(message.payload)
        return message

    def _supersede(self, topic: str) -> None:
        older = next((waiting for waiting in self._waiting if waiting.retain and waiting.topic == topic), None)
        if older is not None:
            self._waiting.remove(older)
            self._bytes -= len(older.payload)
            self._settle_superseded(older)

    def _settle_superseded(self, message: Outgoing) -> None:
        self.superseded += 1
        message.settle(Fate.SUPERSEDED)

    def _settle_expired(self, message: Outgoing) -> None:
        self.expired += 1
        message.settle(Fate.EXPIRED)

    def _make_room(self) -> None:
        while len(self._waiting) > self._most_messages or self._bytes > self._most_bytes:
            oldest = self._pop()
            if oldest is not None:
                self._drop(oldest)

    def _drop(self, message: Outgoing) -> None:
        self.dropped += 1
        message.settle(Fate.DROPPED)
