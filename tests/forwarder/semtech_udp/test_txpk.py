"""Requests to transmit: what is asked for, or the key that is wrong."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.backend import AtCounter, AtGpsTime, AtOnce, Timing, TxReceipt
from forwarder.semtech_udp.messages import MalformedDatagramError
from forwarder.semtech_udp.txpk import decode_txpk, encode_txpk_ack
from radio.packets import CodingRate, Modulation, TxPacket, TxStatus
from tests.forwarder.semtech_udp.requests import FSK, txpk


def test_a_lora_request() -> None:
    packet, timing = decode_txpk(txpk())
    assert timing == AtCounter(54_000_000)
    assert packet == TxPacket(
        payload=bytes.fromhex("01264b7095badf04294e7398"),
        freq_hz=868_100_000,
        power_dbm=14,
        bandwidth_hz=125_000,
        spreading_factor=7,
        coding_rate=CodingRate.CR_4_5,
        invert_polarity=True,
    )


def test_an_fsk_request() -> None:
    packet, timing = decode_txpk(txpk(FSK))
    assert timing == AtOnce()
    assert packet == TxPacket(
        payload=bytes((1, 2, 3)),
        freq_hz=868_800_000,
        power_dbm=14,
        modulation=Modulation.FSK,
        bitrate_bps=50_000,
        deviation_hz=25_000,
    )


@pytest.mark.parametrize(
    ("changes", "timing"),
    [
        ({"imme": True}, AtOnce()),
        ({"tmst": 4_294_967_295}, AtCounter(4_294_967_295)),
        ({"tmst": 807_605_501.7}, AtCounter(807_605_501)),
        ({"tmms": 1_000_000_000_000}, AtCounter(54_000_000)),
    ],
)
def test_when_to_transmit(changes: dict[str, Any], timing: Timing) -> None:
    assert decode_txpk(txpk(**changes))[1] == timing


def test_a_gps_time_serves_where_there_is_no_counter() -> None:
    assert decode_txpk(txpk(without="tmst", tmms=1_451_628_018_000))[1] == AtGpsTime(1_451_628_018_000)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("4/5", CodingRate.CR_4_5),
        ("2/3", CodingRate.CR_4_6),
        ("4/7", CodingRate.CR_4_7),
        ("1/2", CodingRate.CR_4_8),
        ("2/4", CodingRate.CR_4_8),
    ],
)
def test_coding_rates_come_in_several_spellings(text: str, rate: CodingRate) -> None:
    assert decode_txpk(txpk(codr=text))[0].coding_rate is rate


@pytest.mark.parametrize(("prea", "preamble"), [(10, 10), (4, 6), (0, 6)])
def test_a_preamble_that_receivers_would_miss_is_lengthened(prea: int, preamble: int) -> None:
    assert decode_txpk(txpk(prea=prea))[0].preamble == preamble


def test_options_may_be_left_out() -> None:
    packet, _ = decode_txpk(txpk(without="ipol"))
    assert (packet.invert_polarity, packet.crc, packet.implicit_header, packet.preamble) == (False, True, False, 0)
    packet, _ = decode_txpk(txpk(ncrc=True, nhdr=True))
    assert (packet.crc, packet.implicit_header) == (False, True)
    assert decode_txpk(txpk(without="powe"))[0].power_dbm == 0
    assert decode_txpk(txpk(powe=14.7))[0].power_dbm == 14


def test_padding_and_what_follows_the_object_do_not_matter() -> None:
    assert decode_txpk(txpk(data="ASZLcJW63wQpTnM", size=11))[0].payload == bytes.fromhex("01264b7095badf04294e73")
    assert decode_txpk(b"  " + txpk() + b" trailing") == decode_txpk(txpk())


@pytest.mark.parametrize("key", ["tmst", "freq", "rfch", "modu", "datr", "codr", "size", "data"])
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(MalformedDatagramError, match=f"txpk.{key} is missing"):
        decode_txpk(txpk(without=key))


def test_fsk_needs_its_deviation() -> None:
    with pytest.raises(MalformedDatagramError, match=r"txpk\.fdev is missing"):
        decode_txpk(txpk(FSK, without="fdev"))


@pytest.mark.parametrize(
    ("request_", "key", "value"),
    [
        (None, "tmst", "abc"),
        (None, "tmst", 4_294_967_296),
        (None, "tmst", True),
        (None, "imme", 1),
        (None, "freq", "868.1"),
        (None, "freq", -1),
        (None, "freq", 1e300),
        (None, "rfch", 2),
        (None, "powe", "14"),
        (None, "modu", "lora"),
        (None, "modu", "LR-FHSS"),
        (None, "datr", "SF4BW125"),
        (None, "datr", "SF13BW125"),
        (None, "datr", "SF7BW62"),
        (None, "datr", "SF7BW125 "),
        (None, "datr", 50_000),
        (None, "codr", "5/5"),
        (None, "ipol", "yes"),
        (None, "ncrc", None),
        (None, "prea", -1),
        (None, "size", 5),
        (None, "size", 256),
        (None, "data", 3),
        (FSK, "datr", 499),
        (FSK, "datr", "SF7BW125"),
        (FSK, "fdev", 500),
    ],
)
def test_a_wrong_value_is_named_with_its_key(request_: dict[str, Any] | None, key: str, value: Any) -> None:
    with pytest.raises(MalformedDatagramError, match=f"txpk.{key} = .*: must be "):
        decode_txpk(txpk(request_, **{key: value}))


@pytest.mark.parametrize("data", ["!!!!????####", "QUJDR", "AS-_", "ä"])
def test_a_payload_that_is_no_base64_is_refused_and_not_repeated(data: str) -> None:
    with pytest.raises(MalformedDatagramError, match=r"txpk\.data is no base64") as caught:
        decode_txpk(txpk(data=data))
    assert data not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"this is not json", b"[]", b'{"foo":1}', b'{"txpk":[]}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_request_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedDatagramError, match="PULL_RESP with"):
        decode_txpk(body)


@given(st.binary(max_size=255))
def test_a_payload_arrives_bit_by_bit(payload: bytes) -> None:
    assert decode_txpk(txpk(data=base64.b64encode(payload).decode(), size=len(payload)))[0].payload == payload


@pytest.mark.parametrize(
    ("receipt", "content"),
    [
        (TxReceipt(TxStatus.TOO_LATE), {"error": "TOO_LATE"}),
        (TxReceipt(TxStatus.DUTY_CYCLE_OVERFLOW), {"error": "DUTY_CYCLE_OVERFLOW"}),
        (TxReceipt(TxStatus.INVALID), {"error": "INTERNAL_ERROR"}),
        (TxReceipt(TxStatus.RADIO_DOWN), {"error": "INTERNAL_ERROR"}),
        (TxReceipt(TxStatus.OK, power_used_dbm=27), {"warn": "TX_POWER", "value": 27}),
    ],
)
def test_an_answer_says_what_happens(receipt: TxReceipt, content: dict[str, object]) -> None:
    assert json.loads(encode_txpk_ack(receipt)) == {"txpk_ack": content}


def test_plain_success_needs_no_words() -> None:
    assert encode_txpk_ack(TxReceipt(TxStatus.OK)) == b""
