"""One connection to a broker, from its name to its end: the one module that imports paho-mqtt.

paho-mqtt speaks the protocol; its socket is served by this event loop, so that no thread and no lock stands between a
message and its handler. Only what blocks, the name, the TCP and TLS handshakes and reading the files, is done in a
thread of its own, that nobody waits for at the end. A client is used for one connection and never again.
"""

import asyncio
import contextlib
import struct
from collections.abc import Callable, Iterable, Mapping

from paho.mqtt import MQTTException
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, topic_matches_sub
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from forwarder.secret_file import SecretFileError
from gateway.broker.blame import may_be_for_a_message
from gateway.broker.connect_error import ConnectError, reason_of
from gateway.broker.draining import READ_BYTES, drain, kept_open
from gateway.broker.limits import QOS_2, Limits, PacketTooLargeError, QosTooHighError, UnwantedPacketError, limits_of
from gateway.broker.outbox import Outgoing
from gateway.broker.own_thread import in_own_thread
from gateway.broker.password import read_password
from gateway.broker.properties import message_of, publish_properties
from gateway.broker.served_socket import ServedSocket
from gateway.broker.settings import BrokerSettings, Message, Will
from gateway.broker.subscribing import Subscribing
from gateway.broker.tls import certificate_ends_unix_s, tls_context
from gateway.broker.under_way import UnderWay

CONNECT_TIMEOUT_S = 10.0
CONNACK_TIMEOUT_S = 15.0
UNSUPPORTED_VERSION = 132  # MQTT 5, 3.2.2.2; 3.1.1 brokers' 1 is made this by paho-mqtt
# What reading bytes that are no MQTT raises, beside what paho-mqtt has names for.
NOT_MQTT = (MQTTException, ValueError, LookupError, struct.error)

matches = topic_matches_sub
"""Whether a topic filter lets a topic through."""


class _BoundedClient(Client):
    """Reads no packet that is longer than it may be. paho-mqtt has no such limit, and MQTT 3.1.1 no word for it.

    Nor any message with QoS 2, of which paho-mqtt would keep as many as the broker likes.
    """

    largest_packet_bytes = 0

    def _sock_recv(self, bufsize: int) -> bytes:
        # It asks for the whole rest of a packet as soon as its length is known, before a byte of it is kept.
        if bufsize > self.largest_packet_bytes:
            raise PacketTooLargeError(bufsize, self.largest_packet_bytes)
        return super()._sock_recv(min(bufsize, READ_BYTES))

    def _handle_publish(self) -> MQTTErrorCode:
        if self._in_packet["command"] & QOS_2:
            raise QosTooHighError
        return super()._handle_publish()


class Connection:
    """An open connection. `on_event` is called after anything that may matter: it looks at what has changed."""

    def __init__(
        self, settings: BrokerSettings, on_event: Callable[[], None], largest_packet_bytes: int, *, is_5: bool
    ) -> None:
        version = MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311
        self._settings = settings
        self.version = "5" if is_5 else "3.1.1"
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._client = client = _client(settings, version, largest_packet_bytes)
        self._served = ServedSocket(
            read=lambda: self._serve(client.loop_read),
            write=lambda: self._serve(client.loop_write),
            look=lambda: self._serve(client.loop_misc),
        )
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._subscribing = Subscribing()
        self.received: list[Message] = []
        self.ended: str | None = None
        self.opened_s: float | None = None
        self.limits = Limits()
        self.sent_unwanted = False
        self.certificate_ends_unix_s: int | None = None
        self.may_be_for_a_message = False
        self.under_way = UnderWay()

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
                self._subscribing.asked(mid, wanted)

    @property
    def is_open(self) -> bool:
        """Whether the broker has agreed, and it has not ended."""
        return self.opened_s is not None and self.ended is None

    @property
    def held_s(self) -> float:
        """How long ago the broker agreed."""
        return 0.0 if self.opened_s is None else self._loop.time() - self.opened_s

    @property
    def is_flushed(self) -> bool:
        """Whether all that it was given is on its way, and accepted where the broker answers."""
        return not len(self.under_way) and not self._client.want_write()

    def has_room(self) -> bool:
        """Whether one more message may be given to it: all before it are on their way, and not too many unaccepted.

        A suspect is alone on its way, so that the next end accuses nobody else.
        """
        if self.under_way.has_suspect or len(self.under_way) >= self.limits.unaccepted:
            return False
        return self.is_open and not self._client.want_write()

    def publish(self, message: Outgoing) -> bool:
        """Send a message, with what the broker takes; False where there is nothing to send it through."""
        lowered = self.limits.lowered(message)
        properties = None
        if self.version == "5":
            properties = _properties(PacketTypes.PUBLISH, publish_properties(message, self._loop.time()))
        info = self._client.publish(lowered.topic, lowered.payload, lowered.qos, lowered.retain, properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        self.under_way.give(info.mid, message, lowered.qos)
        return True

    async def leave(self) -> None:
        """Take leave, and wait until the broker has read it: it says no will then. Not where something is half said."""
        if not self._served.is_attached or not self.is_open or self._client.want_write():
            return
        # paho-mqtt closes its own as soon as it has said so.
        with kept_open(self._served.fileno()) as rest:
            self._client.disconnect()
            self._client.loop_write()
            await drain(rest)

    def close(self) -> list[Outgoing]:
        """End it without leave: the broker says the will. Gives the messages without a fate, in their order.

        Where the broker has not agreed yet it is told that there will be nobody, for whenever it reads that.
        """
        if self.opened_s is None and self.ended is None and self._served.is_attached:
            self._client.disconnect()
            self._client.loop_write()
        self._end("closed")
        return self.under_way.rest

    def _set_callbacks(self, client: Client) -> None:
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        # The first of these is called by the connecting thread too, before the socket is attached.
        client.on_socket_register_write = lambda _client, _data, _sock: self._served.want_write()
        client.on_socket_unregister_write = lambda _client, _data, _sock: self._served.want_no_write()
        client.on_socket_close = lambda _client, _data, _sock: self._served.close()

    def _attach(self) -> None:
        """Serve the socket from here on."""
        sock = self._client.socket()
        if sock is None:
            raise ConnectError("the connection was closed at once", spoke=True)
        self.certificate_ends_unix_s = certificate_ends_unix_s(sock)
        self._served.attach(sock)
        if self._client.want_write():
            self._served.want_write()

    def _end(self, reason: str) -> None:
        if self.ended is not None:
            return
        self.ended = reason
        sock = self._client.socket()
        self._served.close()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()
        if not self._accepted.done():
            self._accepted.set_exception(ConnectError(f"the connection ended before it began: {reason}", spoke=True))
            self._accepted.exception()  # nobody may be waiting
        self._on_event()

    def _serve(self, step: Callable[[], MQTTErrorCode]) -> None:
        if self.ended is not None:
            return
        try:
            outcome = step()
        except UnwantedPacketError as error:
            self.sent_unwanted = True
            self._end(str(error))
            return
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
            self._accepted.set_exception(_refusal(code))
            return
        self.limits = limits_of(properties)
        self.opened_s = self._loop.time()
        self._accepted.set_result(None)

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        is_said = flags.is_disconnect_packet_from_server
        self.may_be_for_a_message = self.ended is None and may_be_for_a_message(code.value, is_said=is_said)
        who = "the broker ended it" if is_said else "the connection was lost"
        self._end(f"{who}: {code}")

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.received.append(
            message_of(message.topic, bytes(message.payload), message.properties, retained=bool(message.retain))
        )

    def _on_publish(
        self, _client: Client, _data: object, mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self.under_way.answered(mid, str(code) if code.is_failure else None)

    def _on_subscribe(
        self, _client: Client, _data: object, mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._subscribing.answered(mid, [str(code) if code.is_failure else None for code in codes])


def _refusal(code: ReasonCode) -> ConnectError:
    return ConnectError(str(code), spoke=code.value == UNSUPPORTED_VERSION, code=code.value)


def _properties(kind: int, values: Mapping[str, object]) -> Properties:
    properties = Properties(kind)
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def _client(settings: BrokerSettings, version: MQTTProtocolVersion, largest_packet_bytes: int) -> _BoundedClient:
    client = _BoundedClient(
        CallbackAPIVersion.VERSION2, client_id=settings.client_id, protocol=version, reconnect_on_failure=False
    )
    client.largest_packet_bytes = largest_packet_bytes
    client.connect_timeout = CONNECT_TIMEOUT_S
    return client


def _connect(client: _BoundedClient, settings: BrokerSettings) -> None:
    """What blocks: the files, the name, TCP, TLS. Runs in a thread of its own."""
    try:
        if settings.username is not None:
            password = None if settings.password_file is None else read_password(settings.password_file)
            client.username_pw_set(settings.username, password)
        if settings.tls is not None:
            client.tls_set_context(tls_context(settings.tls))
        properties = None
        if client.protocol == MQTTProtocolVersion.MQTTv5:
            properties = _properties(PacketTypes.CONNECT, {"MaximumPacketSize": client.largest_packet_bytes})
        client.connect(settings.host, settings.port, settings.keepalive_s, properties=properties)
    except (OSError, ValueError, MQTTException, SecretFileError) as error:
        raise ConnectError(reason_of(error, settings.host)) from error
