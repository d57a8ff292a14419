"""Packets as the protocol's JSON: updf, jreq, rejoin, propdf; jacc and dndf for what other gateways send. Pure.

By template, not by a JSON encoder: this runs for every packet, and nothing in it needs escaping. Frames are told apart
as Basics Station does it; what it has no word for, such as the rejoin requests of LoRaWAN 1.1, is none.
"""

import struct

import msgspec

from forwarder.basics_station.data_rates import rate_of
from forwarder.basics_station.identifiers import eui_text
from forwarder.basics_station.router_config import RouterConfig
from forwarder.phypayload import JOIN_REQUEST_BYTES, MIC_BYTES, SHORTEST_DATA_BYTES
from radio.packets import Modulation, RxPacket

_JOIN_ACCEPT, _PROPRIETARY = 1, 7
_JOINS = {0: "jreq", 6: "rejoin"}
_DATA = {2: "updf", 3: "dndf", 4: "updf", 5: "dndf"}
_RFU_AND_MAJOR = 0x1F
_HEADER = struct.Struct("<xIBH")
_JOIN = struct.Struct("<xQQHi")
_MIC = struct.Struct("<i")
_QUARTER_DB = 4
NO_FINE_TIME = -1


class UplinkTimes(msgspec.Struct, frozen=True, gc=False):
    """When a packet came. `unix_us` and `gps_us` are 0 where nobody is sure."""

    xtime: int
    unix_us: int
    gps_us: int
    ref_time_s: float = 0.0


def uplink_text(packet: RxPacket, times: UplinkTimes, config: RouterConfig) -> str | None:
    """The message; None for a packet that the server does not want or the protocol cannot say."""
    data_rate = config.uplink_indices.get(rate_of(packet))
    frame = None if data_rate is None else _frame(packet.payload, config)
    if frame is None:
        return None
    fine_time_ns = NO_FINE_TIME if packet.fine_time_ns is None else packet.fine_time_ns
    # Station's choice on an SX1302: the signal's level, without the noise around it. FSK has one level.
    rssi_dbm = packet.rssi_channel_dbm if packet.modulation is Modulation.FSK else packet.rssi_signal_dbm
    seconds, microseconds = divmod(times.unix_us, 1_000_000)
    return (
        f'{{{frame},"RefTime":{times.ref_time_s:.6f},"DR":{data_rate},"Freq":{packet.freq_hz},"upinfo":{{"rctx":0,'
        f'"xtime":{times.xtime},"gpstime":{times.gps_us},"fts":{fine_time_ns},'
        f'"rssi":{int(rssi_dbm)},"snr":{int(packet.snr_db * _QUARTER_DB) / _QUARTER_DB:g},'
        f'"rxtime":{seconds}.{microseconds:06d}}}}}'
    )


def _frame(payload: bytes, config: RouterConfig) -> str | None:
    if not payload or payload[0] & _RFU_AND_MAJOR:
        return None
    message_type = payload[0] >> 5
    if message_type == _PROPRIETARY:
        return f'"msgtype":"propdf","FRMPayload":"{payload.hex().upper()}"'
    if len(payload) < SHORTEST_DATA_BYTES:
        return None
    if message_type == _JOIN_ACCEPT:
        return f'"msgtype":"jacc","FRMPayload":"{payload.hex().upper()}"'
    if message_type in _JOINS:
        return _join(_JOINS[message_type], payload, config)
    return _data_frame(_DATA[message_type], payload, config)


def _join(name: str, payload: bytes, config: RouterConfig) -> str | None:
    if len(payload) != JOIN_REQUEST_BYTES:
        return None
    join_eui, dev_eui, dev_nonce, mic = _JOIN.unpack(payload)
    if not config.filters.pass_join_eui(join_eui):
        return None
    suffix = config.eui_suffix
    return (
        f'"msgtype":"{name}","MHdr":{payload[0]},"Join{suffix}":"{eui_text(join_eui)}",'
        f'"Dev{suffix}":"{eui_text(dev_eui)}","DevNonce":{dev_nonce},"MIC":{mic}'
    )


def _data_frame(name: str, payload: bytes, config: RouterConfig) -> str | None:
    dev_addr, fctrl, fcnt = _HEADER.unpack_from(payload)
    port_at = _HEADER.size + (fctrl & 0x0F)
    end = len(payload) - MIC_BYTES
    if port_at > end or not config.filters.pass_dev_addr(dev_addr):
        return None
    fport = payload[port_at] if port_at < end else -1
    signed = dev_addr - (1 << 32) if dev_addr >> 31 else dev_addr
    return (
        f'"msgtype":"{name}","MHdr":{payload[0]},"DevAddr":{signed},"FCtrl":{fctrl},"FCnt":{fcnt},'
        f'"FOpts":"{payload[_HEADER.size : port_at].hex().upper()}","FPort":{fport},'
        f'"FRMPayload":"{payload[port_at + 1 : end].hex().upper()}","MIC":{_MIC.unpack_from(payload, end)[0]}'
    )
