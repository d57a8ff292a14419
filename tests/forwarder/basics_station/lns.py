"""A network server's end of Basics Station's protocol, on loopback; and the backend before it."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from forwarder.backend import Deliver, Downlink, TxReceipt
from forwarder.basics_station.backend import BasicsStationBackend
from forwarder.basics_station.config import BasicsStationConfig
from radio.packets import TxStatus

GATEWAY_EUI = 0x0016_C001_FF10_A235
PATIENCE_S = 20
LOOKS = 2000
ROUTER_CONFIG: dict[str, Any] = {
    "msgtype": "router_config",
    "NetID": None,
    "JoinEui": None,
    "region": "EU863",
    "hwspec": "sx1301/1",
    "freq_range": [863_000_000, 870_000_000],
    "max_eirp": 16.0,
    "DRs": [[12, 125, 0], [11, 125, 0], [10, 125, 0], [9, 125, 0], [8, 125, 0], [7, 125, 0], [7, 250, 0], [0, 0, 0]],
    "sx1301_conf": [
        {
            "radio_0": {"enable": True, "freq": 867_500_000},
            "radio_1": {"enable": True, "freq": 868_500_000},
            "chan_FSK": {"enable": True},
            "chan_Lora_std": {"enable": False},
            "chan_multiSF_0": {"enable": True, "radio": 1, "if": -400_000},
            "chan_multiSF_1": {"enable": True, "radio": 1, "if": -200_000},
            "chan_multiSF_2": {"enable": False},
        }
    ],
}
Script = Callable[["Lns", ServerConnection], Awaitable[None]]


async def talk(lns: "Lns", connection: ServerConnection) -> None:
    """As a server does: its configuration after the version, and then listen."""
    lns.take(json.loads(await connection.recv()))
    await connection.send(json.dumps(ROUTER_CONFIG))
    async for message in connection:
        lns.take(json.loads(message))


class Lns:
    """What a server was told. `discovery` and `data` are how it behaves on its two paths."""

    def __init__(
        self,
        data: Script = talk,
        discovery: Script | None = None,
        scheme: str = "ws",
        data_port: int | None = None,
        *,
        refuses: bool = False,
    ) -> None:
        self._data_port = data_port
        self._refuses = refuses
        self._data = data
        self._discovery = discovery or self._answer
        self._scheme = scheme
        self._news = asyncio.Event()
        self._server: Server | None = None
        self.connection: ServerConnection | None = None
        self.messages: list[dict[str, Any]] = []
        self.routers: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.data_connections = 0

    @contextlib.asynccontextmanager
    async def serving(
        self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> AsyncIterator["Lns"]:
        """Listen, on a port that the system chooses unless one is given."""
        async with serve(
            self._serve, host, port, ssl=tls, compression=None, close_timeout=1, process_request=self._judge
        ) as server:
            self._server = server
            yield self

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    def take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self._news.set()

    def of(self, msgtype: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message.get("msgtype") == msgtype]

    async def send(self, **message: Any) -> None:
        assert self.connection is not None
        await self.connection.send(json.dumps(message))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that a message or another event may make true."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.02)

    def _judge(self, connection: ServerConnection, _request: Request) -> Response | None:
        return connection.respond(401, "who are you?") if self._refuses else None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.headers.append(dict(connection.request.headers.raw_items()))
        with contextlib.suppress(ConnectionClosed):
            if connection.request.path == "/router-info":
                await self._discovery(self, connection)
            else:
                self.connection = connection
                self.data_connections += 1
                self._news.set()
                await self._data(self, connection)

    async def _answer(self, _lns: "Lns", connection: ServerConnection) -> None:
        asked = json.loads(await connection.recv())
        self.routers.append(asked)
        host, port = connection.local_address[:2]
        port = self._data_port or port
        host = f"[{host}]" if ":" in host else host
        answer = {"router": asked["router"], "muxs": "muxs", "uri": f"{self._scheme}://{host}:{port}/gateway/x"}
        await connection.send(json.dumps(answer))
        await connection.wait_closed()


def config(lns: Lns, scheme: str = "ws", **changes: Any) -> BasicsStationConfig:
    uri = changes.pop("uri", None) or f"{scheme}://127.0.0.1:{lns.port}"
    return BasicsStationConfig(name="lns", uri=uri, **changes)


def refuse(_downlink: Downlink) -> TxReceipt:
    return TxReceipt(TxStatus.RADIO_DOWN)


@contextlib.asynccontextmanager
async def running(
    wanted: BasicsStationConfig, deliver: Deliver = refuse, **options: Any
) -> AsyncIterator[BasicsStationBackend]:
    """The backend at work; stopped when the test ends."""
    backend = BasicsStationBackend(wanted, GATEWAY_EUI, **options)
    task = asyncio.ensure_future(backend.run(deliver))
    try:
        yield backend
        if task.done():
            task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has no event."""
    for _ in range(LOOKS):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came")
