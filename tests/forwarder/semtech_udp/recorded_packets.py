"""The packets of recorded receive-buffer bytes, read independently of the driver.

Radio levels, frequency and flags come from the record and the recorded configuration. Counter and
frequency offset need the driver's arithmetic, and reception times a clock: they are copied from the
recorded datagram.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from forwarder.backend import Uplink
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket

TEMPERATURE_C = 25.0
_CODING_RATES = {1: CodingRate.CR_4_5, 2: CodingRate.CR_4_6, 3: CodingRate.CR_4_7, 4: CodingRate.CR_4_8}


def records(fifo: bytes) -> list[bytes]:
    """Cut the bytes at the record lengths, from the first sync word on."""
    found = []
    start = fifo.index(b"\xa5\xc0")
    while start < len(fifo):
        metrics_at = start + 9 + fifo[start + 2] + 12
        end = metrics_at + 2 + 2 * fifo[metrics_at]
        found.append(fifo[start:end])
        start = end
    return found


def uplinks(row: Mapping[str, Any], conf: Mapping[str, Any]) -> list[Uplink]:
    """What the gateway heard in a row."""
    sent = json.loads(row["json"])["rxpk"] if row["json"] else []
    return [_uplink(record, conf, sent) for record in records(bytes.fromhex(row["fifo"]))]


def _uplink(record: bytes, conf: Mapping[str, Any], sent: Sequence[Mapping[str, Any]]) -> Uplink:
    payload, tail = record[9 : 9 + record[2]], record[9 + record[2] :]
    modem_id, data = record[5], base64.b64encode(payload).decode()
    # A packet that the reference left out gets the times of nobody.
    rxpk: Mapping[str, Any] = next((r for r in sent if r["data"] == data and r["mid"] == modem_id), {"tmst": 0})
    packet = RxPacket(
        payload=payload,
        freq_offset_hz=rxpk.get("foff", 0),
        crc_status=_crc_status(record[4], tail[0]),
        payload_crc=tail[10] | tail[11] << 8,
        modem_id=modem_id,
        counter_us=rxpk["tmst"],
        fine_time_ns=rxpk.get("ftime"),
        **_modulation(record, conf),
        **_levels(record[3], tail, conf),
    )
    return Uplink(packet, _unix_ns(rxpk["time"]) if "time" in rxpk else None, rxpk.get("tmms"))


def _crc_status(rate_and_crc: int, flags: int) -> CrcStatus:
    if not rate_and_crc & 1:
        return CrcStatus.ABSENT
    return CrcStatus.BAD if flags & 1 else CrcStatus.OK


def _modulation(record: bytes, conf: Mapping[str, Any]) -> dict[str, Any]:
    number = record[3]
    channel = _channel(number, conf)
    radio = channel["radio"]
    fields: dict[str, Any] = {
        "channel": number,
        "rf_chain": radio,
        "freq_hz": conf[f"radio_{radio}"]["freq"] + channel["if"],
        "bandwidth_hz": channel.get("bandwidth", 125_000),
    }
    if number == 9:
        rate = {"spreading_factor": 0, "bitrate_bps": channel["datarate"], "coding_rate": None}
        return fields | rate | {"modulation": Modulation.FSK}
    coding_rate = _CODING_RATES.get(record[4] >> 1 & 7)
    rate = {"spreading_factor": record[4] >> 4, "bitrate_bps": 0, "coding_rate": coding_rate}
    return fields | rate | {"modulation": Modulation.LORA}


def _channel(number: int, conf: Mapping[str, Any]) -> Mapping[str, Any]:
    name = {8: "chan_Lora_std", 9: "chan_FSK"}.get(number, f"chan_multiSF_{number}")
    channel: Mapping[str, Any] = conf[name]
    return channel


def _levels(number: int, tail: bytes, conf: Mapping[str, Any]) -> dict[str, Any]:
    radio = conf[f"radio_{_channel(number, conf)['radio']}"]
    drift = 0.0
    for coefficient in "abcde":
        drift = drift * TEMPERATURE_C + radio["rssi_tcomp"][f"coeff_{coefficient}"]
    offset = radio["rssi_offset"] + drift / 65536
    raw = float(tail[2])
    if number == 9:
        raw = 90.636423 + 0.420835 * raw + 0.007129 * raw**2 - 0.000026 * raw**3
    snr = -128.0 if number == 9 else int.from_bytes(tail[1:2], "big", signed=True) / 4
    return {"rssi_channel_dbm": raw + offset, "rssi_signal_dbm": tail[3] + offset, "snr_db": snr}


def _unix_ns(text: str) -> int:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000
