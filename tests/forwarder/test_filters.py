"""Which uplinks a server is given."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.filters import Prefix, UplinkFilter, net_id_prefix, parse_prefix
from radio.packets import CrcStatus

RECORDED = (
    Path(os.environ.get("CANDELABRE_SHARED", Path(__file__).parents[3] / "shared")) / "protocols" / "gw_proto.json"
)
JOIN = bytes.fromhex("00080706050403020100000000000000000000")
DATA = bytes.fromhex("4004030201000000")
REJOIN_0 = bytes.fromhex("c000130000") + bytes(14)
REJOIN_1 = bytes.fromhex("c0010807060504030201") + bytes(14)


def dev_addrs(*texts: str) -> tuple[Prefix, ...]:
    return tuple(prefix for text in texts if (prefix := parse_prefix(text, 32)))


def join_euis(*texts: str) -> tuple[Prefix, ...]:
    return tuple(prefix for text in texts if (prefix := parse_prefix(text, 64)))


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"no recorded cases in {RECORDED} (set CANDELABRE_SHARED)")
def test_the_recorded_cases() -> None:
    cases: list[dict[str, Any]] = json.loads(RECORDED.read_text())["filters_mqtt_forwarder"]
    for case in cases:
        settings = case["filters"]
        wanted = UplinkFilter(
            lorawan_only=settings["lorawan_only"],
            dev_addr_prefixes=dev_addrs(*settings.get("dev_addr_prefixes", ())),
            join_eui_prefixes=join_euis(*settings.get("join_eui_prefixes", ())),
        )
        assert wanted.passes_address(bytes.fromhex(case["phy_payload_hex"])) is case["passes"], case["name"]


def test_by_default_everything_with_a_good_checksum_passes() -> None:
    for frame in (DATA, JOIN, REJOIN_0, b"", b"\xff\xff"):
        assert [UplinkFilter().passes(frame, status) for status in CrcStatus] == [True, False, False]


@pytest.mark.parametrize("status", CrcStatus)
def test_checksums_can_be_chosen(status: CrcStatus) -> None:
    assert UplinkFilter(crc=frozenset({status})).passes(DATA, status)
    assert not UplinkFilter(crc=frozenset()).passes(DATA, status)


@pytest.mark.parametrize(
    ("frame", "is_uplink"),
    [
        (DATA, True),
        (b"\x80" + DATA[1:], True),
        (JOIN, True),
        (b"\x20" + JOIN[1:], False),
        (b"\x60" + DATA[1:], False),
        (b"\xa0" + DATA[1:], False),
        (b"\xe0" + DATA[1:], False),
        (REJOIN_0, False),
        (DATA[:4], False),
        (JOIN[:16], False),
        (b"", False),
    ],
)
def test_lorawan_only_leaves_out_what_is_no_data_and_no_join(frame: bytes, *, is_uplink: bool) -> None:
    assert UplinkFilter(lorawan_only=True).passes_address(frame) is is_uplink
    assert UplinkFilter(lorawan_only=False).passes_address(frame)


def test_lists_are_each_of_one_kind_of_frame() -> None:
    elsewhere = UplinkFilter(dev_addr_prefixes=dev_addrs("FF000000/8"))
    assert not elsewhere.passes_address(DATA)
    assert elsewhere.passes_address(JOIN)
    other_joins = UplinkFilter(join_eui_prefixes=join_euis("FF00000000000000/8"))
    assert other_joins.passes_address(DATA)
    assert not other_joins.passes_address(JOIN)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_prefix_compares_as_many_bits_as_it_says(address: int, value: int, length: int) -> None:
    same = f"{address:032b}"[:length] == f"{value:032b}"[:length]
    assert (address in Prefix(value, length, 32)) is same


def test_a_prefix_of_no_length_is_everybody() -> None:
    assert UplinkFilter(dev_addr_prefixes=dev_addrs("01000000/0")).passes_address(b"\x40\xff\xff\xff\xff")


@pytest.mark.parametrize(
    "text", ["", "01000000", "0100000/8", "010000000/8", "01000000/33", "01000000/-1", "0100000g/8", "01 00 00/8", "/8"]
)
def test_what_is_no_prefix(text: str) -> None:
    assert parse_prefix(text, 32) is None


def test_join_eui_ranges_hold_both_their_ends() -> None:
    eui = 0x0102030405060708
    for first, last, passes in ((eui, eui, True), (eui - 1, eui, True), (eui + 1, eui + 2, False), (0, eui - 1, False)):
        assert UplinkFilter(join_eui_ranges=((first, last),)).passes_address(JOIN) is passes
        assert UplinkFilter(join_eui_ranges=((first, last),), lorawan_only=True).passes_address(REJOIN_1) is passes


@pytest.mark.parametrize(
    ("net_id", "first", "length"),
    [
        (0x000000, 0x00000000, 7),
        (0x000013, 0x26000000, 7),
        (0x200010, 0x90000000, 8),
        (0x60002D, 0xE05A0000, 15),
        (0xC00053, 0xFC014C00, 22),
    ],
)
def test_the_dev_addrs_of_a_network(net_id: int, first: int, length: int) -> None:
    assert net_id_prefix(net_id) == Prefix(first, length, 32)


def test_net_ids_choose_data_by_dev_addr_and_rejoins_by_what_they_say() -> None:
    ours = UplinkFilter(net_ids=(0x000013,))
    assert ours.passes_address(b"\x40" + (0x26011234).to_bytes(4, "little") + bytes(7))
    assert not ours.passes_address(b"\x40" + (0x28011234).to_bytes(4, "little") + bytes(7))
    assert ours.passes_address(REJOIN_0)
    assert not ours.passes_address(b"\xc0\x00\x14\x00\x00" + bytes(14))
