"""A LoRaWAN 1.0 network server's core: joins devices, acknowledges, sends downlinks. Pure.

It takes uplinks as a gateway heard them and returns downlinks as the `txpk` objects of Semtech's
packet forwarder (its PROTOCOL.md, section 6): by the uplink's counter value for RX1 and RX2, at once
for class C. One gateway, no MAC commands, no adaptive data rate, no repetition of downlinks.
"""

import enum
from base64 import b64encode
from collections import Counter as Tally
from collections import deque
from collections.abc import Mapping

import msgspec

from radio.simulator.lorawan_frames import DataFrame, JoinAccept, JoinRequest, MessageType
from radio.simulator.lorawan_keys import UPLINK, Aes128Key, SessionKeys
from radio.simulator.lorawan_session import (
    Refusal,
    Session,
    claimed_join_request,
    join_request_is_genuine,
    seal_join_accept,
)
from radio.simulator.receive_window import WindowKind
from radio.simulator.region import EU868, DataRate, Region

EXPERIMENTAL_NET_ID = 0
"""For experimental networks, and with it DevAddr below 0x02000000 (LoRaWAN back-end interfaces, 2.1)."""
RX2_AFTER_RX1_S = 1
"""RP002-1.0.4: RECEIVE_DELAY2 and JOIN_ACCEPT_DELAY2 are a second after the first."""
_DEV_ADDR_AT, _DEV_ADDR_END = 1, 5
_COUNTER_WRAP_US = 1 << 32

Txpk = Mapping[str, object]


class NetworkSettings(msgspec.Struct, frozen=True):
    """What the network tells its devices, where it answers them, and with what power."""

    region: Region = EU868
    rx1_delay_s: int = 1
    rx1_data_rate_offset: int = 0
    answer_in: WindowKind = WindowKind.RX1
    rx1_power_dbm: int = 14
    rx2_power_dbm: int = 27


class HeardUplink(msgspec.Struct, frozen=True):
    """An uplink as a gateway heard it; `tmst` is its end on the concentrator counter, in µs."""

    payload: bytes
    tmst: int
    freq_hz: int
    data_rate: DataRate
    rssi_dbm: float = 0.0
    snr_db: float = 0.0


class ServerCounters(msgspec.Struct):
    """What the network server has lived through.

    `strangers` are frames of nobody it knows, `out_of_plan` frames on a channel or at a data rate
    that the region does not have.
    """

    joins: int = 0
    replayed_joins: int = 0
    uplinks: int = 0
    repetitions: int = 0
    downlinks: int = 0
    acknowledgements_sent: int = 0
    acknowledgements_received: int = 0
    strangers: int = 0
    out_of_plan: int = 0
    refused: Tally[Refusal] = msgspec.field(default_factory=Tally)


class DownlinkKind(enum.Enum):
    """What a downlink is for; a data downlink may acknowledge as well."""

    JOIN_ACCEPT = "join accept"
    ACKNOWLEDGEMENT = "acknowledgement"
    DATA = "data"


class DeviceDownlink(msgspec.Struct, frozen=True):
    """A frame for one device, the window that it is meant for, and where that is; `txpk` asks a gateway for it."""

    dev_eui: int
    kind: DownlinkKind
    window: WindowKind
    phy_payload: bytes
    freq_hz: int
    data_rate: DataRate
    txpk: Txpk


class Receipt(msgspec.Struct, frozen=True):
    """What an uplink was, in the clear, and what is to be sent now; all empty if it was not accepted."""

    dev_eui: int | None = None
    content: DataFrame | JoinRequest | None = None
    downlink: DeviceDownlink | None = None


class _Slot(msgspec.Struct, frozen=True):
    window: WindowKind
    freq_hz: int
    data_rate: DataRate
    timing: Txpk


class _Message(msgspec.Struct, frozen=True):
    payload: bytes
    fport: int
    confirmed: bool


class _Device(msgspec.Struct):
    dev_eui: int
    app_key: Aes128Key
    answer_in: WindowKind
    newest_nonce: int = -1
    session: Session | None = None
    waiting: deque[_Message] = msgspec.field(default_factory=deque)


class NetworkServer:
    """Knows its devices by DevEUI and AppKey, and their sessions by DevAddr."""

    def __init__(self, settings: NetworkSettings | None = None) -> None:
        self.settings = settings or NetworkSettings()
        self.counters = ServerCounters()
        self._devices: dict[int, _Device] = {}
        self._by_address: dict[int, _Device] = {}
        self._joins = 0

    def register(self, dev_eui: int, app_key: bytes, *, answer_in: WindowKind | None = None) -> None:
        """Let a device join; it is answered in RX1 or RX2, as the settings say if not told otherwise."""
        self._devices[dev_eui] = _Device(dev_eui, Aes128Key(app_key), answer_in or self.settings.answer_in)

    def send(self, dev_eui: int, payload: bytes, *, fport: int = 1, confirmed: bool = False) -> None:
        """Have a payload sent after the device's next uplink. Raises KeyError for an unknown device."""
        self._devices[dev_eui].waiting.append(_Message(payload, fport, confirmed))

    def send_now(
        self, dev_eui: int, payload: bytes, *, fport: int = 1, confirmed: bool = False
    ) -> DeviceDownlink | None:
        """A class C downlink; None while the device has not joined. Raises KeyError for an unknown device."""
        device = self._devices[dev_eui]
        if device.session is None:
            return None
        sealed = self._seal(device.session, _Message(payload, fport, confirmed), ack=False, pending=False)
        region = self.settings.region
        rx2_data_rate = region.data_rate(region.rx2_data_rate)
        slot = _Slot(WindowKind.CLASS_C, region.rx2_freq_hz, rx2_data_rate, {"imme": True})
        return self._downlink(device, DownlinkKind.DATA, sealed, slot)

    def receive(self, uplink: HeardUplink) -> Receipt:
        """Take an uplink in, and answer it if that is called for."""
        if not self.settings.region.has_uplink(uplink.freq_hz, uplink.data_rate):
            self.counters.out_of_plan += 1
            return Receipt()
        request = claimed_join_request(uplink.payload)
        if request is not None:
            return self._join(request, uplink)
        address = int.from_bytes(uplink.payload[_DEV_ADDR_AT:_DEV_ADDR_END], "little")
        device = self._by_address.get(address)
        if device is None or device.session is None:
            self.counters.strangers += 1
            return Receipt()
        return self._data(device, device.session, uplink)

    def _join(self, request: JoinRequest, uplink: HeardUplink) -> Receipt:
        device = self._devices.get(request.dev_eui)
        if device is None:
            self.counters.strangers += 1
            return Receipt()
        if not join_request_is_genuine(device.app_key, uplink.payload):
            self.counters.refused[Refusal.BAD_MIC] += 1
            return Receipt()
        if request.dev_nonce <= device.newest_nonce:
            self.counters.replayed_joins += 1
            return Receipt()
        device.newest_nonce = request.dev_nonce
        self.counters.joins += 1
        accept = self._welcome(device, request.dev_nonce)
        sealed = seal_join_accept(device.app_key, accept)
        delay_s = round(self.settings.region.join_accept_delay1_s)
        slot = self._slot(device, uplink, delay_s, offset=0)
        return Receipt(device.dev_eui, request, self._downlink(device, DownlinkKind.JOIN_ACCEPT, sealed, slot))

    def _welcome(self, device: _Device, dev_nonce: int) -> JoinAccept:
        self._joins += 1
        if device.session is not None:
            del self._by_address[device.session.dev_addr]
        settings = self.settings
        accept = JoinAccept(
            join_nonce=self._joins,
            net_id=EXPERIMENTAL_NET_ID,
            dev_addr=self._joins,
            rx1_data_rate_offset=settings.rx1_data_rate_offset,
            rx2_data_rate=settings.region.rx2_data_rate,
            rx_delay_s=settings.rx1_delay_s,
            channels_hz=settings.region.more_channels_hz,
        )
        keys = SessionKeys.derive(device.app_key, accept.join_nonce, accept.net_id, dev_nonce)
        device.session = Session(accept.dev_addr, keys)
        self._by_address[accept.dev_addr] = device
        return accept

    def _data(self, device: _Device, session: Session, uplink: HeardUplink) -> Receipt:
        # A device repeats its last frame under the same counter.
        frame = session.open(uplink.payload, UPLINK, max(session.fcnt_up - 1, 0))
        if isinstance(frame, Refusal):
            self.counters.refused[frame] += 1
            return Receipt()
        if frame.fcnt < session.fcnt_up:
            self.counters.repetitions += 1
        else:
            self.counters.uplinks += 1
            self.counters.acknowledgements_received += frame.ack
        session.fcnt_up = frame.fcnt + 1
        message = device.waiting.popleft() if device.waiting else None
        if message is None and not frame.confirmed:
            return Receipt(device.dev_eui, frame)
        self.counters.acknowledgements_sent += frame.confirmed
        sealed = self._seal(session, message, ack=frame.confirmed, pending=bool(device.waiting))
        settings = self.settings
        kind = DownlinkKind.ACKNOWLEDGEMENT if message is None else DownlinkKind.DATA
        slot = self._slot(device, uplink, settings.rx1_delay_s, settings.rx1_data_rate_offset)
        return Receipt(device.dev_eui, frame, self._downlink(device, kind, sealed, slot))

    def _seal(self, session: Session, message: _Message | None, *, ack: bool, pending: bool) -> bytes:
        confirmed = message is not None and message.confirmed
        frame = DataFrame(
            MessageType.CONFIRMED_DOWN if confirmed else MessageType.UNCONFIRMED_DOWN,
            session.dev_addr,
            session.fcnt_down,
            None if message is None else message.fport,
            b"" if message is None else message.payload,
            ack=ack,
            pending=pending,
        )
        sealed = session.seal(frame, session.fcnt_down)
        session.fcnt_down += 1
        return sealed

    def _slot(self, device: _Device, uplink: HeardUplink, delay_s: int, offset: int) -> _Slot:
        """Where and when a device listens after an uplink."""
        region, rate = self.settings.region, uplink.data_rate
        if device.answer_in is WindowKind.RX1:
            number = region.data_rate_number(rate.spreading_factor, rate.bandwidth_hz)
            freq_hz, data_rate = region.rx1(uplink.freq_hz, number, offset)
        else:
            delay_s += RX2_AFTER_RX1_S
            freq_hz, data_rate = region.rx2_freq_hz, region.data_rate(region.rx2_data_rate)
        tmst = (uplink.tmst + delay_s * 1_000_000) % _COUNTER_WRAP_US
        return _Slot(device.answer_in, freq_hz, data_rate, {"imme": False, "tmst": tmst})

    def _downlink(self, device: _Device, kind: DownlinkKind, sealed: bytes, slot: _Slot) -> DeviceDownlink:
        self.counters.downlinks += 1
        txpk = self._txpk(sealed, slot)
        return DeviceDownlink(device.dev_eui, kind, slot.window, sealed, slot.freq_hz, slot.data_rate, txpk)

    def _txpk(self, sealed: bytes, slot: _Slot) -> Txpk:
        settings, data_rate = self.settings, slot.data_rate
        in_rx2 = slot.freq_hz == settings.region.rx2_freq_hz
        return {
            **slot.timing,
            "freq": slot.freq_hz / 1e6,
            "rfch": 0,
            "powe": settings.rx2_power_dbm if in_rx2 else settings.rx1_power_dbm,
            "modu": "LORA",
            "datr": f"SF{data_rate.spreading_factor}BW{data_rate.bandwidth_hz // 1000}",
            "codr": "4/5",
            "ipol": True,
            "ncrc": True,
            "size": len(sealed),
            "data": b64encode(sealed).decode("ascii"),
        }
