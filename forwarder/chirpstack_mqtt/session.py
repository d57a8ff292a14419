"""One gateway's conversation with one ChirpStack server, without connection or clock.

Messages and `now_s` (any monotonic clock) go in; messages, events and the next deadline come out.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from forwarder.backend import Downlink, EmissionId, GatewayStats, TxReceipt, Uplink
from forwarder.chirpstack_mqtt.channel_plan import ChannelPlan, channel_plan
from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from forwarder.chirpstack_mqtt.events import (
    CommandIgnored,
    ConfigurationReceived,
    Event,
    ExecRequested,
    IgnoredReason,
    Outgoing,
)
from forwarder.chirpstack_mqtt.messages import (
    ConnState,
    DownlinkFrame,
    DownlinkTxAck,
    GatewayCommandExecRequest,
    GatewayCommandExecResponse,
    GatewayConfiguration,
    State,
)
from forwarder.chirpstack_mqtt.pending import Answered, Downlinks, Step
from forwarder.chirpstack_mqtt.proto_json import decode_json, encode_json
from forwarder.chirpstack_mqtt.protobuf import decode, encode
from forwarder.chirpstack_mqtt.reports import Reports
from forwarder.chirpstack_mqtt.schema import Message
from forwarder.chirpstack_mqtt.tally import Tally
from forwarder.chirpstack_mqtt.uplink import uplink_frame
from forwarder.chirpstack_mqtt.waiting import kept_s
from forwarder.chirpstack_mqtt.wire import MalformedMessageError

# Far more than any downlink or channel plan; what a program is given to read has to fit as well.
LARGEST_COMMAND_BYTES = 64 * 1024
# ChirpStack sends one or two: RX1 and RX2.
MOST_ITEMS = 8
# A report or an answer that comes later is of no use.
REPORT_EXPIRES_S = 60.0
ANSWER_EXPIRES_S = 30.0

Shape = TypeVar("Shape", bound=Message)


def random_uplink_id() -> int:
    """A number for an uplink: 32 bits, not 0."""
    return secrets.randbelow(0xFFFF_FFFF) + 1


class ChirpstackSession:
    """The protocol's state. With `takes_configuration` the server is told that it may set the channels."""

    def __init__(
        self,
        config: ChirpstackMqttConfig,
        gateway_eui: int,
        version: str,
        *,
        takes_configuration: bool = False,
        next_uplink_id: Callable[[], int] = random_uplink_id,
    ) -> None:
        self._config = config
        self._gateway_id = f"{gateway_eui:016x}"
        self._takes_configuration = takes_configuration
        self._next_uplink_id = next_uplink_id
        prefix = f"{config.prefix}/" if config.prefix else ""
        self._topic = f"{prefix}gateway/{self._gateway_id}"
        self._tally = Tally()
        self._downlinks = Downlinks(config.name, self._tally)
        self._reports = Reports(
            self._tally, self._gateway_id, version, config.metadata, takes_configuration=takes_configuration
        )
        self._wanted: ChannelPlan | None = None
        self._downlinks_malformed = 0
        self._outgoing: list[Outgoing] = []

    @property
    def downlinks_received(self) -> int:
        """Requests to transmit, bad ones included."""
        return self._downlinks_malformed + self._downlinks.received

    @property
    def downlinks_accepted(self) -> int:
        """Those of which an item was accepted."""
        return self._downlinks.accepted

    @property
    def commands(self) -> str:
        """The topics to subscribe to."""
        return f"{self._topic}/command/+"

    def state(self, state: State) -> Outgoing:
        """What is to stand in the broker: OFFLINE is also said by it when the gateway is lost, and last of all."""
        return Outgoing(f"{self._topic}/state/conn", self._encoded(ConnState(state, self._gateway_id)), retain=True)

    def connected(self, now_s: float, unix_time_s: int | None) -> None:
        """There is a connection, new or again: say so first, then report, from which the server learns the encoding."""
        self._outgoing.append(self.state(State.ONLINE))
        self._report(unix_time_s)
        self._reports.wait(now_s)

    def disconnected(self) -> None:
        """There is none: nothing is reported until there is one."""
        self._reports.stop()

    def still_connected(self) -> None:
        """Nothing was acknowledged for long: say once more what stands there, for the broker's answer."""
        self._outgoing.append(self.state(State.ONLINE))

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> list[Uplink]:
        """Send those packets that the server wants; return those that were left out."""
        left_out = []
        for uplink in uplinks:
            if not self._config.filter.passes(uplink.packet.payload, uplink.packet.crc_status):
                left_out.append(uplink)
                continue
            self._tally.forwarded(uplink.packet)
            frame = uplink_frame(uplink, self._gateway_id, self._next_uplink_id())
            self._event("up", frame, kept_s(uplink), uplinks=1, key=uplink.key)
        return left_out

    def count(self, stats: GatewayStats) -> None:
        """Keep the counts of an interval for the next report."""
        self._tally.radio_counted(stats)

    def send_stats(self, stats: GatewayStats) -> None:
        """Report what happened since the last report; at an interval of the server's own, once that is over."""
        self.count(stats)
        if self._reports.due_s is None:
            self._report(stats.unix_time_s)

    def configuration_applied(self, version: str) -> None:
        """What the server wanted is in force: the next report says so, and it does not ask again."""
        self._reports.config_version = version

    def exec_ended(self, exec_id: int, stdout: bytes = b"", stderr: bytes = b"", error: str = "") -> None:
        """Answer a request to run a program."""
        response = GatewayCommandExecResponse(stdout, stderr, error, self._gateway_id, exec_id)
        self._event("exec", response, REPORT_EXPIRES_S)

    def answered(self, downlink: Downlink, receipt: TxReceipt) -> list[Event]:
        """The gateway has decided on a request to transmit."""
        return self._events(self._downlinks.answered(downlink.token, receipt))

    def emission_ended(self, emission: EmissionId, failure: str) -> list[Event]:
        """A request that was accepted is on the air no more; `failure` says why it never was, else ""."""
        return self._events(self._downlinks.emission_ended(emission, failure))

    def receive(self, topic: str, payload: bytes, now_s: float, *, retained: bool = False) -> list[Event]:
        """Take one message from the server, whatever it holds."""
        command = topic.removeprefix(f"{self._topic}/command/")
        handle = self._COMMANDS.get(command)
        if handle is None:
            return [CommandIgnored(IgnoredReason.NOT_KNOWN, f"topic {topic[:120]!r}")]
        if retained:
            return [CommandIgnored(IgnoredReason.RETAINED, f"{command}: it may be of any age")]
        if len(payload) > LARGEST_COMMAND_BYTES:
            return [CommandIgnored(IgnoredReason.MALFORMED, f"{command} of {len(payload)} bytes")]
        try:
            return handle(self, payload, now_s)
        except MalformedMessageError as error:
            self._downlinks_malformed += command == "down"
            return [CommandIgnored(IgnoredReason.MALFORMED, f"{command}: {error}")]

    def data_to_send(self) -> list[Outgoing]:
        """Hand over what has to go out now, in order; it is handed over once."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def next_timer(self) -> float | None:
        """When to call `handle_timer`, None if there is nothing to wait for."""
        due = (self._downlinks.next_timer(), self._reports.due_s)
        return min((due_s for due_s in due if due_s is not None), default=None)

    def handle_timer(self, now_s: float, unix_time_s: int | None = None) -> list[Event]:
        """Do what is due: answer before the server has forgotten what it asked for, and report when it wants that."""
        if self._reports.due_s is not None and self._reports.due_s <= now_s:
            self._report(unix_time_s)
            self._reports.wait(now_s)
        return self._events(self._downlinks.handle_timer(now_s))

    def stop(self) -> None:
        """The gateway stops: what was accepted and not emitted will not be, and nothing is due any more."""
        self._reports.stop()
        self._events(self._downlinks.give_up())

    def _down(self, payload: bytes, now_s: float) -> list[Event]:
        frame = _decoded(payload, DownlinkFrame)
        if frame.gateway_id.lower() != self._gateway_id:
            return [_foreign(frame.gateway_id)]
        if self._downlinks.is_duplicate(frame.downlink_id, now_s):
            return [CommandIgnored(IgnoredReason.DUPLICATE, f"downlink {frame.downlink_id}")]
        if not 1 <= len(frame.items) <= MOST_ITEMS:
            raise MalformedMessageError(f"{len(frame.items)} items: 1 to {MOST_ITEMS}")
        return self._events(self._downlinks.requested(frame, now_s))

    def _configure(self, payload: bytes, now_s: float) -> list[Event]:
        configuration = _decoded(payload, GatewayConfiguration)
        if configuration.gateway_id.lower() != self._gateway_id:
            return [_foreign(configuration.gateway_id)]
        if not self._takes_configuration:
            return [CommandIgnored(IgnoredReason.NOT_ALLOWED, "the server may not set the channels")]
        plan = channel_plan(configuration)
        if plan == self._wanted:
            # The server repeats it after each report that does not name its version yet.
            return []
        self._wanted = plan
        self._reports.set_interval(plan.stats_interval_s, now_s)
        return [ConfigurationReceived(plan)]

    def _exec(self, payload: bytes, _now_s: float) -> list[Event]:
        request = _decoded(payload, GatewayCommandExecRequest)
        if request.gateway_id.lower() != self._gateway_id:
            return [_foreign(request.gateway_id)]
        argv = self._config.commands.get(request.command)
        if argv is None:
            refusal = "this command is not in the gateway's configuration"
        elif request.environment:
            # What a program does may depend on it, down to the code that is loaded.
            refusal = "the gateway lets nobody set a command's environment"
        else:
            return [ExecRequested(request.exec_id, argv, request.stdin)]
        self.exec_ended(request.exec_id, error=refusal)
        return [CommandIgnored(IgnoredReason.NOT_ALLOWED, f"exec {request.command[:80]!r}: {refusal}")]

    def _events(self, steps: Sequence[Step]) -> list[Event]:
        """What the backend has to do; an answer is for the server."""
        events: list[Event] = []
        for step in steps:
            if isinstance(step, Answered):
                ack = DownlinkTxAck(step.downlink_id, step.items, self._gateway_id)
                self._event("ack", ack, ANSWER_EXPIRES_S)
            else:
                events.append(step)
        return events

    def _report(self, unix_time_s: int | None) -> None:
        self._event("stats", self._reports.take(unix_time_s), REPORT_EXPIRES_S)

    def _event(self, kind: str, message: Message, expires_s: float, uplinks: int = 0, key: int = 0) -> None:
        topic = f"{self._topic}/event/{kind}"
        self._outgoing.append(Outgoing(topic, self._encoded(message), False, uplinks, expires_s, key))

    def _encoded(self, message: Message) -> bytes:
        return encode_json(message) if self._config.json else encode(message)

    _COMMANDS: ClassVar = {"down": _down, "config": _configure, "exec": _exec}


def _decoded(payload: bytes, shape: type[Shape]) -> Shape:
    """In either encoding, whichever is ours: a server that was just started does not know yet which that is.

    No message of Protocol Buffers begins with a brace: that would be a group.
    """
    return decode_json(payload, shape) if payload.startswith(b"{") else decode(payload, shape)


def _foreign(gateway_id: str) -> CommandIgnored:
    return CommandIgnored(IgnoredReason.FOREIGN_GATEWAY, f"for gateway {gateway_id[:40]!r}")
