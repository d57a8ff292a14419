"""The JSON that PUSH_DATA carries: `rxpk` for packets heard, `stat` for the gateway's report.

Key order and number formats are those of Semtech's packet forwarder, so that its recorded text can
be compared with ours. Packets are formatted by template, not by a JSON encoder: this runs for every
packet, and nothing in it needs escaping.
"""

import time
from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

import msgspec

from forwarder.backend import GatewayStats, Uplink
from forwarder.semtech_udp.messages import MalformedDatagramError
from radio.packets import Modulation

_HEAD = '{"jver":1,"tmst":%d%s,"chan":%d,"rfch":%d,"freq":%d.%06d,"mid":%2d,"stat":%d,"modu":'
_LORA = _HEAD + (
    '"LORA","datr":"SF%dBW%d","codr":"%s","rssis":%d,"lsnr":%.1f,"foff":%d,"rssi":%d,"size":%d,"data":"%s"}'
)
_FSK = _HEAD + '"FSK","datr":%d,"rssi":%d,"size":%d,"data":"%s"}'
_UNKNOWN_CODING_RATE = "OFF"
_NS_PER_S = 1_000_000_000
# `stat.time` has no way to be unknown, and some servers refuse a report without it: a year that nobody believes.
UNKNOWN_UNIX_TIME_S = 0
_HZ_PER_MHZ = 1_000_000


class Rxpk(msgspec.Struct, frozen=True):
    """One received packet as a network server reads it; names are the protocol's."""

    tmst: int
    chan: int
    rfch: int
    freq: float
    stat: int
    modu: Literal["LORA", "FSK"]
    datr: str | int
    rssi: int
    size: int
    data: bytes
    mid: int | None = None
    codr: str | None = None
    rssis: int | None = None
    lsnr: float | None = None
    foff: int | None = None
    time: str | None = None
    tmms: int | None = None
    ftime: int | None = None


class Stat(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway's report; names are the protocol's. Position and temperature are left out if unknown."""

    time: str
    lati: float | msgspec.UnsetType = msgspec.UNSET
    long: float | msgspec.UnsetType = msgspec.UNSET
    alti: int | msgspec.UnsetType = msgspec.UNSET
    rxnb: int
    rxok: int
    rxfw: int
    ackr: float
    dwnb: int
    txnb: int
    temp: float | msgspec.UnsetType = msgspec.UNSET


class PushBody(msgspec.Struct, frozen=True):
    """What one PUSH_DATA says."""

    rxpk: tuple[Rxpk, ...] = ()
    stat: Stat | None = None


_push_body_decoder = msgspec.json.Decoder(PushBody)


def encode_rxpk(uplink: Uplink) -> str:
    """The JSON object of one packet. Its levels are finite numbers, as the chip's are."""
    packet = uplink.packet
    if packet.modulation is Modulation.FSK:
        return _FSK % (
            *_head(uplink),
            packet.bitrate_bps,
            _whole(packet.rssi_channel_dbm),
            len(packet.payload),
            _base64(packet.payload),
        )
    coding_rate = packet.coding_rate
    return _LORA % (
        *_head(uplink),
        packet.spreading_factor,
        packet.bandwidth_hz // 1000,
        _UNKNOWN_CODING_RATE if coding_rate is None else coding_rate._value_,
        _whole(packet.rssi_signal_dbm),
        packet.snr_db,
        packet.freq_offset_hz,
        _whole(packet.rssi_channel_dbm),
        len(packet.payload),
        _base64(packet.payload),
    )


def rxpk_bodies(rxpks: Sequence[str], max_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Gather packets in as few JSON bodies of at most `max_bytes` as their order allows, with their number.

    A packet that is longer by itself gets a body of its own.
    """
    envelope_bytes = len('{"rxpk":[]}')
    first, size = 0, envelope_bytes
    for index, rxpk in enumerate(rxpks):
        size += len(rxpk) + 1
        # The last packet has no comma after it, hence the 1.
        if size - 1 > max_bytes and index > first:
            yield _rxpk_body(rxpks[first:index]), index - first
            first, size = index, envelope_bytes + len(rxpk) + 1
    if rxpks:
        yield _rxpk_body(rxpks[first:]), len(rxpks) - first


def stat_body(stats: GatewayStats, acknowledged_percent: float) -> bytes:
    """The JSON body of a report. Position needs latitude, longitude and altitude together."""
    stat = Stat(
        time=time.strftime("%Y-%m-%d %H:%M:%S GMT", time.gmtime(stats.unix_time_s or UNKNOWN_UNIX_TIME_S)),
        rxnb=stats.packets_received,
        rxok=stats.packets_crc_ok,
        rxfw=stats.packets_forwarded,
        ackr=round(acknowledged_percent, 1),
        dwnb=stats.downlinks_received,
        txnb=stats.downlinks_emitted,
        temp=msgspec.UNSET if stats.temperature_c is None else round(stats.temperature_c, 1),
    )
    latitude, longitude, altitude = stats.latitude_deg, stats.longitude_deg, stats.altitude_m
    if latitude is not None and longitude is not None and altitude is not None:
        stat = msgspec.structs.replace(stat, lati=round(latitude, 5), long=round(longitude, 5), alti=altitude)
    return b'{"stat":' + msgspec.json.encode(stat) + b"}"


def decode_push_body(body: bytes) -> PushBody:
    """Read the JSON of a PUSH_DATA. Raises MalformedDatagramError only."""
    try:
        return _push_body_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedDatagramError(f"PUSH_DATA with unreadable JSON: {error}") from error


def _head(uplink: Uplink) -> tuple[object, ...]:
    packet = uplink.packet
    return (
        packet.counter_us,
        _reception_times(uplink),
        packet.channel,
        packet.rf_chain,
        *divmod(packet.freq_hz, _HZ_PER_MHZ),
        packet.modem_id,
        packet.crc_status._value_,
    )


def _reception_times(uplink: Uplink) -> str:
    text = ""
    if uplink.utc_ns is not None:
        seconds, ns = divmod(uplink.utc_ns, _NS_PER_S)
        text = f',"time":"{_iso_seconds(seconds)}.{ns // 1000:06d}Z"'
    if uplink.gps_ms is not None:
        text += f',"tmms":{uplink.gps_ms}'
    if uplink.packet.fine_time_ns is not None:
        text += f',"ftime":{uplink.packet.fine_time_ns}'
    return text


@lru_cache(maxsize=16)
def _iso_seconds(unix_time_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix_time_s))


def _whole(level_dbm: float) -> int:
    """Round half away from zero, as the reference does; Python's round() goes to the even number."""
    return int(level_dbm + 0.5) if level_dbm >= 0 else int(level_dbm - 0.5)


def _base64(payload: bytes) -> str:
    return b2a_base64(payload, newline=False).decode("ascii")


def _rxpk_body(rxpks: Sequence[str]) -> bytes:
    return f'{{"rxpk":[{",".join(rxpks)}]}}'.encode("ascii")
