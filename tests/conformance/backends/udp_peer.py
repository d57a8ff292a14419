"""A network server that speaks Semtech's UDP protocol, version 2, on a plain socket."""

import asyncio
import base64
import datetime
import json
import random
import socket
import struct
from pathlib import Path
from typing import Any, ClassVar

from forwarder.backend import Backend
from forwarder.semtech_udp.backend import SemtechUdpBackend
from forwarder.semtech_udp.config import SemtechUdpConfig
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
from tests.mosquitto import free_port

PUSH_DATA, PUSH_ACK, PULL_DATA, PULL_RESP, PULL_ACK, TX_ACK = range(6)
KEEPALIVE_S = 0.05
_HEADER = struct.Struct(">BHB")
_EUI = struct.Struct(">Q")


def _pull_resp(body: bytes) -> Garbage:
    return Garbage(_HEADER.pack(2, 0xBAD0, PULL_RESP) + body)


class SemtechUdpPeer(Peer):
    """`connections` counts the addresses from which the gateway asks for downlinks."""

    protocol = "semtech_udp"
    garbage: ClassVar = {
        "random bytes": Garbage(random.Random(1).randbytes(400)),
        "nothing": Garbage(b""),
        "half a header": Garbage(b"\x02\x00"),
        "another version": Garbage(_HEADER.pack(1, 1, PULL_ACK)),
        "a kind that there is not": Garbage(_HEADER.pack(2, 1, 77)),
        "a kind that gateways send": Garbage(_HEADER.pack(2, 1, PUSH_DATA) + _EUI.pack(GATEWAY_EUI) + b"{}"),
        "an acknowledgement of nothing": Garbage(_HEADER.pack(2, 1, PUSH_ACK)),
        "a request that is empty": _pull_resp(b""),
        "a truncated request": _pull_resp(b'{"txpk":{"imme":true,"freq":869.5'),
        "a request that is no JSON": _pull_resp(bytes(range(256))),
        "a request that is a list": _pull_resp(b"[1,2]"),
        "a request with the wrong types": _pull_resp(b'{"txpk":{"imme":"yes","freq":[],"data":7,"size":{}}}'),
        "numbers without end": _pull_resp(b'{"txpk":{"imme":true,"freq":1e999,"tmst":' + b"9" * 5000 + b"}}"),
        "brackets without end": _pull_resp(b"[" * 60_000),
        "as much as a datagram holds": _pull_resp(b"9" * 65_000),
    }

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._port = free_port()
        self._sock: socket.socket | None = None
        self._way_back: Any = None
        self._tmst = 0
        self._addresses: set[Any] = set()

    def backend(self, *, patience_s: float, confirms: bool) -> Backend:
        config = SemtechUdpConfig(
            name="semtech_udp",
            host="127.0.0.1",
            port_up=self._port,
            port_down=self._port,
            keepalive_s=KEEPALIVE_S,
            push_timeout_ms=round(1000 * patience_s),
            silent_after_keepalives=round(patience_s / KEEPALIVE_S),
        )
        return SemtechUdpBackend(config, GATEWAY_EUI, retry_delays_s=(KEEPALIVE_S,))

    @property
    def is_reached(self) -> bool:
        return self._way_back is not None

    async def start(self) -> None:
        self._sock = sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(("127.0.0.1", self._port))
        sock.setblocking(False)
        self.resume()

    async def stop(self) -> None:
        if self._sock is not None:
            self.stall()
            self._sock.close()
            self._sock = self._way_back = None

    async def cut(self) -> None:
        await self.stop()
        await self.start()

    def stall(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listening)

    def resume(self) -> None:
        asyncio.get_running_loop().add_reader(self._listening, self._readable)

    async def ask(self, number: int, payload: bytes) -> None:
        self._request(number, payload, imme=True, freq=RX2_HZ / 1e6)

    async def ask_after_uplink(self, number: int, payload: bytes) -> None:
        due_us = (self._tmst + RX_DELAY_S * 1_000_000) & 0xFFFF_FFFF
        self._request(number, payload, tmst=due_us, freq=RX1_HZ / 1e6)

    async def throw(self, garbage: Garbage) -> None:
        assert isinstance(garbage.data, bytes)
        self._send(garbage.data)

    @property
    def _listening(self) -> socket.socket:
        assert self._sock is not None
        return self._sock

    def _request(self, number: int, payload: bytes, **when: Any) -> None:
        txpk = {"rfch": 0, "powe": 14, "modu": "LORA", "datr": "SF12BW125", "codr": "4/5", "ipol": True, "ncrc": True}
        txpk |= {"size": len(payload), "data": base64.b64encode(payload).decode(), **when}
        self._send(_HEADER.pack(2, number, PULL_RESP) + json.dumps({"txpk": txpk}).encode())

    def _send(self, data: bytes) -> None:
        assert self._way_back is not None, "the gateway never asked for downlinks"
        self._listening.sendto(data, self._way_back)

    def _readable(self) -> None:
        sock = self._listening
        for _ in range(1000):
            try:
                data, address = sock.recvfrom(65_535)
            except BlockingIOError:
                return
            self._take(data, address)

    def _take(self, data: bytes, address: Any) -> None:
        version, token, kind = _HEADER.unpack_from(data)
        assert version == 2
        assert _EUI.unpack_from(data, _HEADER.size) == (GATEWAY_EUI,)
        body = data[_HEADER.size + _EUI.size :]
        if kind == PULL_DATA:
            self._way_back = address
            self._addresses.add(address)
            self.connections = len(self._addresses)
            self._listening.sendto(_HEADER.pack(2, token, PULL_ACK), address)
        elif kind == PUSH_DATA:
            self._pushed(json.loads(body))
            self._listening.sendto(_HEADER.pack(2, token, PUSH_ACK), address)
        else:
            assert kind == TX_ACK
            self._answered(token, json.loads(body)["txpk_ack"] if body else {})

    def _pushed(self, body: dict[str, Any]) -> None:
        for rxpk in body.get("rxpk", ()):
            self._tmst = rxpk["tmst"]
            payload = base64.b64decode(rxpk["data"])
            assert len(payload) == rxpk["size"]
            heard = datetime.datetime.fromisoformat(rxpk["time"]).timestamp() if "time" in rxpk else None
            self.uplinks.append(SeenUplink(payload, rxpk["rssi"], rxpk["lsnr"], heard, late=False))
        if stat := body.get("stat"):
            self.reports.append(Report(stat["rxnb"], stat["rxok"]))

    def _answered(self, token: int, ack: dict[str, Any]) -> None:
        power_dbm = ack["value"] if ack.get("warn") == "TX_POWER" else None
        self.answers.append(Answer(token, (ack.get("error", "OK"),), power_dbm))
