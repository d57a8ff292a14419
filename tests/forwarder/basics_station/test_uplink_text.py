"""Packets as the protocol's JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.basics_station.router_config import RouterConfig, read_router_config
from forwarder.basics_station.uplink_text import UplinkTimes, uplink_text
from radio.packets import RxPacket
from tests.forwarder.basics_station.bench import router_config
from tests.forwarder.semtech_udp.uplinks import FSK, packets
from tests.packets import packet

CONFIG = read_router_config(router_config())
TIMES = UplinkTimes(xtime=68_116_944_640_545_510, unix_us=1_795_545_045_855_429, gps_us=0)
DATA = "4004030201809001010403020144332211"


def told(
    payload: str = DATA, config: RouterConfig = CONFIG, times: UplinkTimes = TIMES, **changes: Any
) -> dict[str, Any]:
    text = uplink_text(packet(payload=bytes.fromhex(payload), **changes), times, config)
    assert text is not None
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_data_frame() -> None:
    assert told(rssi_signal_dbm=-113.9, snr_db=-7.25) == {
        "msgtype": "updf",
        "MHdr": 64,
        "DevAddr": 0x0102_0304,
        "FCtrl": 128,
        "FCnt": 400,
        "FOpts": "",
        "FPort": 1,
        "FRMPayload": "04030201",
        "MIC": 0x1122_3344,
        "RefTime": 0.0,
        "DR": 5,
        "Freq": 868_300_000,
        "upinfo": {
            "rctx": 0,
            "xtime": 68_116_944_640_545_510,
            "gpstime": 0,
            "fts": -1,
            "rssi": -113,
            "snr": -7.25,
            "rxtime": 1795545045.855429,
        },
    }


def test_addresses_and_mics_above_two_to_the_31_are_negative() -> None:
    message = told("40f6ffffff00010001aaf6ffffff")
    assert (message["DevAddr"], message["MIC"]) == (-10, -10)


def test_a_port_without_payload_is_not_the_same_as_none() -> None:
    assert (told("4004030201000a0007000000")["FPort"], told("4004030201000a000707000000")["FPort"]) == (-1, 7)


def test_times_that_nobody_is_sure_of_are_0() -> None:
    upinfo = told(times=UplinkTimes(1 << 48, 0, 0))["upinfo"]
    assert (upinfo["rxtime"], upinfo["gpstime"]) == (0, 0)


def test_times_that_are_known() -> None:
    message = told(times=UplinkTimes(1, 2, 1_451_628_018_000_000, 1234.5), fine_time_ns=123_456_789)
    assert (message["RefTime"], message["upinfo"]["gpstime"]) == (1234.5, 1_451_628_018_000_000)
    assert (message["upinfo"]["rxtime"], message["upinfo"]["fts"]) == (2e-6, 123_456_789)


def test_the_server_s_spelling_of_euis() -> None:
    spelled = read_router_config(router_config(JoinEUI=None) | {"JoinEUI": []})
    message = told("00080706050403020208070605040302031400f6ffffff", spelled)
    assert (message["JoinEUI"], message["DevEUI"]) == ("02-02-03-04-05-06-07-08", "03-02-03-04-05-06-07-08")


@pytest.mark.parametrize(
    ("payload", "msgtype"),
    [
        ("20" + "00" * 16, "jacc"),
        ("6004030201000a0007000000", "dndf"),
        ("a004030201000a0007000000", "dndf"),
        ("8004030201000a0007000000", "updf"),
        ("e0", "propdf"),
    ],
)
def test_other_frames(payload: str, msgtype: str) -> None:
    assert told(payload)["msgtype"] == msgtype


def test_fsk_has_a_data_rate_and_one_level() -> None:
    fsk: dict[str, Any] = FSK
    message = told(**fsk, rssi_channel_dbm=-80.5, rssi_signal_dbm=0.0)
    assert (message["DR"], message["upinfo"]["rssi"]) == (7, -80)


def test_a_data_rate_that_the_server_has_not_cannot_be_said() -> None:
    assert uplink_text(packet(payload=bytes.fromhex(DATA), bandwidth_hz=500_000), TIMES, CONFIG) is None


@given(packets, st.sampled_from([CONFIG, RouterConfig()]))
def test_whatever_is_heard_becomes_one_json_object_or_none(heard: RxPacket, config: RouterConfig) -> None:
    text = uplink_text(heard, TIMES, config)
    assert text is None or isinstance(json.loads(text)["upinfo"]["rssi"], int)


@given(st.binary(max_size=40))
def test_so_do_frames_of_any_kind(payload: bytes) -> None:
    text = uplink_text(packet(payload=payload), TIMES, CONFIG)
    assert text is None or json.loads(text)["DR"] == 5
