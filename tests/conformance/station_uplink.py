"""Uplinks against the running Basics Station: the same packets give the same JSON, and the same are dropped."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from forwarder.basics_station.filters import dev_addr_prefix
from radio.packets import CrcStatus, Modulation, RxPacket
from tests.conformance.outcome import Outcome
from tests.forwarder.basics_station.bench import EU868_RATES, GATEWAY_EUI, US915_RATES, Bench, router_config
from tests.packets import packet

RATES = {"EU868": EU868_RATES, "US915": US915_RATES}
CRC = {0x10: CrcStatus.OK, 0x11: CrcStatus.BAD, 0x01: CrcStatus.ABSENT}
# Left out of the recordings, since they are never the same twice; xtime is looked at by itself.
VOLATILE = ("RefTime",)
VOLATILE_UPINFO = ("xtime", "rxtime")
DEVIATIONS = {
    "whole NetIDs": "Station compares seven bits of a DevAddr with seven of a NetID, so that one NetID lets the devices"
    " of up to 2^17 others pass; ours compares the whole prefix",
    "ranges that begin with 0": "Station's list of JoinEUIs ends at a range that begins with 0, or has no more places;"
    " ours has neither end",
    "no remote shell": "Station offers a remote shell in `features`; ours has none",
    "a version as text": "Station says null where it has no version; servers read texts",
}


def check(path: Path) -> Outcome:
    """Every case of the file."""
    outcome = Outcome()
    recorded = json.loads(path.read_text(encoding="utf-8"))
    used: set[str] = set()
    outcome.record("version_message", _version_differences(recorded["version_message"], used))
    outcome.record("router_info_request", _request_differences(recorded["router_info_request"]))
    outcome.record("upgrade_headers", _header_differences(recorded["upgrade_headers"]))
    for case in recorded["cases"]:
        outcome.record(case["name"], differences(case, used))
    outcome.notes += [f"deviation, {name}: {DEVIATIONS[name]}" for name in sorted(used)]
    return outcome


def differences(case: Mapping[str, Any], used: set[str]) -> list[str]:
    """What is told otherwise than recorded, and by no deviation; the deviations needed are added to `used`."""
    config = config_of(case["context"])
    if config is None:
        return [f"a context that is not known: {case['context']}"]
    heard = packet_of(case["input"])
    told = Bench(config).hear(heard)
    expected = [] if case["dropped"] else [case["expected"]]
    if len(told) != len(expected):
        deviation = _filter_deviation(heard.payload, config, forwarded=bool(told))
        used.update([deviation] if deviation else [])
        return [] if deviation else [f"{len(told)} messages instead of {len(expected)}"]
    return [line for ours, theirs in zip(told, expected, strict=True) for line in message_differences(ours, theirs)]


def config_of(context: str) -> dict[str, Any] | None:
    """The router_config that a case's context describes; None for one that cannot be read."""
    rates = next((rates for region, rates in RATES.items() if region in context), None)
    if rates is None:
        return None
    filters = {}
    for key in ("NetID", "JoinEui"):
        found = re.search(rf"{key}=(\[.*?\])\s*(?:;|$)", context)
        if found is not None:
            filters[key] = json.loads(re.sub(r"0x[0-9A-Fa-f]+", lambda number: str(int(number[0], 16)), found[1]))
    return router_config(DRs=rates, **filters)


def packet_of(described: Mapping[str, Any]) -> RxPacket:
    """The packet that a case gave to the radio."""
    is_lora = described["modulation"] == "LORA"
    return packet(
        payload=bytes.fromhex(described["phy_payload_hex"]),
        modulation=Modulation.LORA if is_lora else Modulation.FSK,
        spreading_factor=described["sf"] if is_lora else 0,
        bandwidth_hz=1000 * described["bw_khz"] if is_lora else 0,
        bitrate_bps=0 if is_lora else 50_000,
        freq_hz=described["freq_hz"],
        rssi_channel_dbm=described["rssi"],
        rssi_signal_dbm=described["rssi"],
        snr_db=described["snr"],
        crc_status=CRC[described["hal_status"]],
    )


def message_differences(ours: dict[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Differences of one message, but for what is never the same twice."""
    upinfo = ours["upinfo"]
    xtime = upinfo["xtime"]
    found = [] if 1 <= xtime >> 48 <= 255 else [f"xtime {xtime:#x}"]
    ours = {key: value for key, value in ours.items() if key not in VOLATILE}
    ours["upinfo"] = {key: value for key, value in upinfo.items() if key not in VOLATILE_UPINFO}
    return found + [
        f"{key}: {ours.get(key)!r} instead of {theirs.get(key)!r}"
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    ]


def _filter_deviation(payload: bytes, config: Mapping[str, Any], *, forwarded: bool) -> str | None:
    """The deviation that explains that ours forwards what Station drops, or the reverse."""
    if not payload:
        return None
    message_type = payload[0] >> 5
    if message_type in (2, 3, 4, 5) and config.get("NetID") is not None:
        dev_addr = int.from_bytes(payload[1:5], "little")
        prefixes = [dev_addr_prefix(net_id) for net_id in config["NetID"]]
        wanted = any(dev_addr >> shift == value for value, shift in prefixes)
        return "whole NetIDs" if wanted is forwarded else None
    if message_type in (0, 6) and config.get("JoinEui"):
        join_eui = int.from_bytes(payload[1:9], "little")
        wanted = any(low % 2**64 <= join_eui <= high % 2**64 for low, high in config["JoinEui"])
        return "ranges that begin with 0" if wanted is forwarded else None
    return None


def _version_differences(theirs: Mapping[str, Any], used: set[str]) -> list[str]:
    (ours,) = Bench(router_config()).version
    used.update(("no remote shell", "a version as text"))
    found = [] if ours.keys() == theirs.keys() else [f"keys {sorted(ours)} instead of {sorted(theirs)}"]
    found += [f"{key} {ours[key]!r}" for key in ("msgtype", "protocol") if ours[key] != theirs[key]]
    found += [
        f"{key} is no text" for key in ("station", "firmware", "package", "model") if not isinstance(ours[key], str)
    ]
    return found + (["a remote shell is offered"] if "rmtsh" in ours["features"] else [])


def _request_differences(theirs: str) -> list[str]:
    (ours,) = Bench(router_config()).asked
    return [] if ours == json.loads(theirs) else [f"{ours} for {GATEWAY_EUI:#x} instead of {theirs}"]


def _header_differences(theirs: Mapping[str, str]) -> list[str]:
    """Header names, and those values that say something; servers compare them without regard to case."""
    request = ClientProtocol(parse_uri("ws://localhost:8039/router-info")).connect()
    ours = {name.lower(): value.lower() for name, value in request.headers.raw_items()}
    found = [] if ours.keys() == theirs.keys() else [f"headers {sorted(ours)} instead of {sorted(theirs)}"]
    same = [name for name in theirs if name != "sec-websocket-key"]
    return found + [f"{name}: {ours.get(name)}" for name in same if ours.get(name) != theirs[name].lower()]
