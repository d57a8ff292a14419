"""The three kinds of network server that an outage is tried with: they go away, come back, and note what they get."""

import asyncio
import contextlib
import datetime
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.protobuf import decode
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import Rxpk, decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd
from gateway.broker.client import Broker
from gateway.broker.settings import Message
from tests.flows.link_scene import Gate, until
from tests.flows.outage_told import Ident, ident_of
from tests.forwarder.basics_station.lns import Lns
from tests.forwarder.chirpstack_mqtt.city import READY, SERVER, City
from tests.forwarder.chirpstack_mqtt.frames import GATEWAY_ID

PROTOCOLS = ("semtech_udp", "chirpstack_mqtt", "basics_station")


class Arrival(msgspec.Struct, frozen=True):
    """An uplink as the server got it. `heard_unix_s` is when it was received by what the server was told; None where it
    was told nothing. `late` is None where the protocol has no mark for it.
    """

    ident: Ident
    heard_unix_s: float | None = None
    late: bool | None = None


class ServerEnd(Protocol):
    """A network server. It is up from the beginning."""

    arrivals: list[Arrival]

    def section(self) -> str:
        """What gateway.toml says of it."""

    async def go_away(self) -> None:
        """Nobody answers any more; all that it had confirmed has arrived."""

    async def come_back(self) -> None:
        """It answers again, where it was."""


class UdpEnd:
    """A server that speaks Semtech UDP. Its port is bound while it is away: what is sent there vanishes."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._end = NetworkServerEnd(on_datagram=self._take)
        self._port: socket.socket | None = None

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["UdpEnd"]:
        """It listens, until told otherwise or this ends."""
        await self._end.start()
        try:
            yield self
        finally:
            self._end.close()
            self._let_go()

    def section(self) -> str:
        """See `ServerEnd`. The time-out is half a second, whatever the hurry: both ends share a machine."""
        port = self._end.port
        return f"""
            host = "127.0.0.1"
            port_up = {port}
            port_down = {port}
            keepalive_s = 1.0
            push_timeout_ms = 500
            """

    async def go_away(self) -> None:
        """See `ServerEnd`."""
        self._end.close()
        await asyncio.sleep(0)
        self._port = _held(socket.SOCK_DGRAM, self._end.port)

    async def come_back(self) -> None:
        """See `ServerEnd`."""
        self._let_go()
        await self._end.start()

    def _let_go(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def _take(self, datagram: GatewayDatagram) -> None:
        if datagram.kind is GatewayKind.PUSH_DATA:
            self.arrivals += [_of_rxpk(rxpk) for rxpk in decode_push_body(datagram.body).rxpk]


def _of_rxpk(rxpk: Rxpk) -> Arrival:
    heard = None if rxpk.time is None else datetime.datetime.fromisoformat(rxpk.time).timestamp()
    return Arrival(ident_of(rxpk.data), heard)


class ChirpStackEnd:
    """A ChirpStack end behind a Mosquitto with TLS. Both go away; the gateway gets through once the end listens."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.arrivals: list[Arrival] = []
        self._city = City(directory)
        self._client = Broker(self._city.settings(SERVER), pause=lambda _failures: 0.05)
        self._client.subscribe("eu868/gateway/+/event/up", self._take)
        self._client.subscribe(READY, self._ready)
        self._gate = Gate(self._city.mosquitto.port)
        self._came_back = 0
        self._port: socket.socket | None = None

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["ChirpStackEnd"]:
        """It listens, until told otherwise or this ends."""
        with self._city.at_work():
            client = asyncio.create_task(self._client.run())
            try:
                async with self._gate.served():
                    await self._listens()
                    yield self
            finally:
                client.cancel()
                await asyncio.wait({client})
                self._let_go()

    def section(self) -> str:
        """See `ServerEnd`."""
        settings = self._city.settings(GATEWAY_ID, self._gate.port)
        assert settings.tls is not None
        return f"""
            host = "127.0.0.1"
            port = {settings.port}
            ca_file = "{settings.tls.ca_file}"
            certificate_file = "{settings.tls.certificate_file}"
            key_file = "{settings.tls.key_file}"
            keepalive_s = 5
            """

    async def go_away(self) -> None:
        """See `ServerEnd`. What the broker had acknowledged, it has handed on before."""
        self._gate.shut()
        await self._gate.emptied()
        await self._listens()
        await asyncio.to_thread(self._city.mosquitto.stop)
        self._port = _held(socket.SOCK_STREAM, self._city.mosquitto.port)

    async def come_back(self) -> None:
        """See `ServerEnd`."""
        self._let_go()
        await asyncio.to_thread(self._city.mosquitto.start)
        await self._listens()
        self._gate.open()

    async def _listens(self) -> None:
        """A broker answers in order: with this answer it has sent all before."""
        await until(lambda: self._client.state.connected)
        before = self._came_back
        self._client.publish(READY, b"")
        await until(lambda: self._came_back > before)

    def _let_go(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def _ready(self, _message: Message) -> None:
        self._came_back += 1

    def _take(self, message: Message) -> None:
        frame = decode(message.payload, gw.UplinkFrame)
        assert frame.rx_info is not None
        time = frame.rx_info.gw_time
        heard = None if time is None else time.seconds + time.nanos / 1e9
        self.arrivals.append(Arrival(ident_of(frame.phy_payload), heard, "late" in frame.rx_info.metadata))


class LnsEnd:
    """A server that speaks Basics Station's LNS protocol, over real WebSockets."""

    def __init__(self) -> None:
        self._lns = Lns()
        self._take = self._lns.take
        setattr(self._lns, "take", self._taken)  # noqa: B010 - mypy minds an assignment
        self._up = contextlib.AsyncExitStack()
        self._socket: socket.socket | None = None
        self._port = 0
        self.arrivals: list[Arrival] = []

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["LnsEnd"]:
        """It listens, until told otherwise or this ends."""
        await self.come_back()
        self._port = self._lns.port
        try:
            yield self
        finally:
            await self._up.aclose()
            self._let_go()

    def section(self) -> str:
        """See `ServerEnd`."""
        return f"""
            uri = "ws://127.0.0.1:{self._port}"
            keepalive_s = 1.0
            confirm_after_s = 0.1
            """

    async def go_away(self) -> None:
        """See `ServerEnd`."""
        await self._up.aclose()
        self._socket = _held(socket.SOCK_STREAM, self._port)

    async def come_back(self) -> None:
        """See `ServerEnd`."""
        self._let_go()
        self._up = contextlib.AsyncExitStack()
        await self._up.enter_async_context(self._lns.serving(port=self._port))

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _taken(self, message: dict[str, Any]) -> None:
        self._take(message)
        heard = message.get("upinfo", {}).get("rxtime") or None
        if message.get("msgtype") == "updf":
            self.arrivals.append(Arrival(Ident(message["DevAddr"] & 0xFFFF_FFFF, message["FCnt"]), heard))
        elif message.get("msgtype") == "jreq":
            dev_eui = int(message["DevEui"].replace("-", ""), 16)
            self.arrivals.append(Arrival(Ident(dev_eui, message["DevNonce"]), heard))


def _held(kind: socket.SocketKind, port: int) -> socket.socket:
    """A port that nobody else gets meanwhile, and that nobody listens on."""
    holder = socket.socket(socket.AF_INET, kind)
    if kind == socket.SOCK_STREAM:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", port))
    return holder


@contextlib.asynccontextmanager
async def server_at_work(protocol: str, directory: Path) -> AsyncIterator[ServerEnd]:
    """A server of a kind, which listens."""
    makers: dict[str, Callable[[], Any]] = {
        "semtech_udp": UdpEnd,
        "chirpstack_mqtt": lambda: ChirpStackEnd(directory),
        "basics_station": LnsEnd,
    }
    async with makers[protocol]().at_work() as end:
        yield end
