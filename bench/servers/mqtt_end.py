"""ChirpStack's end of its MQTT topics: a real Mosquitto, and somebody who listens to it as ChirpStack does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.payloads import number_of
from bench.servers.mosquitto import running_mosquitto
from bench.servers.received import Received
from forwarder.chirpstack_mqtt.config import DEFAULT_PREFIX
from forwarder.chirpstack_mqtt.messages import UplinkFrame
from forwarder.chirpstack_mqtt.protobuf import decode

_HOST = "127.0.0.1"
# As in ChirpStack's own configuration.
_QOS = 0
_UPLINK, _STATE = "/event/up", "/state/conn"


def numbers_in_frame(message: bytes) -> Iterator[int | None]:
    """That of an uplink's message."""
    yield number_of(decode(message, UplinkFrame).phy_payload)


@asynccontextmanager
async def mqtt_end(received: Received) -> AsyncIterator[int]:
    """Run a broker on the port that this gives, and listen to what gateways publish, in a thread."""

    def take(_client: Client, _data: object, message: MQTTMessage) -> None:
        if message.topic.endswith(_UPLINK):
            received.take(bytes(message.payload))
        elif message.topic.endswith(_STATE):
            received.gateway_came()

    with running_mosquitto() as port:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client.on_message = take
        client.connect(_HOST, port)
        client.subscribe(f"{DEFAULT_PREFIX}/gateway/#", _QOS)
        client.loop_start()
        try:
            yield port
        finally:
            client.disconnect()
            client.loop_stop()
