"""Network servers of every protocol as one kind of thing: what each heard, what it asks for, what it is answered.

Real ends all of them: a UDP socket, a WebSocket server, a Mosquitto with TLS and access rules.
"""

import contextlib
from base64 import b64encode
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from forwarder.chirpstack_mqtt import messages as gw
from forwarder.phypayload import DataFrame, JoinRequest, parse_phypayload
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd, TxAck
from tests.forwarder.basics_station.lns import Lns
from tests.forwarder.chirpstack_mqtt.city import City, Server
from tests.forwarder.chirpstack_mqtt.frames import EUI, GATEWAY_ID
from tests.forwarder.semtech_udp.requests import txpk
from tests.gateway.broker.scene import until
from tests.mosquitto import Way

RX2_HZ = 869_525_000
OK = "OK"
_COUNTER_MASK = (1 << 32) - 1
_MTYPE_SHIFT = 5
_UNCONFIRMED_UP = 2


class Heard(msgspec.Struct, frozen=True, order=True):
    """A frame as every protocol tells of it: "data" with DevAddr and FCnt, "join" with DevEUI and DevNonce."""

    kind: str
    device: int
    number: int


class Request(msgspec.Struct, frozen=True):
    """A downlink that is asked for, at a moment of the concentrator counter, or at once.

    `number` is its own, also among those of other servers.
    """

    number: int
    payload: bytes
    at_us: int | None = None
    freq_hz: int = RX2_HZ


class ServerEnd(Protocol):
    """A network server of some protocol."""

    name: str
    tells_refusals: bool
    """Or else they are answered by silence."""
    answers_at_once: bool
    """When a request is accepted, and not when it was emitted."""
    judges_moments: bool
    """Whether this backend itself finds that a moment is over, before the gateway is asked."""

    @property
    def heard(self) -> Sequence[Heard]:
        """All frames, in the order in which they came; of some protocols data first."""

    @property
    def answers(self) -> Mapping[int, Sequence[str]]:
        """All answers to each request: one, if all is right."""

    def section(self) -> str:
        """Its table in gateway.toml."""

    def serving(self) -> contextlib.AbstractAsyncContextManager[None]:
        """It is there as long as this lasts, but for the time between `leave` and `come_back`."""

    async def leave(self) -> None:
        """Be gone, without a word."""

    async def come_back(self) -> None:
        """Be there again, at the same address."""

    async def ask(self, request: Request) -> None:
        """Ask for a downlink; with a moment only after the last uplink that it heard."""


class UdpEnd:
    """Semtech UDP: each request has its TX_ACK at once."""

    tells_refusals, answers_at_once, judges_moments = True, True, False

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[Heard] = []
        self.answers: dict[int, list[str]] = defaultdict(list)
        self._port = 0
        self._server: NetworkServerEnd | None = None

    def section(self) -> str:
        return f"""
        [[server]]
        name = "{self.name}"
        host = "127.0.0.1"
        port_up = {self._port}
        port_down = {self._port}
        keepalive_s = 1
        silent_after_keepalives = 2
        """

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        await self.come_back()
        yield
        await self.leave()

    async def leave(self) -> None:
        assert self._server is not None
        self._server.close()

    async def come_back(self) -> None:
        self._server = NetworkServerEnd(port=self._port, on_datagram=self._take, on_tx_ack=self._answered)
        await self._server.start()
        self._port = self._server.port

    async def ask(self, request: Request) -> None:
        assert self._server is not None
        moment: dict[str, Any] = {"imme": True} if request.at_us is None else {"tmst": request.at_us}
        packet = {"datr": "SF7BW125", "powe": 14, "freq": request.freq_hz / 1e6, **_base64(request.payload), **moment}
        self._server.request_downlink(EUI, request.number, txpk(**packet))

    def _take(self, datagram: GatewayDatagram) -> None:
        if datagram.kind is GatewayKind.PUSH_DATA:
            self.heard += [heard_in(packet.data) for packet in decode_push_body(datagram.body).rxpk]

    def _answered(self, ack: TxAck) -> None:
        self.answers[ack.token].append(ack.error or OK)


class StationEnd:
    """Basics Station: a dntxed for what was emitted, silence for all else."""

    tells_refusals, answers_at_once, judges_moments = False, False, True

    def __init__(self, name: str) -> None:
        self.name = name
        self._lns = Lns()
        self._open = contextlib.AsyncExitStack()
        self._port = 0

    @property
    def heard(self) -> list[Heard]:
        data = [Heard("data", each["DevAddr"] & 0xFFFF_FFFF, each["FCnt"]) for each in self._lns.of("updf")]
        joins = [Heard("join", _eui(each["DevEui"]), each["DevNonce"]) for each in self._lns.of("jreq")]
        return data + joins

    @property
    def answers(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for told in self._lns.of("dntxed"):
            found[told["diid"]].append(OK)
        return found

    def section(self) -> str:
        return f"""
        [[server]]
        type = "basics_station"
        name = "{self.name}"
        uri = "ws://127.0.0.1:{self._port}"
        keepalive_s = 1
        confirm_after_s = 0.1
        """

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        await self.come_back()
        yield
        await self.leave()

    async def leave(self) -> None:
        await self._open.aclose()

    async def come_back(self) -> None:
        await self._open.enter_async_context(self._lns.serving(port=self._port))
        self._port = self._lns.port

    async def ask(self, request: Request) -> None:
        window: dict[str, Any] = {"dC": 2, "RX2DR": 5, "RX2Freq": request.freq_hz}
        if request.at_us is not None:
            window = {"dC": 0, "DR": 5, "Freq": request.freq_hz, "xtime": self._xtime_at(request.at_us)}
        pdu = request.payload.hex()
        await self._lns.send(
            msgtype="dnmsg", DevEui="01-02-03-04-05-06-07-08", diid=request.number, pdu=pdu, rctx=0, **window
        )

    def _xtime_at(self, counter_us: int) -> int:
        xtime: int = self._lns.of("updf")[-1]["upinfo"]["xtime"]
        return xtime + _ahead_us(counter_us, xtime & _COUNTER_MASK)


class ChirpstackEnd:
    """ChirpStack 4 over MQTT: an acknowledgement when a downlink's fate is known."""

    tells_refusals, answers_at_once, judges_moments = True, False, False

    def __init__(self, name: str, city: City) -> None:
        self.name = name
        self._city = city
        self._server = Server(city)
        self._way = Way(city.mosquitto.port)

    @property
    def heard(self) -> list[Heard]:
        return [heard_in(frame.phy_payload) for frame in self._server.all_of("up", gw.UplinkFrame)]

    @property
    def answers(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for number, statuses in self._server.acks:
            found[number] += statuses
        return found

    def section(self) -> str:
        settings = self._city.settings(GATEWAY_ID)
        assert settings.tls is not None
        return f"""
        [[server]]
        name = "{self.name}"
        type = "chirpstack_mqtt"
        host = "127.0.0.1"
        port = {self._way.port}
        ca_file = "{settings.tls.ca_file}"
        certificate_file = "{settings.tls.certificate_file}"
        key_file = "{settings.tls.key_file}"
        """

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        async with self._way.served(), self._server.at_work():
            yield
            # What the gateway says last: nothing comes after it.
            await until(lambda: self._server.states[-1:] == [gw.State.OFFLINE])

    async def leave(self) -> None:
        # The broker is gone for the gateway alone: what it has acknowledged, the server has.
        self._way.open.clear()
        self._way.cut()

    async def come_back(self) -> None:
        self._way.open.set()

    async def ask(self, request: Request) -> None:
        context, timing = b"", gw.Timing(immediately=gw.ImmediatelyTimingInfo())
        if request.at_us is not None:
            context = self._context()
            seconds, microseconds = divmod(_ahead_us(request.at_us, int.from_bytes(context, "big")), 1_000_000)
            timing = gw.Timing(delay=gw.DelayTimingInfo(gw.Duration(seconds, 1000 * microseconds)))
        lora = gw.LoraModulationInfo(125_000, 7, polarization_inversion=True, code_rate=1, no_crc=True)
        info = gw.DownlinkTxInfo(request.freq_hz, 14, gw.Modulation(lora=lora), timing=timing, context=context)
        self._server.ask(gw.DownlinkFrameItem(request.payload, info), downlink_id=request.number)

    def _context(self) -> bytes:
        frame = self._server.all_of("up", gw.UplinkFrame)[-1]
        assert frame.rx_info is not None
        return frame.rx_info.context


def heard_in(payload: bytes) -> Heard:
    """What a frame says of itself, in this module's words."""
    frame = parse_phypayload(payload)
    if isinstance(frame, JoinRequest):
        return Heard("join", frame.dev_eui, frame.dev_nonce)
    assert isinstance(frame, DataFrame)
    return Heard("data", frame.dev_addr, frame.fcnt)


EndOf = Callable[[str, City], ServerEnd]
ENDS: dict[str, EndOf] = {
    "udp": lambda name, _city: UdpEnd(name),
    "station": lambda name, _city: StationEnd(name),
    "chirpstack": ChirpstackEnd,
}


def _ahead_us(counter_us: int, reference_us: int) -> int:
    """From one moment of a counter of 32 bits to another, which may lie before it."""
    ahead_us = (counter_us - reference_us) & _COUNTER_MASK
    return ahead_us - (1 << 32) if ahead_us >> 31 else ahead_us


def _eui(text: str) -> int:
    return int(text.replace("-", ""), 16)


def _base64(payload: bytes) -> dict[str, Any]:
    return {"data": b64encode(payload).decode(), "size": len(payload)}
