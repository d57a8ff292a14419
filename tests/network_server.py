"""A network server on loopback: the simulator's network-server core behind Semtech's UDP protocol."""

import re
from collections import Counter
from types import TracebackType
from typing import Self

from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import Rxpk, decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd, TxAck
from radio.simulator.network_server import HeardUplink, NetworkServer
from radio.simulator.region import DataRate

ACCEPTED = "accepted"
_CRC_OK = 1
_DATA_RATE = re.compile(r"SF(\d{1,2})BW(\d{3})")


class LoopbackNetworkServer:
    """Answers a gateway's uplinks at once; use it as an asynchronous context manager.

    `tx_acks` counts the gateway's answers to downlinks, `ACCEPTED` or the protocol's error, and
    `warnings` what it changed in those that it accepted.
    """

    def __init__(self, core: NetworkServer) -> None:
        self.core = core
        self.end = NetworkServerEnd(on_datagram=self._take, on_tx_ack=self._acknowledged)
        self.tx_acks: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self._gateway_eui: int | None = None

    @property
    def port(self) -> int:
        """Where gateways push and pull."""
        return self.end.port

    async def __aenter__(self) -> Self:
        await self.end.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end.close()

    def send_now(self, dev_eui: int, payload: bytes, *, confirmed: bool = False) -> None:
        """Send a class C downlink through the gateway that was last heard of."""
        txpk = self.core.send_now(dev_eui, payload, confirmed=confirmed)
        assert txpk is not None, "the device has not joined"
        assert self._gateway_eui is not None, "no gateway was heard of"
        self.end.send_downlink(self._gateway_eui, txpk)

    def _take(self, datagram: GatewayDatagram) -> None:
        self._gateway_eui = datagram.gateway_eui
        if datagram.kind is not GatewayKind.PUSH_DATA:
            return
        for rxpk in decode_push_body(datagram.body).rxpk:
            uplink = heard_uplink(rxpk)
            if uplink is not None:
                for txpk in self.core.receive(uplink).downlinks:
                    self.end.send_downlink(datagram.gateway_eui, txpk)

    def _acknowledged(self, ack: TxAck) -> None:
        self.tx_acks[ack.error or ACCEPTED] += 1
        if ack.warning is not None:
            self.warnings[ack.warning] += 1


def heard_uplink(rxpk: Rxpk) -> HeardUplink | None:
    """A packet as the core takes it; None for FSK and for what arrived damaged."""
    data_rate = _DATA_RATE.fullmatch(str(rxpk.datr))
    if data_rate is None or rxpk.stat != _CRC_OK:
        return None
    spreading_factor, bandwidth_khz = (int(number) for number in data_rate.groups())
    return HeardUplink(
        rxpk.data,
        tmst=rxpk.tmst,
        freq_hz=round(rxpk.freq * 1e6),
        data_rate=DataRate(spreading_factor, bandwidth_khz * 1000),
        rssi_dbm=rxpk.rssi,
        snr_db=rxpk.lsnr or 0.0,
    )
