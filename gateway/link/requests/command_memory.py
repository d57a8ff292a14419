"""Which commands came already, so that one that the broker delivers twice is done once. Time is an argument."""

import hashlib

import msgspec

from gateway.link.messages_command import CommandReply

REMEMBERED_MS = 600_000
MOST_REMEMBERED = 256
MOST_ASKERS = 8

Key = tuple[str, str | bytes]
"""The topic, and the correlation in the command or, where there is none, of its message."""


class Asker(msgspec.Struct, frozen=True):
    """Where an answer goes, and what stands in it again."""

    topic: str
    correlation_data: bytes | None


class Known(msgspec.Struct, eq=False):
    """One command. While it has no reply, `askers` are all who wait for that."""

    digest: bytes
    at_ms: int
    askers: list[Asker]
    reply: CommandReply | None = None

    def is_of(self, payload: bytes) -> bool:
        """Whether it said the same."""
        return self.digest == digest(payload)

    def add(self, asker: Asker) -> bool:
        """Let somebody wait, who may wait already; False where there is no room for one more."""
        if asker in self.askers:
            return True
        if len(self.askers) >= MOST_ASKERS:
            return False
        self.askers.append(asker)
        return True


class CommandMemory:
    """Commands by their keys, for ten minutes after their reply. Beyond its room the oldest with a reply goes."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._known: dict[Key, Known] = {}

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._known)

    def find(self, key: Key, now_ms: int) -> Known | None:
        """The command of that key, if it is remembered."""
        self._forget_old(now_ms)
        return self._known.get(key)

    def put(self, key: Key, known: Known) -> None:
        """Remember another one."""
        self._known[key] = known
        self._make_room()

    def answered(self, key: Key, reply: CommandReply, now_ms: int) -> None:
        """Note what one came to. It is remembered from now on."""
        known = self._known.pop(key)
        known.reply, known.at_ms = reply, now_ms
        # Behind all others: those with a reply are in the order of their replies.
        self._known[key] = known

    def _forget_old(self, now_ms: int) -> None:
        for key, known in list(self._known.items()):
            if known.reply is not None and now_ms - known.at_ms > REMEMBERED_MS:
                del self._known[key]

    def _make_room(self) -> None:
        for key, known in list(self._known.items()):
            if len(self._known) <= self._most:
                return
            if known.reply is not None:
                del self._known[key]


def digest(payload: bytes) -> bytes:
    """By which a payload is known again."""
    return hashlib.sha256(payload).digest()
