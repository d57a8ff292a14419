"""A network server that speaks Basics Station's LNS protocol, over TLS: a real WebSocket server, and JSON."""

import asyncio
import contextlib
import json
import random
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from forwarder.backend import Backend
from forwarder.basics_station.backend import BasicsStationBackend
from forwarder.basics_station.config import BasicsStationConfig
from tests.conformance.backends.certificate import Wallet
from tests.conformance.backends.peer import (
    GATEWAY_EUI,
    RX1_HZ,
    RX2_HZ,
    RX_DELAY_S,
    Answer,
    Garbage,
    Peer,
    SeenUplink,
)
from tests.forwarder.basics_station.lns import ROUTER_CONFIG, Lns
from tests.mosquitto import free_port

DEV_EUI = "01-01-01-01-01-01-01-01"


class StationPeer(Peer):
    """`connections` counts those for data; that of the discovery is asked for once and then known."""

    protocol = "basics_station"
    garbage: ClassVar = {
        "random bytes": Garbage(random.Random(1).randbytes(400)),
        "random text": Garbage(random.Random(2).randbytes(400).decode("latin-1")),
        "nothing": Garbage(""),
        "text that is no UTF-8": Garbage(b"\xff\xfe{"),
        "a truncated request": Garbage('{"msgtype":"dnmsg","DevEui":"01-'),
        "a message that is a list": Garbage('["dnmsg"]'),
        "a message without a type": Garbage('{"dC":2}'),
        "a type that is none": Garbage('{"msgtype":{"dnmsg":1}}'),
        "a type that there is not": Garbage('{"msgtype":"dnmessage"}'),
        "a request with the wrong types": Garbage('{"msgtype":"dnmsg","DevEui":[],"dC":"C","diid":{},"pdu":7}'),
        "a request in a window that is none": Garbage(
            f'{{"msgtype":"dnmsg","DevEui":"{DEV_EUI}","dC":2,"diid":1,"pdu":"","RX2DR":99,"RX2Freq":1}}'
        ),
        "numbers without end": Garbage('{"msgtype":"dnmsg","dC":2,"diid":1e999,"xtime":' + "9" * 5000 + "}"),
        "a time that is none": Garbage('{"msgtype":"timesync","xtime":-1,"gpstime":1e999}'),
        "no number": Garbage('{"msgtype":"getxtime","MuxTime":NaN}'),
        "a configuration that is none": Garbage('{"msgtype":"router_config","DRs":"all","sx1301_conf":7}'),
        "brackets without end": Garbage("[" * 60_000),
        "a lot of text": Garbage("9" * 200_000),
    }
    oversized = Garbage("9" * 300_000)
    chatter = Garbage('{"msgtype":"getxtime"}')

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._wallet = Wallet(directory)
        self._port = free_port()
        self._lns = Lns(self._talk, scheme="wss")
        self._serving = contextlib.AsyncExitStack()
        self._flowing = asyncio.Event()
        self._is_configured = False
        self._last: Mapping[str, Any] = {}

    def backend(self, *, patience_s: float, confirms: bool) -> Backend:
        config = BasicsStationConfig(
            name="basics_station",
            uri=f"wss://127.0.0.1:{self._port}",
            ca_file=str(self._wallet.authority.file),
            keepalive_s=patience_s,
            silent_after_keepalives=1,
            confirm_after_s=0.05 if confirms else 10 * patience_s,
        )
        return BasicsStationBackend(config, GATEWAY_EUI)

    @property
    def is_reached(self) -> bool:
        return self._is_configured

    async def start(self) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*self._wallet.server(self.certificate))
        self._flowing.set()
        await self._serving.enter_async_context(self._lns.serving(tls, port=self._port))

    async def stop(self) -> None:
        await self.cut()
        await self._serving.aclose()

    async def cut(self) -> None:
        self._is_configured = False
        if self._lns.connection is not None:
            self._lns.connection.transport.abort()

    def stall(self) -> None:
        self._flowing.clear()
        self._connection.transport.pause_reading()
        self._kernel_takes(4096)

    def resume(self) -> None:
        self._flowing.set()
        if not self._connection.transport.is_closing():
            self._kernel_takes(1 << 20)
            self._connection.transport.resume_reading()

    async def ask(self, number: int, payload: bytes) -> None:
        await self._request(number, payload, dC=2)

    async def ask_after_uplink(self, number: int, payload: bytes) -> None:
        upinfo = self._last["upinfo"]
        moment = {"xtime": upinfo["xtime"], "rctx": upinfo["rctx"], "RxDelay": RX_DELAY_S}
        await self._request(number, payload, dC=0, RX1DR=5, RX1Freq=RX1_HZ, **moment)

    async def throw(self, garbage: Garbage) -> None:
        is_text = isinstance(garbage.data, str) or garbage == self.garbage["text that is no UTF-8"]
        # One that is held back may be left meanwhile.
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(garbage.data, text=is_text)

    @property
    def _connection(self) -> ServerConnection:
        assert self._lns.connection is not None
        return self._lns.connection

    def _kernel_takes(self, most_bytes: int) -> None:
        """What it may hold in this server's place, before the gateway notices that nothing is read."""
        sock = self._connection.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, most_bytes)

    async def _request(self, number: int, payload: bytes, **more: Any) -> None:
        request = {"msgtype": "dnmsg", "DevEui": DEV_EUI, "diid": number, "pdu": payload.hex(), "priority": 0}
        await self._connection.send(json.dumps(request | {"RX2DR": 0, "RX2Freq": RX2_HZ} | more))

    async def _talk(self, _lns: Lns, connection: ServerConnection) -> None:
        self.connections += 1
        await self._flowing.wait()
        version = json.loads(await connection.recv())
        assert (version["msgtype"], version["protocol"]) == ("version", 2)
        await connection.send(json.dumps(ROUTER_CONFIG))
        self._is_configured = True
        try:
            async for message in connection:
                self._take(json.loads(message))
        finally:
            self._is_configured = self._connection is not connection and self._is_configured

    def _take(self, message: dict[str, Any]) -> None:
        if message["msgtype"] == "dntxed":
            self.answers.append(Answer(message["diid"], ("OK",)))
        elif message["msgtype"] == "updf":
            self._last = message
            upinfo = message["upinfo"]
            heard_s = upinfo["rxtime"] or None
            self.uplinks.append(SeenUplink(_frame(message), upinfo["rssi"], upinfo["snr"], heard_s, late=False))


def _frame(updf: dict[str, Any]) -> bytes:
    """The frame's own bytes, put together from its parts."""
    head = updf["MHdr"].to_bytes(1) + updf["DevAddr"].to_bytes(4, "little", signed=True) + updf["FCtrl"].to_bytes(1)
    options = updf["FCnt"].to_bytes(2, "little") + bytes.fromhex(updf["FOpts"])
    content = b"" if updf["FPort"] < 0 else updf["FPort"].to_bytes(1) + bytes.fromhex(updf["FRMPayload"])
    return bytes(head + options + content + updf["MIC"].to_bytes(4, "little", signed=True))
