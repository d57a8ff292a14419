"""A broker as the rest of the daemon sees it: publish, subscribe, and never any trouble but counted losses.

All calls come from the event loop's thread.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import NoReturn

import msgspec
import structlog

from gateway.broker.connection import ConnectError, Connection, matches
from gateway.broker.outbox import Fate, Outbox, Outgoing
from gateway.broker.settings import BrokerSettings, Message, Will, check_topic

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
# A connection that held for so long gives all attempts back.
STABLE_S = 30.0

_log = structlog.get_logger()
_chance = random.SystemRandom()

Handler = Callable[[Message], None]
"""Called in the event loop for each message; must return soon, and raises nothing."""


class BrokerState(msgspec.Struct, frozen=True):
    """How the connection is, and since when on the monotonic clock. `last_error` is why there was none last."""

    connected: bool = False
    since_s: float | None = None
    version: str | None = None
    last_error: str | None = None


class BrokerCounters(msgspec.Struct, frozen=True):
    """What happened since the start. Each message published is waiting, or in one of those that say its fate."""

    published: int
    accepted: int
    sent: int
    refused: int
    superseded: int
    dropped: int
    waiting: int
    received: int
    connections: int


def pause_s(failures: int, chance: float) -> float:
    """How long to wait before the next attempt after so many failures; `chance` from 0 to 1 spreads many gateways."""
    longest_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))
    return longest_s * (0.5 + chance / 2)


class Broker:
    """One broker, connected to while `run` runs. What is published in the meantime waits, as long as there is room."""

    def __init__(
        self,
        settings: BrokerSettings,
        will: Will | None = None,
        outbox: Outbox | None = None,
        pause: Callable[[int], float] = lambda failures: pause_s(failures, _chance.random()),
    ) -> None:
        self._settings = settings
        self._pause = pause
        self._outbox = outbox or Outbox()
        self._handlers: dict[str, list[Handler]] = {}
        self._on_state: list[Callable[[BrokerState], None]] = []
        self._connection: Connection | None = None
        self._changed = asyncio.Event()
        self._is_5 = settings.version != "3.1.1"
        self._is_ended = False
        self._published = self._sent = self._accepted = self._refused = self._received = self._connections = 0
        self.will = will
        self.state = BrokerState()

    @property
    def counters(self) -> BrokerCounters:
        """A snapshot."""
        current = self._connection
        return BrokerCounters(
            published=self._published,
            accepted=self._accepted + (current.accepted if current else 0),
            sent=self._sent,
            refused=self._refused + (current.refused if current else 0),
            superseded=self._outbox.superseded,
            dropped=self._outbox.dropped,
            waiting=len(self._outbox) + (current.unaccepted if current else 0),
            received=self._received,
            connections=self._connections,
        )

    def on_state(self, listener: Callable[[BrokerState], None]) -> None:
        """Have `listener` told each time that the connection came or went."""
        self._on_state.append(listener)

    def subscribe(self, topic_filter: str, handler: Handler) -> None:
        """Have `handler` called with what is published to these topics, from now on and after each connection."""
        is_first = topic_filter not in self._handlers
        self._handlers.setdefault(topic_filter, []).append(handler)
        if is_first and self._connection is not None and self.state.connected:
            self._connection.subscribe([topic_filter])

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> asyncio.Future[Fate]:
        """Queue a message. The future tells its fate, which need not be waited for.

        Raises:
            ValueError: the topic is none, or the QoS neither 0 nor 1.
        """
        check_topic(topic)
        if qos not in (0, 1):
            raise ValueError(f"QoS {qos}: 0 or 1")
        fate: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        self._published += 1
        self._outbox.put(Outgoing(topic, payload, retain, qos, fate))
        if self._is_ended:
            self._outbox.drop_all()
        self._changed.set()
        return fate

    async def run(self) -> NoReturn:
        """Keep the connection until cancelled. Trouble with the network or the broker is seen in `state`."""
        failures = 0
        try:
            while True:
                began_s = time.monotonic()
                if not await self._connect_and_serve():
                    failures = 1 if time.monotonic() - began_s >= STABLE_S else failures + 1
                    await asyncio.sleep(self._pause(failures))
        finally:
            self._is_ended = True
            self._outbox.drop_all()

    async def _connect_and_serve(self) -> bool:
        """One connection, from its attempt to its end; whether another version is worth an attempt at once."""
        connection = Connection(self._settings, self._changed.set, is_5=self._is_5)
        self._connection = connection
        try:
            await connection.open(self.will)
            self._connected(connection)
            await self._serve(connection)
        except ConnectError as error:
            self._disconnected(str(error))
            return error.spoke and self._try_other_version()
        else:
            self._disconnected(connection.ended or "closed")
            return False
        finally:
            self._outbox.put_back(connection.close())
            self._accepted += connection.accepted
            self._refused += connection.refused
            self._connection = None

    def _try_other_version(self) -> bool:
        """Change the version, where either will do; whether it is the one to begin with that has just failed."""
        if self._settings.version != "auto":
            return False
        self._is_5 = not self._is_5
        return not self._is_5

    async def _serve(self, connection: Connection) -> None:
        while connection.ended is None:
            self._changed.clear()
            self._hand_out(connection)
            self._hand_over(connection)
            await self._changed.wait()
        self._hand_out(connection)

    def _hand_out(self, connection: Connection) -> None:
        """Give what was received to its handlers."""
        received, connection.received = connection.received, []
        self._received += len(received)
        for message in received:
            for topic_filter, handlers in list(self._handlers.items()):
                if matches(topic_filter, message.topic):
                    for handler in handlers:
                        handler(message)

    def _hand_over(self, connection: Connection) -> None:
        """Give the connection what waits, as far as it has room."""
        while connection.has_room() and (message := self._outbox.take()) is not None:
            if not connection.publish(message):
                self._outbox.put_back([message])
                return
            self._sent += not message.qos

    def _connected(self, connection: Connection) -> None:
        self._connections += 1
        connection.subscribe(self._handlers)
        _log.info("connected to the broker", host=self._settings.host, mqtt=connection.version)
        self._tell(BrokerState(True, time.monotonic(), connection.version, self.state.last_error))

    def _disconnected(self, reason: str) -> None:
        if self.state.connected or reason != self.state.last_error:
            _log.warning("not connected to the broker", host=self._settings.host, reason=reason)
        since_s = time.monotonic() if self.state.connected or self.state.since_s is None else self.state.since_s
        self._tell(BrokerState(False, since_s, None, reason))

    def _tell(self, state: BrokerState) -> None:
        was_connected, self.state = self.state.connected, state
        if was_connected is not state.connected:
            for listener in self._on_state:
                listener(state)
