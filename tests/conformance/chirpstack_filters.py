"""The filters of ChirpStack's gateway programs: what passes, and what does not."""

from collections.abc import Mapping
from typing import Any

from forwarder.filters import UplinkFilter, net_id_prefix, parse_prefix

Case = Mapping[str, Any]
Differences = list[str]


def forwarder_differences(case: Case) -> Differences:
    """A case of ChirpStack's forwarder, by prefixes."""
    return _passes(case, _forwarder_filter(case), bytes.fromhex(case["phy_payload_hex"]))


def bridge_differences(case: Case) -> Differences:
    """A case of ChirpStack's gateway bridge, by NetIDs and ranges of JoinEUIs."""
    return _passes(case, _bridge_filter(case), _frame_of(case["phy"]))


def _passes(case: Case, wanted: UplinkFilter, frame: bytes) -> Differences:
    passes = wanted.passes_address(frame)
    return [] if passes is case["passes"] else [f"passes: {passes}"]


def _forwarder_filter(case: Case) -> UplinkFilter:
    said = case["filters"]
    return UplinkFilter(
        lorawan_only=said["lorawan_only"],
        dev_addr_prefixes=tuple(p for text in said.get("dev_addr_prefixes", ()) if (p := parse_prefix(text, 32))),
        join_eui_prefixes=tuple(p for text in said.get("join_eui_prefixes", ()) if (p := parse_prefix(text, 64))),
    )


def _bridge_filter(case: Case) -> UplinkFilter:
    ranges = tuple((int(first, 16), int(last, 16)) for first, last in case["join_euis"])
    return UplinkFilter(net_ids=tuple(int(text, 16) for text in case["net_ids"]), join_eui_ranges=ranges)


def _frame_of(phy: Mapping[str, str]) -> bytes:
    """A frame with what the case says of it, and zeros."""
    match phy["type"]:
        case "jreq":
            return b"\x00" + int(phy["JoinEUI"], 16).to_bytes(8, "little") + bytes(14)
        case "rejoin1":
            return b"\xc0\x01" + int(phy["JoinEUI"], 16).to_bytes(8, "little") + bytes(14)
        case "rejoin0":
            return b"\xc0\x00" + int(phy["netid"], 16).to_bytes(3, "little") + bytes(14)
        case _:
            return b"\x40" + net_id_prefix(int(phy["netid"], 16)).value.to_bytes(4, "little") + bytes(7)
