"""Downlinks against the running Basics Station: the same messages give the same emissions and the same answers."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radio.airtime import preamble_sent
from radio.packets import Modulation, TxPacket
from tests.conformance.outcome import Outcome
from tests.forwarder.basics_station.bench import Bench, Emission, router_config
from tests.packets import packet

SECOND_CONFIG = "<same router_config again>"
XTIME = re.compile(r"<uplink xtime ?(?P<step>[+-]\d+)?(?P<other>XOR 1<<48)?>")
BANDWIDTH_CODES = {500_000: 1, 250_000: 2, 125_000: 3}
LORA, FSK = 0x10, 0x20
# The server asks so long after the uplink, in the recordings.
ANSWER_S = 0.12
# The GPS time that the recordings' server pushed, and to what the two cases with GPS times refer.
PUSHED_GPS_US = 1_400_000_000_000_000
US_PER_S = 1_000_000
# Never the same twice.
VOLATILE = ("txtime", "xtime")
DEVIATIONS = {
    "the queue's own moment": "Station gives a frame that may go at once to the radio for a moment of its own choice;"
    " ours is sent in the first free moment that the radio's queue finds, which the queue's own tests look at",
}


def check(path: Path) -> Outcome:
    """Every case of the file."""
    outcome = Outcome()
    used: set[str] = set()
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        outcome.record(case["name"], differences(case, used))
    outcome.notes += [f"deviation, {name}: {DEVIATIONS[name]}" for name in sorted(used)]
    return outcome


def differences(case: Mapping[str, Any], used: set[str]) -> list[str]:
    """What is emitted or answered otherwise than recorded."""
    bench = Bench(router_config())
    (uplink,) = bench.hear(packet(payload=bytes.fromhex("4004030201809001010403020144332211")))
    xtime, uplink_us = uplink["upinfo"]["xtime"], bench.linear_us
    _push_gps_time(bench, case, xtime)
    bench.wait(ANSWER_S)
    replies = bench.say(_message(case["lns_message"], xtime))
    replies += bench.wait(0)
    found = _emission_differences(case["radio_tx"], bench.emissions, uplink_us, used)
    return found + _reply_differences(case["station_replies"], replies, xtime, bench.emissions)


def _message(recorded: Any, xtime: int) -> Any:
    """The server's message, with the xtime of our uplink in it."""
    if recorded == SECOND_CONFIG:
        return router_config()
    return {key: _with_xtime(value, xtime) for key, value in recorded.items()}


def _with_xtime(value: Any, xtime: int) -> Any:
    found = XTIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    return xtime ^ 1 << 48 if found["other"] else xtime + int(found["step"] or 0)


def _push_gps_time(bench: Bench, case: Mapping[str, Any], xtime: int) -> None:
    """Where a case is about GPS time, tell it as the recordings' server did."""
    message = case["lns_message"]
    entry = message.get("schedule", [message])[0] if isinstance(message, dict) else {}
    gps_us = entry.get("gpstime") or entry.get("ontime", 0) * US_PER_S
    if not gps_us:
        return
    delta_us = case["radio_tx"][0]["_delta_us_from_uplink_xtime"] if case["radio_tx"] else 0
    ago_us = gps_us - delta_us - PUSHED_GPS_US
    bench.say({"msgtype": "timesync", "xtime": xtime - ago_us, "gpstime": PUSHED_GPS_US})


def _emission_differences(
    recorded: list[dict[str, Any]], emissions: list[Emission], uplink_us: int, used: set[str]
) -> list[str]:
    if len(recorded) != len(emissions):
        return [f"{len(emissions)} emissions instead of {len(recorded)}"]
    found = []
    for theirs, ours in zip(recorded, emissions, strict=True):
        told = _as_libloragw(ours.packet)
        found += [f"{key} {value!r} instead of {theirs[key]!r}" for key, value in told.items() if theirs[key] != value]
        delta_us = ours.linear_us - uplink_us
        if ours.at_once:
            used.add("the queue's own moment")
        elif delta_us != theirs["_delta_us_from_uplink_xtime"]:
            found.append(f"{delta_us} µs after the uplink instead of {theirs['_delta_us_from_uplink_xtime']}")
    return found


def _as_libloragw(sent: TxPacket) -> dict[str, Any]:
    """A packet in the values of libloragw."""
    is_lora = sent.modulation is Modulation.LORA
    return {
        "freq_hz": sent.freq_hz,
        "rf_chain": sent.rf_chain,
        "rf_power": sent.power_dbm,
        "modulation": LORA if is_lora else FSK,
        "bandwidth": BANDWIDTH_CODES[sent.bandwidth_hz] if is_lora else 0,
        "datarate": 1 << (sent.spreading_factor - 6) if is_lora else sent.bitrate_bps,
        "f_dev": sent.deviation_hz // 1000,
        "preamble": preamble_sent(sent),
        "no_crc": int(not sent.crc),
        "no_header": int(sent.implicit_header),
        "size": len(sent.payload),
        "payload": sent.payload.hex(),
        **({"coderate": 1, "invert_pol": int(sent.invert_polarity)} if is_lora else {}),
    }


def _reply_differences(
    recorded: list[dict[str, Any]], replies: list[dict[str, Any]], xtime: int, emissions: list[Emission]
) -> list[str]:
    if len(recorded) != len(replies):
        return [f"{len(replies)} answers instead of {len(recorded)}"]
    found = []
    for theirs, ours in zip(recorded, replies, strict=True):
        told = {key: value for key, value in ours.items() if key not in VOLATILE}
        if "xtime" in ours and not any(emission.at_once for emission in emissions):
            told["xtime_minus_uplink_xtime"] = ours["xtime"] - xtime
        wanted = {key: value for key, value in theirs.items() if key not in VOLATILE}
        if any(emission.at_once for emission in emissions):
            wanted.pop("xtime_minus_uplink_xtime", None)
        found += [
            f"answer's {key}: {told.get(key)!r} instead of {wanted.get(key)!r}"
            for key in sorted(told.keys() | wanted.keys())
            if told.get(key) != wanted.get(key)
        ]
    return found
