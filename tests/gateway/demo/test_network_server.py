"""The network server joins a device through a gateway's datagrams, answers in time, and follows each downlink."""

import asyncio
import json
import socket
from base64 import b64decode, b64encode
from contextlib import closing
from typing import Any

import pytest

from forwarder.semtech_udp.messages import (
    GatewayDatagram,
    GatewayKind,
    ServerKind,
    decode_server_datagram,
    encode_gateway_datagram,
)
from forwarder.semtech_udp.rxpk import Rxpk
from gateway.demo.network_server import UdpNetworkServer, heard_uplink
from radio.simulator import Transmission
from radio.simulator.device_frames import Identity
from radio.simulator.end_device import Behaviour, EndDevice
from radio.simulator.network_server import NetworkServer
from tests.forwarder.semtech_udp.loopback import until
from tests.radio.simulator.lorawan import emission_in

EUI = 0xAA555A0000000000
IDENTITY = Identity(0x1112131415161718, bytes(range(16)))
RXPK = Rxpk(
    tmst=1_000_000,
    chan=0,
    rfch=0,
    freq=868.1,
    stat=1,
    modu="LORA",
    datr="SF7BW125",
    rssi=-80,
    size=3,
    data=b"\x40\x01\x02",
    lsnr=9.5,
)


class Gateway:
    """A gateway's two ends on one socket."""

    def __init__(self, gateway: socket.socket) -> None:
        self._socket = gateway

    def send(self, kind: GatewayKind, token: int, body: bytes = b"") -> None:
        self._socket.send(encode_gateway_datagram(kind, token, EUI, body))

    async def downlink(self) -> tuple[int, dict[str, Any]]:
        """The next PULL_RESP: its token and what it asks for."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20):
            while True:
                datagram = decode_server_datagram(await loop.sock_recv(self._socket, 1000))
                if datagram.kind is ServerKind.PULL_RESP:
                    return datagram.token, json.loads(datagram.body)["txpk"]


def push_body(sent: Transmission) -> bytes:
    rxpk = {
        "tmst": 1_000_000,
        "chan": 0,
        "rfch": 0,
        "freq": sent.freq_hz / 1e6,
        "stat": 1,
        "modu": "LORA",
        "datr": f"SF{sent.spreading_factor}BW125",
        "codr": "4/5",
        "lsnr": 9.5,
        "rssi": -80,
        "size": len(sent.payload),
        "data": b64encode(sent.payload).decode(),
    }
    return json.dumps({"rxpk": [rxpk]}).encode()


def test_a_device_joins_over_udp_and_is_reached_in_class_c() -> None:
    device = EndDevice(IDENTITY, Behaviour(period_s=None, class_c=True))
    request = device.handle_timer(0.0)
    assert request is not None
    arrived: list[GatewayDatagram] = []

    async def scenario() -> UdpNetworkServer:
        core = NetworkServer()
        core.register(IDENTITY.dev_eui, IDENTITY.app_key)
        async with UdpNetworkServer(core, on_datagram=arrived.append) as server:
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as open_socket:
                open_socket.setblocking(False)
                open_socket.connect(("127.0.0.1", server.port))
                gateway = Gateway(open_socket)
                assert not server.send_now(IDENTITY.dev_eui, b"nobody is there")
                gateway.send(GatewayKind.PULL_DATA, 1)
                gateway.send(GatewayKind.PUSH_DATA, 2, push_body(request))
                token, accept = await gateway.downlink()
                gateway.send(GatewayKind.TX_ACK, token)
                assert accept["tmst"] == 6_000_000
                assert device.hear(emission_in(device.windows[0], b64decode(accept["data"]))) is not None
                assert server.send_now(IDENTITY.dev_eui, b"lights on")
                token, now = await gateway.downlink()
                gateway.send(GatewayKind.TX_ACK, token, b'{"txpk_ack":{"error":"TX_FREQ"}}')
                assert now["imme"]
                late_s = device.windows[0].opens_s + 10
                assert device.hear(emission_in(device.windows[0], b64decode(now["data"]), start_s=late_s)) is not None
                await until(lambda: len(arrived) == 4)
            return server

    totals = asyncio.run(scenario()).account.totals
    assert (totals.asked, totals.accepted, totals.refused) == ({"join accept": 1, "data": 1}, 1, {"TX_FREQ": 1})


@pytest.mark.parametrize("change", [{"stat": -1}, {"stat": 0}, {"datr": 50_000}, {"datr": "SF7"}], ids=str)
def test_damaged_packets_and_fsk_are_left_out(change: dict[str, Any]) -> None:
    fields = {name: getattr(RXPK, name) for name in RXPK.__struct_fields__}
    assert heard_uplink(RXPK) is not None
    assert heard_uplink(Rxpk(**fields | change)) is None


def test_a_packet_keeps_its_time_channel_and_signal() -> None:
    uplink = heard_uplink(RXPK)
    assert uplink is not None
    assert (uplink.tmst, uplink.freq_hz, uplink.rssi_dbm, uplink.snr_db) == (1_000_000, 868_100_000, -80, 9.5)
    assert (uplink.data_rate.spreading_factor, uplink.data_rate.bandwidth_hz) == (7, 125_000)
