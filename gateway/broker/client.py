"""A broker as the rest of the daemon sees it: publish, subscribe, and never any trouble but counted losses.

All calls come from the event loop's thread.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import msgspec
import structlog

from gateway.broker.blame import convicted, suspected
from gateway.broker.connect_error import ConnectError
from gateway.broker.connection import Connection, matches
from gateway.broker.ending import Ending
from gateway.broker.limits import LARGEST_MESSAGE_BYTES, Limits, largest_packet_bytes
from gateway.broker.outbox import Fate, Outbox, Outgoing
from gateway.broker.pause import failures_after, pause_s
from gateway.broker.settings import BrokerSettings, Message, Will, check_topic

# How long what waits at the end, and the farewell, may take.
LEAVE_S = 1.0
# Topics of refused messages that are remembered, so that each is told once.
MOST_TOLD = 1_000
RETAIN_NOT_SUPPORTED, QOS_NOT_SUPPORTED = 154, 155  # MQTT 5, 3.2.2.2

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
    """What happened since the start. Each message published is waiting, or in one of those that say its fate.

    `accepted` is what the broker acknowledged: with MQTT 3.1.1 also what its access rules then let nobody read.
    """

    published: int
    accepted: int
    sent: int
    refused: int
    superseded: int
    dropped: int
    waiting: int
    received: int
    connections: int


class _End(msgspec.Struct, frozen=True):
    """How a connection, or the attempt at one, ended."""

    held_s: float = 0.0
    is_oversize: bool = False
    wants_other_version: bool = False


class Broker:
    """One broker, connected to while `run` runs. What is published in the meantime waits, as long as there is room.

    `will` is what the broker says when the connection is lost, `farewell` what this says when `run` is cancelled; the
    will is said in its place where the farewell, or without one what still waited, could not be delivered any more.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        will: Will | None = None,
        outbox: Outbox | None = None,
        pause: Callable[[int], float] = lambda failures: pause_s(failures, _chance.random()),
        largest_message_bytes: int = LARGEST_MESSAGE_BYTES,
    ) -> None:
        self._settings = settings
        self._pause = pause
        self._outbox = outbox or Outbox()
        self._handlers: dict[str, list[Handler]] = {}
        self._on_state: list[Callable[[BrokerState], None]] = []
        self._connection: Connection | None = None
        self._changed = asyncio.Event()
        self._largest_packet_bytes = largest_packet_bytes(largest_message_bytes)
        self._will_limits = Limits()
        self._told: set[str] = set()
        self._is_ended = False
        self._published = self._sent = self._accepted = self._refused = self._received = self._connections = 0
        self.will = will
        self.farewell: Will | None = None
        self.state = BrokerState()

    @property
    def counters(self) -> BrokerCounters:
        """A snapshot."""
        current = None if self._connection is None else self._connection.under_way
        return BrokerCounters(
            published=self._published,
            accepted=self._accepted + (0 if current is None else current.accepted),
            sent=self._sent + (0 if current is None else current.sent),
            refused=self._refused + (0 if current is None else current.refused),
            superseded=self._outbox.superseded,
            dropped=self._outbox.dropped,
            waiting=len(self._outbox) + (0 if current is None else len(current)),
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

    def run(self) -> Coroutine[Any, Any, NoReturn]:
        """Keep the connection until cancelled, which may take a second to take leave. Trouble is seen in `state`."""
        return Ending(self._keep_connected(), self._end)

    def _end(self) -> None:
        """Nothing can be published any more."""
        self._is_ended = True
        self._outbox.drop_all()

    async def _keep_connected(self) -> NoReturn:
        failures = 0
        try:
            while True:
                # Each time anew: a broker that was slow once, or was replaced, is spoken to in MQTT 5 again.
                end = await self._connect_and_serve(is_5=self._settings.version != "3.1.1")
                if end.wants_other_version and self._settings.version == "auto":
                    end = await self._connect_and_serve(is_5=False)
                failures = failures_after(failures, end.held_s, is_oversize=end.is_oversize)
                await asyncio.sleep(self._pause(failures))
        finally:
            self._end()

    async def _connect_and_serve(self, *, is_5: bool) -> _End:
        """One connection, from its attempt to its end."""
        connection = Connection(self._settings, self._changed.set, self._largest_packet_bytes, is_5=is_5)
        self._connection = connection
        try:
            await connection.open(None if self.will is None else self._will_limits.lowered(self.will))
            self._connected(connection)
            await self._serve(connection)
        except asyncio.CancelledError:
            await self._take_leave(connection)
            raise
        except ConnectError as error:
            self._lower_will(error)
            self._disconnected(str(error))
            return _End(wants_other_version=error.spoke)
        else:
            self._disconnected(connection.ended or "closed")
            return _End(connection.held_s, connection.is_oversize)
        finally:
            self._settle(connection)

    def _settle(self, connection: Connection) -> None:
        """End it, count what it did, and take back what has no fate."""
        under_way = connection.close()
        if connection.may_be_for_a_message:
            culprit = convicted(under_way)
            if culprit is not None:
                self._refuse(culprit, "the broker has ended two connections at it")
            under_way = [] if culprit is not None else suspected(under_way)
        self._outbox.put_back(under_way)
        self._accepted += connection.under_way.accepted
        self._sent += connection.under_way.sent
        self._refused += connection.under_way.refused
        self._connection = None

    def _lower_will(self, error: ConnectError) -> None:
        """Ask for less next time, where the broker does not take the will as it is."""
        if error.code == QOS_NOT_SUPPORTED:
            self._will_limits = msgspec.structs.replace(self._will_limits, qos=0)
        if error.code == RETAIN_NOT_SUPPORTED:
            self._will_limits = msgspec.structs.replace(self._will_limits, retain=False)

    async def _take_leave(self, connection: Connection) -> None:
        """Hand over what waits and the farewell, and take leave if that succeeded; otherwise the will is right."""
        if not connection.is_open:
            return
        one = self.farewell
        farewell = None if one is None else self.publish(one.topic, one.payload, retain=one.retain, qos=one.qos)
        until_s = asyncio.get_running_loop().time() + LEAVE_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):
                await self._hand_over_all(connection)
        if farewell is None:
            is_said = self.will is None or (not len(self._outbox) and connection.is_flushed)
        else:
            is_said = farewell.done() and farewell.result() in (Fate.ACCEPTED, Fate.SENT)
        if is_said:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until_s):
                    await connection.leave()

    async def _hand_over_all(self, connection: Connection) -> None:
        """Until nothing waits any more, or the connection has ended."""
        while connection.is_open:
            self._changed.clear()
            connection.received.clear()  # nobody listens any more
            self._hand_over(connection)
            if not len(self._outbox) and connection.is_flushed:
                return
            await self._changed.wait()

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
            objection = connection.limits.objection(message)
            if objection is not None:
                self._refuse(message, objection)
                continue
            # A suspect waits until it can go alone.
            if (message.is_suspect and len(connection.under_way)) or not connection.publish(message):
                self._outbox.put_back([message])
                return

    def _refuse(self, message: Outgoing, reason: str) -> None:
        """In the broker's place. Told once for each topic."""
        self._refused += 1
        message.settle(Fate.REFUSED)
        if message.topic not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(message.topic)
            _log.warning("a message is not given to the broker", topic=message.topic, reason=reason)

    def _connected(self, connection: Connection) -> None:
        self._connections += 1
        self._will_limits = Limits()
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
