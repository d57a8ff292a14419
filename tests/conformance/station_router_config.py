"""router_config against the running Basics Station: what it accepts, with which power it transmits, whom it hears."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conformance.outcome import Outcome
from tests.forwarder.basics_station.bench import CHANNELS, Bench, router_config
from tests.packets import packet

DATA_FRAME = bytes.fromhex("4004030201809001010403020144332211")
EVERYWHERE = [100_000_000, 1_000_000_000]
DROPPED = "DROPPED"
# The configurations that the file describes in words; None takes a field out.
DESCRIBED: dict[str, dict[str, Any]] = {
    "hwspec sx1302/1": {"hwspec": "sx1302/1"},
    "sx1301_conf missing": {"sx1301_conf": None},
    "sx1302_conf instead": {"sx1301_conf": None, "sx1302_conf": [CHANNELS]},
    "unknown top level field": {"candelabre": {"a": [1]}},
    "DRs missing": {"DRs": None},
    "region missing": {"region": None},
}
# How two lists of ranges are described, and what an inclusive one lets pass.
ELEVEN_RANGES = [[number, number] for number in range(100, 111)]
TEXT_RANGES = [["70-B3-D5-7E-D0-00-00-00", "70-B3-D5-7E-D0-FF-FF-FF"]]
RANGES = {
    "11 ranges": (ELEVEN_RANGES, ["0x64", "0x65", "0x66"]),
    "ranges given as EUI strings": (TEXT_RANGES, ["0x70b3d57ed0000001"]),
}
DEVIATIONS = {
    "regions without a name": "Station drops every downlink in a region that it has no name for, and without a region;"
    " ours transmits, by the law of the place",
    "other hardware": "Station closes the connection unless hwspec is exactly sx1301/1, on an SX1302 too; ours looks at"
    " the channels, not at the name of a chip",
    "no channels": "Station closes the connection where the server says no channels; ours keeps those configured",
    "ranges that begin with 0": "Station's list of JoinEUIs ends at a range that begins with 0; ours does not",
    "many ranges": "Station refuses the whole router_config for an eleventh range, or for ranges written as EUIs; ours"
    " takes them",
}
EXPLAINED_BY = {
    "hwspec sx1302/1": "other hardware",
    "sx1301_conf missing": "no channels",
    "region missing": "regions without a name",
}


def check(path: Path) -> Outcome:
    """Every case of the file."""
    outcome = Outcome()
    recorded = json.loads(path.read_text(encoding="utf-8"))
    used: set[str] = set()
    for case in recorded["cases"]:
        name = case.get("router_config") or f"{case['region']}, max_eirp {case.get('max_eirp')}"
        outcome.record(name, differences(case, used))
    for case in recorded["joineui_ranges"]["cases"]:
        outcome.record(
            f"JoinEui {case['JoinEui']}", range_differences(case, recorded["joineui_ranges"]["probes"], used)
        )
    outcome.notes += [f"deviation, {name}: {DEVIATIONS[name]}" for name in sorted(used)]
    return outcome


def differences(case: Mapping[str, Any], used: set[str]) -> list[str]:
    """What comes of a configuration otherwise than recorded, and by no deviation."""
    if "router_config" not in case:
        return _region_differences(case, used)
    changes = DESCRIBED.get(case["router_config"])
    if changes is None:
        return [f"a configuration that is not known: {case['router_config']}"]
    bench = Bench(router_config(**changes))
    forwarded = bool(bench.hear(packet(payload=DATA_FRAME)))
    ours = {
        "uplink_forwarded": forwarded,
        "downlink": _power(bench, 868_100_000) is not None,
        "ws_still_open": "OPEN" if bench.session.is_ready else "CLOSED",
        "radio_started": bench.session.is_ready,
    }
    found = [f"{key}: {value} instead of {case[key]}" for key, value in ours.items() if value != case[key]]
    deviation = EXPLAINED_BY.get(case["router_config"])
    if found and deviation is not None and set(ours.values()) == {True, "OPEN"}:
        used.add(deviation)
        return []
    return found


def range_differences(case: Mapping[str, Any], probes: list[str], used: set[str]) -> list[str]:
    """Which join requests pass otherwise than they should, and by no deviation."""
    ranges, station = case["JoinEui"], case.get("station_passes", case.get("station"))
    right = case.get("correct_inclusive_range", station)
    if isinstance(ranges, str):
        if ranges not in RANGES:
            return [f"ranges that are not known: {ranges}"]
        ranges, right = RANGES[ranges]
        used.add("many ranges")
    elif "correct_inclusive_range" in case:
        used.add("ranges that begin with 0")
    bench = Bench(router_config(JoinEui=ranges))
    passed = [probe for probe in probes if bench.hear(packet(payload=_join_request(int(probe, 16))))]
    wanted = probes if right == "all" else right
    return [] if passed == wanted else [f"{passed} pass instead of {wanted}"]


def _region_differences(case: Mapping[str, Any], used: set[str]) -> list[str]:
    optional = {key: case.get(key) for key in ("max_eirp", "nocca")}
    bench = Bench(router_config(region=case["region"], freq_range=EVERYWHERE, **optional))
    found = [] if bench.hear(packet(payload=DATA_FRAME)) else ["the uplink is not forwarded"]
    for key, wanted in case.items():
        if not key.startswith("downlink_"):
            continue
        power_dbm = _power(bench, round(float(key.removeprefix("downlink_")) * 1e6))
        if wanted == DROPPED and power_dbm is not None:
            used.add("regions without a name")
        elif f"TX power {power_dbm}" != wanted:
            found.append(f"{key}: power {power_dbm} instead of {wanted}")
    return found


def _power(bench: Bench, freq_hz: int) -> int | None:
    """The power of a class C downlink there; None where nothing is emitted."""
    before = len(bench.emissions)
    bench.say(
        {
            "msgtype": "dnmsg",
            "DevEui": "01-01-01-01-01-01-01-01",
            "dC": 2,
            "diid": 1,
            "pdu": "60",
            "RX2DR": 0,
            "RX2Freq": freq_hz,
        }
    )
    bench.wait(10)
    return bench.emissions[before].packet.power_dbm if len(bench.emissions) > before else None


def _join_request(join_eui: int) -> bytes:
    return b"\x00" + join_eui.to_bytes(8, "little") + bytes(14)
