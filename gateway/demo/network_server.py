"""A network server that joins devices: the simulator's core behind Semtech's UDP protocol."""

import re
from collections.abc import Callable
from types import TracebackType
from typing import Self

from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import Rxpk, decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd
from gateway.demo.downlink_account import DownlinkAccount
from radio.simulator.network_server import DeviceDownlink, HeardUplink, NetworkServer
from radio.simulator.region import DataRate

_CRC_OK = 1
_DATA_RATE = re.compile(r"SF(\d{1,2})BW(\d{3})")


class UdpNetworkServer:
    """Answers a gateway's uplinks at once; use it as an asynchronous context manager.

    `account` follows each downlink, `on_datagram` gets every datagram, before it is answered.
    """

    def __init__(
        self,
        core: NetworkServer,
        account: DownlinkAccount | None = None,
        on_datagram: Callable[[GatewayDatagram], None] | None = None,
    ) -> None:
        self.core = core
        self.account = account or DownlinkAccount()
        self.end = NetworkServerEnd(on_datagram=self._take, on_tx_ack=self.account.answered)
        self._on_datagram = on_datagram
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

    def send_now(self, dev_eui: int, payload: bytes, *, confirmed: bool = False) -> bool:
        """Send a class C downlink through the gateway that was last heard of; False while the device has not joined.

        Raises:
            KeyError: the device is unknown.
        """
        downlink = self.core.send_now(dev_eui, payload, confirmed=confirmed)
        if downlink is None or self._gateway_eui is None:
            return False
        self._send(self._gateway_eui, downlink)
        return True

    def _take(self, datagram: GatewayDatagram) -> None:
        self._gateway_eui = datagram.gateway_eui
        if self._on_datagram is not None:
            self._on_datagram(datagram)
        if datagram.kind is not GatewayKind.PUSH_DATA:
            return
        for rxpk in decode_push_body(datagram.body).rxpk:
            uplink = heard_uplink(rxpk)
            downlink = None if uplink is None else self.core.receive(uplink).downlink
            if downlink is not None:
                self._send(datagram.gateway_eui, downlink)

    def _send(self, gateway_eui: int, downlink: DeviceDownlink) -> None:
        self.account.asked(self.end.send_downlink(gateway_eui, downlink.txpk), downlink)


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
