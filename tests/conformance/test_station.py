"""The comparisons with Basics Station's recordings pass, and fail where they should."""

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import station_downlink, station_router_config, station_uplink

SHARED = Path(os.environ.get("CANDELABRE_SHARED", Path(__file__).parents[3] / "shared"))
PROTOCOLS = SHARED / "protocols"
pytestmark = pytest.mark.skipif(not PROTOCOLS.is_dir(), reason=f"no protocol recordings in {PROTOCOLS}")
Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    found: list[Case] = json.loads((PROTOCOLS / f"golden_station_{name}.json").read_text())["cases"]
    return found


def case(name: str, beginning: str) -> Case:
    return copy.deepcopy(next(each for each in cases(name) if each["name"].startswith(beginning)))


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (station_uplink.check, "uplink"),
        (station_downlink.check, "downlink"),
        (station_router_config.check, "router_config"),
    ],
)
def test_every_case_passes(check: Callable[[Path], Any], name: str) -> None:
    outcome = check(PROTOCOLS / f"golden_station_{name}.json")
    assert outcome.failures == []
    assert outcome.passed >= len(cases(name))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one["expected"].update(DR=4),
        lambda one: one["expected"].update(DevAddr=1),
        lambda one: one["expected"]["upinfo"].update(rssi=-51),
        lambda one: one["expected"].pop("MIC"),
        lambda one: one["expected"].update(more=1),
        lambda one: one.update(dropped=True),
        lambda one: one.update(context="another planet"),
    ],
)
def test_another_uplink_fails(spoil: Callable[[Case], object]) -> None:
    one = case("uplink", "updf unconfirmed")
    assert station_uplink.differences(one, set()) == []
    spoil(one)
    assert station_uplink.differences(one, set())


def test_an_uplink_that_station_drops_and_no_deviation_explains_fails() -> None:
    one = case("uplink", "bad CRC")
    one.update(dropped=False, expected={})
    assert station_uplink.differences(one, set())


@pytest.mark.parametrize(
    ("beginning", "frame", "deviation"),
    [
        # Another network's, with the same seven bits.
        ("netid/joineui filter: DevAddr 0x26", bytes.fromhex("40000000fe") + bytes(7), "whole NetIDs"),
        ("netid/joineui filter: JoinEui at lower", b"\0" + bytes(22), "ranges that begin with 0"),
    ],
)
def test_what_station_lets_pass_for_its_few_bits_is_a_deviation(beginning: str, frame: bytes, deviation: str) -> None:
    one = case("uplink", beginning)
    one["input"]["phy_payload_hex"] = frame.hex()
    used: set[str] = set()
    assert station_uplink.differences(one, used) == []
    assert used == {deviation}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one["radio_tx"][0].update(freq_hz=1),
        lambda one: one["radio_tx"][0].update(rf_power=17),
        lambda one: one["radio_tx"][0].update(no_crc=0),
        lambda one: one["radio_tx"][0].update(payload="00"),
        lambda one: one["radio_tx"][0].update(_delta_us_from_uplink_xtime=1_000_001),
        lambda one: one["radio_tx"].clear(),
        lambda one: one["station_replies"].clear(),
        lambda one: one["station_replies"][0].update(diid=1),
        lambda one: one["station_replies"][0].update(xtime_minus_uplink_xtime=1),
    ],
)
def test_another_downlink_fails(spoil: Callable[[Case], object]) -> None:
    one = case("downlink", "A: RX1+RX2 given")
    assert station_downlink.differences(one, set()) == []
    spoil(one)
    assert station_downlink.differences(one, set())


@pytest.mark.parametrize("key", ["uplink_forwarded", "downlink", "ws_still_open"])
def test_another_outcome_of_a_configuration_fails(key: str) -> None:
    one = next(each for each in cases("router_config") if each.get("router_config") == "sx1302_conf instead")
    assert station_router_config.differences(one, set()) == []
    assert station_router_config.differences(one | {key: "other"}, set())


def test_another_power_fails() -> None:
    one = cases("router_config")[0]
    assert station_router_config.differences(one | {"downlink_868.1": "TX power 17"}, set())


def test_other_join_requests_fail() -> None:
    one = {"JoinEui": [[16, 32]], "station_passes": ["0x10", "0x64"]}
    assert station_router_config.range_differences(one, ["0x8", "0x10", "0x64"], set())
