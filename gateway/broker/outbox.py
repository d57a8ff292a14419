"""What is to be published and is not accepted yet, in order and bounded. Sans I/O."""

import asyncio
import enum
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


class Outgoing(msgspec.Struct, frozen=True, eq=False):
    """A message and whoever waits for its fate. A suspect was under way when the broker ended a connection."""

    topic: str
    payload: bytes
    retain: bool
    qos: int
    fate: asyncio.Future[Fate]
    is_suspect: bool = False

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
        self.dropped = 0
        self.superseded = 0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def put(self, message: Outgoing) -> None:
        """Add a message, if need be at the cost of the oldest; one that would not fit alone is dropped itself."""
        if len(message.payload) > self._most_bytes:
            self._drop(message)
            return
        if message.retain:
            self._supersede(message.topic)
        self._waiting.append(message)
        self._bytes += len(message.payload)
        self._make_room()

    def take(self) -> Outgoing | None:
        """The oldest message, which is the caller's from now on."""
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        self._bytes -= len(message.payload)
        return message

    def put_back(self, messages: Iterable[Outgoing]) -> None:
        """Add what was taken and has no fate yet, in its old order, before all others."""
        newer = {waiting.topic for waiting in self._waiting if waiting.retain}
        for message in reversed(list(messages)):
            if message.retain and message.topic in newer:
                self._settle_superseded(message)
                continue
            self._waiting.appendleft(message)
            self._bytes += len(message.payload)
        self._make_room()

    def drop_all(self) -> None:
        """There will be no connection any more."""
        while (message := self.take()) is not None:
            self._drop(message)

    def _supersede(self, topic: str) -> None:
        older = next((waiting for waiting in self._waiting if waiting.retain and waiting.topic == topic), None)
        if older is not None:
            self._waiting.remove(older)
            self._bytes -= len(older.payload)
            self._settle_superseded(older)

    def _settle_superseded(self, message: Outgoing) -> None:
        self.superseded += 1
        message.settle(Fate.SUPERSEDED)

    def _make_room(self) -> None:
        while len(self._waiting) > self._most_messages or self._bytes > self._most_bytes:
            oldest = self.take()
            if oldest is not None:
                self._drop(oldest)

    def _drop(self, message: Outgoing) -> None:
        self.dropped += 1
        message.settle(Fate.DROPPED)
