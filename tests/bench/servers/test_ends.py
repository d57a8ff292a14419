"""Each end finds the packets in what the gateway sends it."""

import json

from bench.payloads import payload
from bench.servers.lns_end import ROUTER_CONFIG, numbers_in_text
from bench.servers.mqtt_end import numbers_in_frame
from bench.servers.udp_end import numbers_in_push
from forwarder.backend import Uplink
from forwarder.basics_station.router_config import read_router_config
from forwarder.basics_station.uplink_text import UplinkTimes, uplink_text
from forwarder.chirpstack_mqtt.protobuf import encode
from forwarder.chirpstack_mqtt.uplink import uplink_frame
from forwarder.semtech_udp.rxpk import encode_rxpk, rxpk_bodies
from radio.packets import RxPacket
from tests.packets import packet

NUMBER = 123_456
OURS, STRANGERS = packet(payload=payload(NUMBER)), packet(payload=bytes.fromhex("4004030201809001010403020144332211"))


def as_text(heard: RxPacket) -> bytes:
    """As the gateway says it to a server of Basics Station's that has sent our configuration."""
    text = uplink_text(heard, UplinkTimes(1, 0, 0), read_router_config(ROUTER_CONFIG))
    assert text is not None
    return text.encode()


def test_in_push_data() -> None:
    [(body, _)] = rxpk_bodies([encode_rxpk(Uplink(heard)) for heard in (OURS, STRANGERS, OURS)], 65_000)
    assert list(numbers_in_push(body)) == [NUMBER, None, NUMBER]


def test_in_the_messages_of_basics_stations_protocol() -> None:
    assert list(numbers_in_text(as_text(OURS))) == [NUMBER]
    assert list(numbers_in_text(as_text(STRANGERS))) == [None]
    assert list(numbers_in_text(json.dumps({"msgtype": "timesync", "txtime": 1}).encode())) == []


def test_the_gateway_keeps_its_own_channels_while_it_is_measured() -> None:
    assert read_router_config(ROUTER_CONFIG).plan is None


def test_in_chirpstacks_messages() -> None:
    messages = [encode(uplink_frame(Uplink(heard), "aa555a00be9c0001", 1)) for heard in (OURS, STRANGERS)]
    assert [list(numbers_in_frame(message)) for message in messages] == [[NUMBER], [None]]
