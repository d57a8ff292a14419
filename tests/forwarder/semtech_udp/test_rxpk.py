"""The JSON of PUSH_DATA."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.backend import GatewayStats, Uplink
from forwarder.semtech_udp.messages import MalformedDatagramError
from forwarder.semtech_udp.rxpk import decode_push_body, encode_rxpk, rxpk_bodies, stat_body
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket
from tests.conformance.fwd_up import compare as compare_row
from tests.forwarder.semtech_udp import recorded_packets
from tests.forwarder.semtech_udp.uplinks import FSK, uplink, uplinks
from tests.packets import packet

STATS = GatewayStats(
    unix_time_s=1_795_545_930,
    packets_received=4,
    packets_crc_ok=2,
    packets_forwarded=2,
    downlinks_received=0,
    downlinks_emitted=0,
    temperature_c=25.0,
)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rxpk(given_uplink: Uplink) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(encode_rxpk(given_uplink))
    return decoded


@pytest.fixture(scope="module")
def conf(recordings: Path) -> dict[str, Any]:
    """The recorded configuration, as the reference reads it."""
    decoded: dict[str, Any] = json.loads((recordings / "start_EU868.conf.json").read_text())["SX130x_conf"]
    return decoded


def test_recorded_datagrams_are_reproduced(recordings: Path, conf: dict[str, Any]) -> None:
    compared = [row for row in rows(recordings / "fwd_up_vectors.jsonl") if row["class"] != "malformed"]
    differences = {
        row["id"]: found
        for row in compared
        if (found := compare(row, [up.packet for up in recorded_packets.uplinks(row, conf)]))
    }
    assert len(compared) > 50
    assert differences == {}


def compare(row: dict[str, Any], packets: list[RxPacket]) -> list[str]:
    return compare_row(row, packets, reference_lost=False)


def recorded_with_time(recordings: Path) -> Iterator[dict[str, Any]]:
    for part in rows(recordings / "fwd_gps_stat_vectors.jsonl"):
        yield from (row for row in part["rows"] if row["class"] in {"gps_rxpk", "ftime_rxpk"})


def test_recorded_times_are_reproduced_to_the_letter(recordings: Path, conf: dict[str, Any]) -> None:
    for row in recorded_with_time(recordings):
        ours = ",".join(encode_rxpk(up) for up in recorded_packets.uplinks(row, conf))
        assert f'{{"rxpk":[{ours}]}}' == row["json"]


def test_a_difference_is_found(recordings: Path, conf: dict[str, Any]) -> None:
    row = rows(recordings / "fwd_up_vectors.jsonl")[0]
    (packet,) = (up.packet for up in recorded_packets.uplinks(row, conf))
    tampered = row | {"json": row["json"].replace('"rssi":-87', '"rssi":-88')}
    assert compare(tampered, [packet]) == ["rxpk[0].rssi: -87 instead of -88"]
    assert compare(row, [packet, packet]) == ["2 packets instead of 1"]
    assert compare(row, []) == ["0 datagrams instead of 1"]
    assert len(compare(row | {"json": None}, [packet])) == 1
    assert compare_row(row | {"json": None}, [packet], reference_lost=True) == []


def test_recorded_reports_are_reproduced(recordings: Path) -> None:
    part = next(part for part in rows(recordings / "fwd_gps_stat_vectors.jsonl") if part["session"] == "stat")
    theirs = json.loads(next(row["json"] for row in part["rows"] if row["id"] == "stat1"))
    theirs["stat"]["time"] = "2026-11-24 18:45:30 GMT"
    assert json.loads(stat_body(STATS, acknowledged_percent=100.0)) == theirs


def test_a_report_leaves_out_what_is_not_known() -> None:
    known = {"time", "rxnb", "rxok", "rxfw", "ackr", "dwnb", "txnb"}
    stats = GatewayStats(0, 0, 0, 0, 0, 0, latitude_deg=45.2, longitude_deg=5.7)
    assert json.loads(stat_body(stats, 0.0))["stat"].keys() == known


def test_a_report_tells_the_position() -> None:
    stats = GatewayStats(0, 0, 0, 0, 0, 0, latitude_deg=45.1850001, longitude_deg=5.7, altitude_m=212)
    stat = json.loads(stat_body(stats, 66.666))["stat"]
    assert (stat["lati"], stat["long"], stat["alti"], stat["ackr"]) == (45.185, 5.7, 212, 66.7)


@pytest.mark.parametrize(("dbm", "whole"), [(-113.5, -114), (-112.5, -113), (-113.49, -113), (0.5, 1)])
def test_levels_are_rounded_half_away_from_zero(dbm: float, whole: int) -> None:
    assert rxpk(uplink(rssi_channel_dbm=dbm))["rssi"] == whole
    assert rxpk(uplink(rssi_signal_dbm=dbm))["rssis"] == whole


@pytest.mark.parametrize(("snr_db", "text"), [(0.25, "0.2"), (0.75, "0.8"), (-8.25, "-8.2"), (9.5, "9.5")])
def test_snr_has_one_decimal_rounded_in_binary(snr_db: float, text: str) -> None:
    assert f'"lsnr":{text},' in encode_rxpk(uplink(snr_db=snr_db))


def test_frequency_keeps_every_hertz() -> None:
    assert '"freq":868.000001,' in encode_rxpk(uplink(freq_hz=868_000_001))


def test_an_unknown_coding_rate_is_off() -> None:
    assert rxpk(uplink(coding_rate=None))["codr"] == "OFF"
    assert rxpk(uplink(coding_rate=CodingRate.CR_4_8))["codr"] == "4/8"


def test_fsk_has_a_bit_rate_and_no_lora_fields() -> None:
    decoded = rxpk(Uplink(packet(**FSK)))
    assert decoded["datr"] == 50_000
    assert decoded.keys().isdisjoint({"codr", "lsnr", "rssis", "foff"})


@given(uplinks)
def test_any_packet_is_read_back(heard: Uplink) -> None:
    (read,) = decode_push_body(b'{"rxpk":[' + encode_rxpk(heard).encode() + b"]}").rxpk
    packet = heard.packet
    assert (read.data, read.size, read.tmst) == (packet.payload, len(packet.payload), packet.counter_us)
    assert round(read.freq * 1e6) == packet.freq_hz
    assert CrcStatus(read.stat) is packet.crc_status
    assert Modulation(read.modu) is packet.modulation
    assert abs(read.rssi - packet.rssi_channel_dbm) <= 0.5
    assert (read.tmms, read.ftime) == (heard.gps_ms, packet.fine_time_ns)
    assert (read.time is None) == (heard.utc_ns is None)


@given(st.lists(st.integers(10, 300).map("x".__mul__)), st.integers(100, 400))
def test_bodies_hold_everything_in_order_within_the_limit(rxpks: list[str], max_bytes: int) -> None:
    bodies = list(rxpk_bodies(rxpks, max_bytes))
    read = [body.removeprefix(b'{"rxpk":[').removesuffix(b"]}").decode().split(",") for body, _ in bodies]
    assert [one for part in read for one in part] == rxpks
    assert [len(part) for part in read] == [count for _, count in bodies]
    assert all(len(body) <= max_bytes or count == 1 for body, count in bodies)


@given(st.lists(st.integers(10, 300).map("x".__mul__), min_size=2), st.integers(100, 400))
def test_no_body_could_have_held_the_next_packet_too(rxpks: list[str], max_bytes: int) -> None:
    bodies = list(rxpk_bodies(rxpks, max_bytes))
    firsts = [sum(count for _, count in bodies[:index]) for index in range(1, len(bodies))]
    for (body, _), first in zip(bodies, firsts, strict=False):
        assert len(body) + 1 + len(rxpks[first]) > max_bytes


@pytest.mark.parametrize("body", [b"", b"[]", b'{"rxpk":[{}]}', b'{"stat":{"time":"\xff"}}', b'{"a":' + b"[" * 100_000])
def test_an_unreadable_body_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedDatagramError):
        decode_push_body(body)


@given(st.binary())
def test_arbitrary_bodies_raise_nothing_else(body: bytes) -> None:
    try:
        decode_push_body(body)
    except MalformedDatagramError:
        return
