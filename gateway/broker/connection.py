"""One connection to a broker, from its name to its end: the one module that imports paho-mqtt.

paho-mqtt speaks the protocol; its socket is served by this event loop, so that no thread and no lock stands between a
message and its handler. Only what blocks, the name, the TCP and TLS handshakes and reading the files, is done in a
thread of its own, that nobody waits for at the end. A client is used for one connection and never again.
"""

import asyncio
import contextlib
import ssl
import struct
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from paho.mqtt import MQTTException
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, topic_matches_sub
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.broker.outbox import Fate, Outgoing
from gateway.broker.own_thread import in_own_thread
from gateway.broker.password import PasswordFileError, read_password
from gateway.broker.settings import BrokerSettings, Message, Will
from gateway.broker.tls import tls_context

CONNECT_TIMEOUT_S = 10.0
CONNACK_TIMEOUT_S = 15.0
# Keepalives and their answers are looked at this often.
LOOK_S = 1.0
# QoS 1 messages that the broker has not accepted yet; MQTT 5 brokers may want fewer.
MOST_UNACCEPTED = 20
# What an MQTT 5 broker is told not to exceed.
LARGEST_PACKET_BYTES = 32 * 1024 * 1024
UNSUPPORTED_VERSION = 132  # MQTT 5, 3.2.2.2; 3.1.1 brokers' 1 is made this by paho-mqtt
# What reading bytes that are no MQTT raises, beside what paho-mqtt has names for.
NOT_MQTT = (MQTTException, ValueError, LookupError, struct.error)

_log = structlog.get_logger()

matches = topic_matches_sub
"""Whether a topic filter lets a topic through."""


class ConnectError(Exception):
    """There is no connection; the text says why. `spoke` where somebody answered, but not in this version of MQTT."""

    def __init__(self, reason: str, *, spoke: bool = False) -> None:
        self.spoke = spoke
        super().__init__(reason)


class Connection:
    """An open connection. `on_event` is called after anything that may matter: it looks at what has changed."""

    def __init__(self, settings: BrokerSettings, on_event: Callable[[], None], *, is_5: bool) -> None:
        version = MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311
        self._settings = settings
        self.version = "5" if is_5 else "3.1.1"
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._client = _client(settings, version)
        self._socket: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._unaccepted: dict[int, Outgoing] = {}
        self._most_unaccepted = MOST_UNACCEPTED
        self._subscribing: dict[int, tuple[str, ...]] = {}
        self.received: list[Message] = []
        self.ended: str | None = None
        self.accepted = 0
        self.refused = 0

    async def open(self, will: Will | None) -> None:
        """Connect, and wait until the broker agrees.

        Raises:
            ConnectError: there is no connection.
        """
        client = self._client
        self._set_callbacks(client)
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        await in_own_thread(lambda: _connect(client, self._settings), ConnectError)
        self._attach()
        try:
            async with asyncio.timeout(CONNACK_TIMEOUT_S):
                await self._accepted
        except TimeoutError as error:
            raise ConnectError("nobody answered as an MQTT broker does", spoke=True) from error

    def subscribe(self, filters: Iterable[str]) -> None:
        """Ask for topics, with QoS 1. A refusal is logged."""
        wanted = tuple(filters)
        if wanted:
            _, mid = self._client.subscribe([(one, 1) for one in wanted])
            if mid is not None:
                self._subscribing[mid] = wanted

    @property
    def unaccepted(self) -> int:
        """How many messages the broker has not answered yet."""
        return len(self._unaccepted)

    def has_room(self) -> bool:
        """Whether one more message may be given to it: all before it are on their way, and not too many unaccepted."""
        return self.ended is None and not self._client.want_write() and len(self._unaccepted) < self._most_unaccepted

    def publish(self, message: Outgoing) -> bool:
        """Send a message; False where that was not possible, and it is still the caller's."""
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        if message.qos:
            self._unaccepted[info.mid] = message
        else:
            message.settle(Fate.SENT)
        return True

    def close(self) -> list[Outgoing]:
        """Take leave, as far as the broker reads it at once. Gives the messages without a fate, in their order."""
        if self.ended is None and self._client.socket() is not None:
            self._client.disconnect()
            self._client.loop_write()
        self._end("closed")
        return list(self._unaccepted.values())

    def _set_callbacks(self, client: Client) -> None:
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        client.on_socket_close = self._on_socket_close

    def _attach(self) -> None:
        """Serve the socket from here on."""
        self._socket = self._client.socket()
        if self._socket is None:
            raise ConnectError("the connection was closed at once", spoke=True)
        self._loop.add_reader(self._socket, self._on_readable)
        if self._client.want_write():
            self._loop.add_writer(self._socket, self._on_writable)
        self._timer = self._loop.call_later(LOOK_S, self._on_look)

    def _detach(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, reason: str) -> None:
        if self.ended is not None:
            return
        self.ended = reason
        sock = self._client.socket()
        self._detach()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()
        if not self._accepted.done():
            self._accepted.set_exception(ConnectError(f"the connection ended before it began: {reason}", spoke=True))
            self._accepted.exception()  # nobody may be waiting
        self._on_event()

    def _on_readable(self) -> None:
        self._serve(self._client.loop_read)
        # What TLS has deciphered already does not show at the socket.
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            self._loop.call_soon(self._on_readable)

    def _on_writable(self) -> None:
        self._serve(self._client.loop_write)

    def _on_look(self) -> None:
        self._serve(self._client.loop_misc)
        if self.ended is None:
            self._timer = self._loop.call_later(LOOK_S, self._on_look)

    def _serve(self, step: Callable[[], MQTTErrorCode]) -> None:
        if self.ended is not None:
            return
        try:
            outcome = step()
        except NOT_MQTT as error:
            self._end(f"the broker sent what is not MQTT ({type(error).__name__})")
            return
        if outcome != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._end(f"the connection was lost: {outcome.name}")
        self._on_event()

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        if self._accepted.done():
            return
        if code.is_failure:
            self._accepted.set_exception(ConnectError(str(code), spoke=code.value == UNSUPPORTED_VERSION))
            return
        wanted = getattr(properties, "ReceiveMaximum", MOST_UNACCEPTED)
        self._most_unaccepted = min(MOST_UNACCEPTED, wanted)
        self._accepted.set_result(None)

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        who = "the broker ended it" if flags.is_disconnect_packet_from_server else "the connection was lost"
        self._end(f"{who}: {code}")

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.received.append(Message(message.topic, bytes(message.payload), bool(message.retain)))

    def _on_publish(
        self, _client: Client, _data: object, mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        message = self._unaccepted.pop(mid, None)
        if message is None:
            return
        if code.is_failure:
            self.refused += 1
            _log.warning("the broker refused a message", topic=message.topic, reason=str(code))
        else:
            self.accepted += 1
        message.settle(Fate.REFUSED if code.is_failure else Fate.ACCEPTED)

    def _on_subscribe(
        self, _client: Client, _data: object, mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        for wanted, code in zip(self._subscribing.pop(mid, ()), codes, strict=False):
            if code.is_failure:
                _log.warning("the broker refused a subscription", filter=wanted, reason=str(code))

    def _on_register_write(self, _client: Client, _data: object, sock: Any) -> None:
        # Before it is attached, the connecting thread calls.
        if self._socket is not None:
            self._loop.add_writer(sock, self._on_writable)

    def _on_unregister_write(self, _client: Client, _data: object, sock: Any) -> None:
        if self._socket is not None:
            self._loop.remove_writer(sock)

    def _on_socket_close(self, _client: Client, _data: object, _sock: Any) -> None:
        if self._socket is not None:
            self._detach()


def _client(settings: BrokerSettings, version: MQTTProtocolVersion) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=settings.client_id, protocol=version, reconnect_on_failure=False
    )
    client.connect_timeout = CONNECT_TIMEOUT_S
    return client


def _connect(client: Client, settings: BrokerSettings) -> None:
    """What blocks: the files, the name, TCP, TLS. Runs in a thread of its own."""
    try:
        if settings.username is not None:
            password = None if settings.password_file is None else read_password(settings.password_file)
            client.username_pw_set(settings.username, password)
        if settings.tls is not None:
            client.tls_set_context(tls_context(settings.tls))
        properties = None
        if client.protocol == MQTTProtocolVersion.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)
            properties.MaximumPacketSize = LARGEST_PACKET_BYTES
        client.connect(settings.host, settings.port, settings.keepalive_s, properties=properties)
    except (OSError, ValueError, MQTTException, PasswordFileError) as error:
        raise ConnectError(_reason(error, settings)) from error


def _reason(error: Exception, settings: BrokerSettings) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {settings.host} is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS: {error.reason or error}"
        case OSError():
            return error.strerror or str(error) or type(error).__name__
        case _:
            return str(error)
