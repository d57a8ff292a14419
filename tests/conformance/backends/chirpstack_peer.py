"""A ChirpStack end behind a real Mosquitto with TLS, certificates and access rules: paho-mqtt, and bytes by hand."""

import asyncio
import contextlib
import random
import ssl
import threading
from pathlib import Path
from typing import Any, ClassVar

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from forwarder.backend import Backend
from forwarder.chirpstack_mqtt.backend import MAX_WAITING_UPLINKS, ChirpstackMqttBackend
from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from gateway.broker.client import Broker
from gateway.broker.outbox import Outbox
from gateway.broker.settings import BrokerSettings, Tls
from tests.conformance.backends.certificate import Wallet
from tests.conformance.backends.peer import (
    GATEWAY_EUI,
    RX1_HZ,
    RX2_HZ,
    RX_DELAY_S,
    Answer,
    Garbage,
    Peer,
    Report,
    SeenUplink,
)
from tests.conformance.backends.protobuf_bytes import Fields, content, contents, fields, message, number, single
from tests.forwarder.chirpstack_mqtt.city import BESIDE_THE_RULES, SERVER, access_rules
from tests.gateway.broker.scene import PATIENCE_S
from tests.mosquitto import Mosquitto, Way

GATEWAY_ID = f"{GATEWAY_EUI:016x}"
TOPIC = f"eu868/gateway/{GATEWAY_ID}"
LARGEST_MESSAGE_BYTES = 1024 * 1024
# gw.proto, enum TxAckStatus.
WORDS = (
    "IGNORED",
    "OK",
    "TOO_LATE",
    "TOO_EARLY",
    "COLLISION_PACKET",
    "COLLISION_BEACON",
    "TX_FREQ",
    "TX_POWER",
    "GPS_UNLOCKED",
    "QUEUE_FULL",
    "INTERNAL_ERROR",
    "DUTY_CYCLE_OVERFLOW",
)
OFFLINE, ONLINE = 0, 1


class ChirpstackPeer(Peer):
    """The gateway's way to the broker can be held up and cut. `connections` counts what goes that way."""

    protocol = "chirpstack_mqtt"
    garbage: ClassVar = {
        "random bytes": Garbage(random.Random(1).randbytes(400)),
        "nothing": Garbage(b""),
        "a truncated request": Garbage(message((3, 1), (5, message((1, b"abc"))))[:-2]),
        "a length beyond the end": Garbage(b"\x2a\xff\xff\xff\xff\x0f"),
        "a number without end": Garbage(b"\x18" + b"\xff" * 50),
        "JSON that is none": Garbage(b'{"downlinkId": '),
        "JSON of the wrong types": Garbage(b'{"downlinkId":[],"items":"all","gatewayId":7}'),
        "brackets without end": Garbage(b'{"items":' + b"[" * 60_000),
        "a request without items": Garbage(message((3, 1), (7, GATEWAY_ID))),
        "a request for another gateway": Garbage(message((3, 1), (5, b""), (7, "0102030405060708"))),
        "an item that is empty": Garbage(message((3, 999), (5, b""), (7, GATEWAY_ID))),
        "a configuration that is none": Garbage(b"\xff\xff", "config"),
        "a program that there is not": Garbage(message((6, GATEWAY_ID), (2, "reboot")), "exec"),
        "a topic that there is not": Garbage(b"\x01\x02", "dance"),
        "more than any command": Garbage(b"9" * 200_000),
    }
    oversized = Garbage(b"9" * 2 * LARGEST_MESSAGE_BYTES)

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._wallet = Wallet(directory)
        self._gateway_files = self._wallet.client(GATEWAY_ID)
        self._server_files = self._wallet.client(SERVER)
        rules = directory / "acl"
        rules.write_text(f"{access_rules()}\n{BESIDE_THE_RULES}")
        self._shown = directory / "broker.pem", directory / "broker.key"
        self._mosquitto = Mosquitto(
            directory,
            f"certfile {self._shown[0]}",
            f"keyfile {self._shown[1]}",
            f"cafile {self._wallet.authority.file}",
            "require_certificate true",
            "use_identity_as_username true",
            f"acl_file {rules}",
            "max_queued_messages 100000",
            "max_inflight_messages 1000",
        )
        self._way = Way(self._mosquitto.port)
        self._client: Client | None = None
        self._context = b""
        self.states: list[int] = []

    async def prepare(self, open_as_long: contextlib.AsyncExitStack) -> None:
        open_as_long.push_async_callback(self._see_off)
        await open_as_long.enter_async_context(self._way.served())

    def backend(self, *, patience_s: float, confirms: bool) -> Backend:
        certificate, key = self._gateway_files
        tls = Tls(self._wallet.authority.file, certificate, key)
        settings = BrokerSettings(
            "127.0.0.1", self._way.port, client_id=GATEWAY_ID, tls=tls, keepalive_s=max(1, round(patience_s))
        )
        broker = Broker(
            settings,
            outbox=Outbox(MAX_WAITING_UPLINKS),
            pause=lambda _failures: 0.05,
            largest_message_bytes=LARGEST_MESSAGE_BYTES,
        )
        return ChirpstackMqttBackend(ChirpstackMqttConfig(name="chirpstack_mqtt"), GATEWAY_EUI, broker, "1.2.3")

    @property
    def is_reached(self) -> bool:
        """It says that it is there once it has asked for commands."""
        return self.states[-1:] == [ONLINE]

    async def start(self) -> None:
        for shown, issued in zip(self._shown, self._wallet.server(self.certificate), strict=True):
            shown.write_bytes(issued.read_bytes())
        # The gateway comes in after the server: a broker keeps nothing for who is not there.
        self.stall()
        await asyncio.to_thread(self._mosquitto.start)
        await self._join()
        self.resume()

    async def stop(self) -> None:
        self.states.append(OFFLINE)
        if self._client is not None:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)
            self._client = None
        await asyncio.to_thread(self._mosquitto.stop)

    async def cut(self) -> None:
        self.states.append(OFFLINE)
        self._way.cut()

    def stall(self) -> None:
        self._way.open.clear()

    def resume(self) -> None:
        self._way.open.set()

    async def ask(self, number: int, payload: bytes) -> None:
        self._request(number, (payload, RX2_HZ, message((1, b""))))

    async def ask_after_uplink(self, number: int, payload: bytes) -> None:
        self._request(number, (payload, RX1_HZ, _after_s(RX_DELAY_S)), (payload, RX2_HZ, _after_s(RX_DELAY_S + 1)))

    async def throw(self, garbage: Garbage) -> None:
        assert isinstance(garbage.data, bytes)
        self._publish(garbage.topic, garbage.data)

    async def _join(self) -> None:
        """Connect to the broker, and wait until it has granted what is asked for."""
        loop = asyncio.get_running_loop()
        ready = threading.Event()
        self._client = client = Client(CallbackAPIVersion.VERSION2, client_id=SERVER)
        # Whatever certificate the broker shows: it is the gateway that must mind.
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        tls.load_cert_chain(*self._server_files)
        client.tls_set_context(tls)

        def connected(*_: Any) -> None:
            client.subscribe([("eu868/gateway/+/event/+", 1), ("eu868/gateway/+/state/conn", 1)])

        def received(_client: Client, _data: object, heard: MQTTMessage) -> None:
            loop.call_soon_threadsafe(self._take, heard.topic, bytes(heard.payload))

        client.on_connect, client.on_message = connected, received
        client.on_subscribe = lambda *_: ready.set()
        await asyncio.to_thread(client.connect, "127.0.0.1", self._mosquitto.port)
        client.loop_start()
        assert await asyncio.to_thread(ready.wait, PATIENCE_S)

    async def _see_off(self) -> None:
        """A gateway that came in the very moment in which the way was closed has to be sent away as well."""
        for _ in range(5):
            await asyncio.sleep(0)
            self._way.cut()
        await asyncio.sleep(0.01)

    def _request(self, downlink_id: int, *items: tuple[bytes, int, bytes]) -> None:
        lora = message((1, 125_000), (2, 12), (5, 1), (4, 1))
        frames = [
            message(
                (1, payload),
                (3, message((1, freq_hz), (2, 14), (3, message((3, lora))), (6, timing), (7, self._context))),
            )
            for payload, freq_hz, timing in items
        ]
        self._publish("down", message((3, downlink_id), *((5, frame) for frame in frames), (7, GATEWAY_ID)))

    def _publish(self, command: str, payload: bytes) -> None:
        assert self._client is not None
        self._client.publish(f"{TOPIC}/command/{command}", payload, qos=1)

    def _take(self, topic: str, payload: bytes) -> None:
        assert topic.startswith(TOPIC)
        kind, event = topic.rpartition("/")[2], fields(payload)
        if kind == "up":
            self.uplinks.append(self._seen(event))
        elif kind == "ack":
            assert content(event, 6) == GATEWAY_ID.encode()
            words = tuple(WORDS[number(fields(item), 1)] for item in contents(event, 5))
            self.answers.append(Answer(number(event, 2), words))
        elif kind == "stats":
            self.reports.append(Report(number(event, 5), number(event, 6)))
        elif kind == "conn":
            self.states.append(number(event, 2))
            self.connections = self.states.count(ONLINE)
        else:
            assert kind == "exec"

    def _seen(self, event: Fields) -> SeenUplink:
        rx_info = fields(content(event, 5))
        assert content(rx_info, 1) == GATEWAY_ID.encode()
        self._context = content(rx_info, 13)
        time = fields(content(rx_info, 3))
        heard_s = number(time, 1) + number(time, 2) / 1e9 if 3 in rx_info else None
        metadata = {content(entry, 1): content(entry, 2) for entry in map(fields, contents(rx_info, 15))}
        is_late = metadata.get(b"late") == b"true"
        return SeenUplink(content(event, 1), number(rx_info, 6), single(rx_info, 7), heard_s, is_late)


def _after_s(delay_s: int) -> bytes:
    """Timing: that long after the uplink of the context."""
    return message((2, message((1, message((1, delay_s))))))
