"""The ChirpStack backend: a session joined to an MQTT client, to timers and to programs."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import msgspec
import structlog

from forwarder.backend import BackendCounters, Deliver, Downlink, EmissionId, GatewayStats, OnFate, TxReceipt, Uplink
from forwarder.beat import Beat
from forwarder.chirpstack_mqtt.channel_plan import ChannelPlan
from forwarder.chirpstack_mqtt.client import ACCEPTED, SENT, ClientState, MqttClient, Received, Words
from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from forwarder.chirpstack_mqtt.events import (
    CommandIgnored,
    ConfigurationReceived,
    Event,
    ExecRequested,
    IgnoredReason,
    Outgoing,
)
from forwarder.chirpstack_mqtt.fates import Fates
from forwarder.chirpstack_mqtt.messages import State
from forwarder.chirpstack_mqtt.pending import EmissionFailed, ItemRefused, TransmitRequested
from forwarder.chirpstack_mqtt.session import ChirpstackSession
from forwarder.chirpstack_mqtt.waiting import WaitingUplinks
from forwarder.counted_warning import CountedWarning
from forwarder.run_command import TIMEOUT_S as COMMAND_TIMEOUT_S
from forwarder.run_command import run_command
from radio.packets import TxStatus

# While there is no connection: minutes of a busy gateway, about 2 MB.
MAX_WAITING_UPLINKS = 4096
# More than one turn of the event loop brings.
MAX_WAITING_DOWNLINKS = 256
MAX_WAITING_COMMANDS = 4


class ChirpstackMqttBackend:
    """A ChirpStack server reached through an MQTT broker; implements `forwarder.backend.Backend`.

    An uplink is acknowledged when the broker has it; `datagrams_*` count the messages that carry uplinks, one each.
    While there is no connection an uplink waits for some minutes. One with a key does not: what the broker has not
    acknowledged by then is told to be undelivered, and withdrawn. With QoS 0 to have sent it is all that can be known.
    `unix_time_s` tells the time where it is sure.
    `on_configuration` is given the channels that the server wants, and `configuration_applied` takes their version
    once they are in force; without it, and where the configuration has it so, the server is told of no such way.
    """

    keeps_order = True
    """One connection carries all in their order, and what was on its way when it ended has failed."""

    def __init__(
        self,
        config: ChirpstackMqttConfig,
        gateway_eui: int,
        client: MqttClient,
        version: str,
        *,
        unix_time_s: Callable[[], int | None] = lambda: None,
        on_configuration: Callable[[ChannelPlan], None] | None = None,
    ) -> None:
        self._config = config
        self._client = client
        self._unix_time_s = unix_time_s
        self._on_configuration = on_configuration
        self._log = structlog.get_logger().bind(backend=config.name)
        takes_configuration = config.channels_from_server and on_configuration is not None
        self._session = ChirpstackSession(config, gateway_eui, version, takes_configuration=takes_configuration)
        self._counters = BackendCounters()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting = WaitingUplinks(MAX_WAITING_UPLINKS)
        self.on_fate: OnFate | None = None
        self._fates = Fates(self._tell_fate)
        self._with_key: set[asyncio.Future[Any]] = set()
        self._downlinks: asyncio.Queue[Downlink] = asyncio.Queue(MAX_WAITING_DOWNLINKS)
        self._commands: asyncio.Queue[ExecRequested] = asyncio.Queue(MAX_WAITING_COMMANDS)
        self._beat = Beat()
        self._unsent = CountedWarning(self._log, "message not accepted by the broker")
        self._items_refused = CountedWarning(self._log, "bad request to transmit refused")
        self._told_otherwise = CountedWarning(self._log, "downlink not emitted that the server was told was")
        self._ignored = {
            reason: CountedWarning(self._log, f"command ignored: {reason.name.lower().replace('_', ' ')}")
            for reason in IgnoredReason
        }
        last = self._session.state(State.OFFLINE)
        client.will = client.farewell = Words(last.topic, last.payload)
        client.on_state(self._on_state)
        client.subscribe(self._session.commands, self._on_message)

    @property
    def name(self) -> str:
        """The name given in the configuration."""
        return self._config.name

    @property
    def counters(self) -> BackendCounters:
        """A snapshot."""
        return msgspec.structs.replace(
            self._counters,
            downlinks_received=self._session.downlinks_received,
            downlinks_accepted=self._session.downlinks_accepted,
            malformed_received=self._ignored[IgnoredReason.MALFORMED].count,
            beat_s=self._last_beat_s(),
        )

    async def run(self, deliver: Deliver) -> None:
        """Keep the connection until cancelled; hand each downlink to `deliver`, and its fate to the server."""
        connection = asyncio.create_task(self._client.run())
        self._beat.begin("connection", "downlinks", "commands", "signs of life")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._deliver_downlinks(deliver))
                tasks.create_task(self._run_commands())
                tasks.create_task(self._ask_for_signs_of_life())
                # Not cancelled with this task: there is something left to say through it.
                await self._beat.wait_for_end("connection", connection)
                await connection
        finally:
            self._stop()
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None:
        """Publish what one poll of the radio returned, at once if there is a connection."""
        if self._counters.connected:
            self._give_to_session(uplinks)
            self._flush()
            return
        # What has a key waits on disk already, and another server may be there for it.
        keys = [uplink.key for uplink in uplinks if uplink.key > 0]
        self._fates.known(keys, is_delivered=False)
        others = [uplink for uplink in uplinks if uplink.key <= 0]
        self._counters.uplinks_dropped += len(keys) + self._waiting.put(others, _now_s())

    def send_stats(self, stats: GatewayStats) -> None:
        """Publish a report; while there is no connection its counts are kept for the first one that follows."""
        if not self._counters.connected:
            self._session.count(stats)
            return
        self._session.send_stats(stats)
        self._flush()

    def radio_started(self) -> None:
        """Nothing: an answer to what was heard before is too late by the counter of now."""

    def emission_ended(self, emission: EmissionId, failure: str) -> None:
        """Tell the server, or have it tried another way."""
        self._handle_all(self._session.emission_ended(emission, failure))

    def configuration_applied(self, version: str) -> None:
        """The channels that the server wanted are in force."""
        self._session.configuration_applied(version)

    def _last_beat_s(self) -> float | None:
        own_s, connection_s = self._beat.last_s, self._client.beat_s
        return own_s if own_s is None or connection_s is None else min(own_s, connection_s)

    def _give_to_session(self, uplinks: Sequence[Uplink]) -> None:
        left_out = self._session.send_uplinks(uplinks)
        self._counters.uplinks_filtered += len(left_out)
        # Nobody has to try again.
        self._fates.known((uplink.key for uplink in left_out), is_delivered=True)

    def _tell_fate(self, keys: Sequence[int], is_delivered: bool) -> None:
        if self.on_fate is not None:
            self.on_fate(keys, is_delivered)

    def _on_state(self, state: ClientState) -> None:
        self._counters.connected = state.connected
        if not state.connected:
            self._session.disconnected()
            for fate in self._with_key:
                fate.cancel()
            return
        now_s = _now_s()
        self._counters.last_acknowledged_s = now_s
        self._session.connected(now_s, self._unix_time_s())
        waited, dropped = self._waiting.take_all(now_s)
        self._counters.uplinks_dropped += dropped
        self._give_to_session(waited)
        self._flush()

    def _on_message(self, message: Received) -> None:
        self._counters.bytes_down += len(message.payload)
        self._handle_all(self._session.receive(message.topic, message.payload, _now_s(), retained=message.retained))

    def _flush(self) -> None:
        for outgoing in self._session.data_to_send():
            # What the broker is to keep is always acknowledged: it is a sign of life.
            qos = 1 if outgoing.retain else self._config.qos
            fate = self._client.publish(
                outgoing.topic, outgoing.payload, retain=outgoing.retain, qos=qos, expires_s=outgoing.expires_s
            )
            self._counters.bytes_up += len(outgoing.payload)
            if outgoing.key > 0:
                self._with_key.add(fate)
            fate.add_done_callback(partial(self._settled, outgoing))
        self._arm_timer()

    def _settled(self, outgoing: Outgoing, fate: asyncio.Future[Any]) -> None:
        self._with_key.discard(fate)
        value, counters = "withdrawn" if fate.cancelled() else fate.result().value, self._counters
        if value == ACCEPTED:
            counters.last_acknowledged_s = _now_s()
            counters.uplinks_acknowledged += outgoing.uplinks
            counters.datagrams_acknowledged += outgoing.uplinks
        if value in (ACCEPTED, SENT):
            counters.uplinks_sent += outgoing.uplinks
            counters.datagrams_sent += outgoing.uplinks
            self._fates.known([outgoing.key], is_delivered=True)
            return
        counters.uplinks_dropped += outgoing.uplinks
        self._fates.known([outgoing.key], is_delivered=False)
        if not outgoing.retain and not fate.cancelled():
            self._unsent.happened(topic=outgoing.topic, fate=value)

    def _arm_timer(self) -> None:
        due_s = self._session.next_timer()
        if self._timer is not None:
            if due_s is not None and self._timer.when() <= due_s:
                return
            self._timer.cancel()
            self._timer = None
        if due_s is not None:
            self._timer = asyncio.get_running_loop().call_at(due_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._handle_all(self._session.handle_timer(_now_s(), self._unix_time_s()))

    def _handle_all(self, events: Sequence[Event]) -> None:
        for event in events:
            self._handle(event)
        self._flush()

    def _handle(self, event: Event) -> None:
        match event:
            case TransmitRequested():
                self._queue_downlink(event.downlink)
            case ItemRefused():
                self._items_refused.happened(detail=event.detail)
            case EmissionFailed():
                if event.was_answered:
                    self._told_otherwise.happened(failure=event.failure)
            case CommandIgnored():
                self._ignored[event.reason].happened(detail=event.detail)
            case ConfigurationReceived():
                if self._on_configuration is not None:
                    self._on_configuration(event.plan)
            case ExecRequested():
                self._queue_command(event)

    def _queue_downlink(self, downlink: Downlink) -> None:
        try:
            self._downlinks.put_nowait(downlink)
        except asyncio.QueueFull:
            self._handle_all(self._session.answered(downlink, TxReceipt(TxStatus.QUEUE_FULL)))

    async def _deliver_downlinks(self, deliver: Deliver) -> NoReturn:
        """A task of its own, so that a failure to deliver ends the backend, and no request is nested in another."""
        while True:
            downlink = await self._beat.wait("downlinks", self._downlinks.get)
            self._handle_all(self._session.answered(downlink, deliver(downlink)))

    def _queue_command(self, request: ExecRequested) -> None:
        try:
            self._commands.put_nowait(request)
        except asyncio.QueueFull:
            self._session.exec_ended(request.exec_id, error="too many commands wait already")

    async def _run_commands(self) -> NoReturn:
        while True:
            request = await self._beat.wait("commands", self._commands.get)
            self._beat.at_work("commands", COMMAND_TIMEOUT_S)
            self._log.info("running a command for the server", program=request.argv[0])
            result = await run_command(request.argv, request.stdin)
            self._session.exec_ended(request.exec_id, result.stdout, result.stderr, result.error)
            self._flush()

    async def _ask_for_signs_of_life(self) -> NoReturn:
        """Where nothing else is acknowledged for the length of a keepalive."""
        while True:
            await self._beat.sleep("signs of life", self._config.keepalive_s)
            last_s = self._counters.last_acknowledged_s
            if self._counters.connected and last_s is not None and _now_s() - last_s >= self._config.keepalive_s:
                self._session.still_connected()
                self._flush()

    def _stop(self) -> None:
        """What is left to say is handed over while the client takes leave."""
        self._session.stop()
        self._flush()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._counters.connected = False
        waited, dropped = self._waiting.take_all(_now_s())
        self._counters.uplinks_dropped += len(waited) + dropped


def _now_s() -> float:
    return asyncio.get_running_loop().time()
