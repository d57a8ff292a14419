"""A broker as the rest of the daemon sees it: publish, subscribe, and never any trouble but counted losses.

All calls come from the event loop's thread.
"""

import asyncio
import contextlib
import math
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import msgspec
import structlog

from forwarder.beat import Beat
from gateway.broker.blame import convicted, suspected
from gateway.broker.connect_error import ConnectError
from gateway.broker.connection import Connection
from gateway.broker.counting import BrokerCounters, Counting
from gateway.broker.ending import Ending
from gateway.broker.handlers import Handler, Handlers
from gateway.broker.limits import LARGEST_MESSAGE_BYTES, Limits, largest_packet_bytes
from gateway.broker.outbox import Fate, Outbox, Outgoing
from gateway.broker.pause import failures_after, pause_s
from gateway.broker.properties import check_correlation_data
from gateway.broker.settings import BrokerSettings, Words, check_topic, words_now

# How long what waits at the end, and the farewell, may take.
LEAVE_S = 1.0
# The files, the name and the handshakes, at the slowest; and the keepalive, which is TLS's time-out.
LONGEST_OPENING_S = 120.0
LOOP = "connection"
# Topics of refused messages that are remembered, so that each is told once.
MOST_TOLD = 1_000

_log = structlog.get_logger()
_chance = random.SystemRandom()


class BrokerState(msgspec.Struct, frozen=True):
    """How the connection is, and since when on the monotonic clock. `last_error` is why there was none last.

    `certificate_ends_unix_s` is of the certificate that the broker showed last; None where it never did.
    """

    connected: bool = False
    since_s: float | None = None
    version: str | None = None
    last_error: str | None = None
    certificate_ends_unix_s: int | None = None


class _End(msgspec.Struct, frozen=True):
    """How a connection, or the attempt at one, ended."""

    held_s: float = 0.0
    sent_unwanted: bool = False
    wants_other_version: bool = False


class Broker:
    """One broker, connected to while `run` runs. What is published in the meantime waits, as long as there is room.

    `will` is what the broker says when the connection is lost, `farewell` what this says when `run` is cancelled; the
    will is said in its place where the farewell, or without one what still waited, could not be delivered any more.
    Where one of them is a function, it is asked: for the will at each attempt to connect, for the farewell in the end.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        will: Words = None,
        outbox: Outbox | None = None,
        pause: Callable[[int], float] = lambda failures: pause_s(failures, _chance.random()),
        largest_message_bytes: int = LARGEST_MESSAGE_BYTES,
    ) -> None:
        self._settings = settings
        self._pause = pause
        self._outbox = Outbox() if outbox is None else outbox
        self._handlers = Handlers()
        self._on_state: list[Callable[[BrokerState], None]] = []
        self._connection: Connection | None = None
        self._changed = asyncio.Event()
        self._largest_packet_bytes = largest_packet_bytes(largest_message_bytes)
        self._will_limits = Limits()
        self._told: set[str] = set()
        self._is_ended = False
        self._counting = Counting()
        self._beat = Beat()
        self.will = will
        self.farewell: Words = None
        self.state = BrokerState()

    @property
    def counters(self) -> BrokerCounters:
        """A snapshot."""
        return self._counting.snapshot(self._outbox, None if self._connection is None else self._connection.under_way)

    @property
    def beat_s(self) -> float | None:
        """Until when it is known to be at work, by the event loop's clock; None before it runs."""
        return self._beat.last_s

    def on_state(self, listener: Callable[[BrokerState], None]) -> None:
        """Have `listener` told each time that the connection came or went.

        When it has come this is before anything that waits goes out: a retained message that the listener publishes
        supersedes an older one of its topic.
        """
        self._on_state.append(listener)

    def subscribe(self, topic_filter: str, handler: Handler) -> None:
        """Have `handler` called with what is published to these topics, from now on and after each connection."""
        is_first = self._handlers.add(topic_filter, handler)
        if is_first and self._connection is not None and self.state.connected:
            self._connection.subscribe([topic_filter])

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        qos: int = 1,
        correlation_data: bytes | None = None,
        expires_s: float | None = None,
    ) -> asyncio.Future[Fate]:
        """Queue a message. The future tells its fate, which need not be waited for.

        What waits longer than `expires_s` is not sent any more; a broker of MQTT 5 is told how many whole seconds are
        left then, at least one. `correlation_data` go out with MQTT 5 only.

        Raises:
            ValueError: the topic is none, the QoS neither 0 nor 1, the correlation data longer than 256 bytes, or the
                time to expire not finite.
        """
        check_topic(topic)
        check_correlation_data(correlation_data)
        if qos not in (0, 1):
            raise ValueError(f"QoS {qos}: 0 or 1")
        if expires_s is not None and not math.isfinite(expires_s):
            raise ValueError(f"expires_s = {expires_s}: a finite number, or None")
        loop = asyncio.get_running_loop()
        fate: asyncio.Future[Fate] = loop.create_future()
        expires_at_s = math.inf if expires_s is None else loop.time() + expires_s
        self._put(Outgoing(topic, payload, retain, qos, fate, False, correlation_data, expires_at_s), loop)
        return fate

    def _put(self, message: Outgoing, loop: asyncio.AbstractEventLoop) -> None:
        self._counting.published += 1
        self._outbox.put(message, loop.time())
        if self._is_ended:
            self._outbox.drop_all()
        if message.expires_at_s < math.inf and not message.fate.done():
            # Whoever waits for its fate is told in time, also where nothing else happens until then.
            timer = loop.call_at(message.expires_at_s, self._expire, message.expires_at_s)
            message.fate.add_done_callback(lambda _fate: timer.cancel())
        self._changed.set()

    def _expire(self, now_s: float) -> None:
        self._outbox.expire(now_s)
        self._changed.set()

    def run(self) -> Coroutine[Any, Any, NoReturn]:
        """Keep the connection until cancelled, which may take a second to take leave. Trouble is seen in `state`."""
        return Ending(self._keep_connected(), self._end)

    def _end(self) -> None:
        """Nothing can be published any more."""
        self._is_ended = True
        self._outbox.drop_all()

    async def _keep_connected(self) -> NoReturn:
        failures = 0
        self._beat.begin(LOOP)
        try:
            while True:
                # Each time anew: a broker that was slow once, or was replaced, is spoken to in MQTT 5 again.
                end = await self._connect_and_serve(is_5=self._settings.version != "3.1.1")
                if end.wants_other_version and self._settings.version == "auto":
                    end = await self._connect_and_serve(is_5=False)
                failures = failures_after(failures, end.held_s, sent_unwanted=end.sent_unwanted)
                await self._beat.sleep(LOOP, self._pause(failures))
        finally:
            self._end()

    async def _connect_and_serve(self, *, is_5: bool) -> _End:
        """One connection, from its attempt to its end."""
        will = words_now(self.will)
        connection = Connection(self._settings, self._changed.set, self._largest_packet_bytes, is_5=is_5)
        self._connection = connection
        self._beat.at_work(LOOP, LONGEST_OPENING_S + self._settings.keepalive_s)
        try:
            await connection.open(None if will is None else self._will_limits.lowered(will))
            self._connected(connection)
            await self._serve(connection)
        except asyncio.CancelledError:
            await self._take_leave(connection, has_will=will is not None)
            raise
        except ConnectError as error:
            self._will_limits = self._will_limits.after_refusal(error.code)
            self._disconnected(str(error))
            return _End(wants_other_version=error.spoke)
        else:
            self._disconnected(connection.ended or "closed")
            return _End(connection.held_s, connection.sent_unwanted)
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
        self._outbox.put_back(under_way, asyncio.get_running_loop().time())
        self._counting.add(connection.under_way)
        self._connection = None

    async def _take_leave(self, connection: Connection, *, has_will: bool) -> None:
        """Hand over what waits and the farewell, and take leave if that succeeded; otherwise the will is right."""
        if not connection.is_open:
            return
        one = words_now(self.farewell)
        farewell = None if one is None else self.publish(one.topic, one.payload, retain=one.retain, qos=one.qos)
        until_s = asyncio.get_running_loop().time() + LEAVE_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):
                await self._hand_over_all(connection)
        if farewell is None:
            is_said = not has_will or (not len(self._outbox) and connection.is_flushed)
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
            await self._beat.wait(LOOP, self._changed.wait)
        self._hand_out(connection)

    def _hand_out(self, connection: Connection) -> None:
        """Give what was received to its handlers."""
        received, connection.received = connection.received, []
        self._counting.received += len(received)
        for message in received:
            self._handlers.call(message)

    def _hand_over(self, connection: Connection) -> None:
        """Give the connection what waits, as far as it has room."""
        now_s = asyncio.get_running_loop().time()
        while connection.has_room() and (message := self._outbox.take(now_s)) is not None:
            objection = connection.limits.objection(message)
            if objection is not None:
                self._refuse(message, objection)
                continue
            # A suspect waits until it can go alone.
            if (message.is_suspect and len(connection.under_way)) or not connection.publish(message):
                self._outbox.put_back([message], now_s)
                return

    def _refuse(self, message: Outgoing, reason: str) -> None:
        """In the broker's place. Told once for each topic."""
        self._counting.refused += 1
        message.settle(Fate.REFUSED)
        if message.topic not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(message.topic)
            _log.warning("a message is not given to the broker", topic=message.topic, reason=reason)

    def _connected(self, connection: Connection) -> None:
        self._counting.connections += 1
        self._will_limits = Limits()
        connection.subscribe(self._handlers.filters)
        _log.info("connected to the broker", host=self._settings.host, mqtt=connection.version)
        ends_unix_s = connection.certificate_ends_unix_s
        self._tell(BrokerState(True, time.monotonic(), connection.version, self.state.last_error, ends_unix_s))

    def _disconnected(self, reason: str) -> None:
        if self.state.connected or reason != self.state.last_error:
            _log.warning("not connected to the broker", host=self._settings.host, reason=reason)
        since_s = time.monotonic() if self.state.connected or self.state.since_s is None else self.state.since_s
        self._tell(BrokerState(False, since_s, None, reason, self.state.certificate_ends_unix_s))

    def _tell(self, state: BrokerState) -> None:
        was_connected, self.state = self.state.connected, state
        if was_connected is not state.connected:
            for listener in self._on_state:
                listener(state)
