"""What an item of a downlink asks for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.backend import AtCounter, AtGpsTime, AtOnce
from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.downlink import ItemError, ack_status, request_of
from forwarder.chirpstack_mqtt.messages import TxAckStatus
from forwarder.chirpstack_mqtt.uplink import LATE_CONTEXT
from radio.packets import CodingRate, Modulation, TxPacket, TxStatus
from tests.forwarder.chirpstack_mqtt import strategies
from tests.forwarder.chirpstack_mqtt.frames import item


def test_a_lora_item() -> None:
    packet, timing = request_of(item(5))
    assert packet == TxPacket(
        payload=b"payload",
        freq_hz=868_100_000,
        power_dbm=14,
        modulation=Modulation.LORA,
        bandwidth_hz=125_000,
        spreading_factor=9,
        coding_rate=CodingRate.CR_4_5,
        crc=True,
        invert_polarity=True,
    )
    assert timing == AtCounter(59_000_000)


def test_an_fsk_item_has_the_usual_deviation_if_it_says_none() -> None:
    fsk = gw.Modulation(fsk=gw.FskModulationInfo(datarate=50_000))
    packet, _ = request_of(item(modulation=fsk))
    assert (packet.modulation, packet.bitrate_bps, packet.deviation_hz) == (Modulation.FSK, 50_000, 25_000)


def test_power_may_be_negative() -> None:
    assert request_of(item(power=-6))[0].power_dbm == -6


@pytest.mark.parametrize(("asked", "preamble"), [(0, 0), (4, 6), (8, 8), (65_535, 65_535)])
def test_preambles(asked: int, preamble: int) -> None:
    modulation = gw.Modulation(lora=gw.LoraModulationInfo(125_000, 9, code_rate=1, preamble=asked))
    assert request_of(item(modulation=modulation))[0].preamble == preamble


def test_only_no_crc_switches_the_checksum_off() -> None:
    modulation = gw.Modulation(lora=gw.LoraModulationInfo(125_000, 9, code_rate=1, no_crc=True))
    assert request_of(item(modulation=modulation))[0].crc is False


@pytest.mark.parametrize("rate", [1, 2, 3, 4])
def test_code_rates(rate: int) -> None:
    modulation = gw.Modulation(lora=gw.LoraModulationInfo(125_000, 9, code_rate=rate))
    assert request_of(item(modulation=modulation))[0].coding_rate is list(CodingRate)[rate - 1]


def test_the_counter_wraps_between_an_uplink_and_its_answer() -> None:
    _, timing = request_of(item(1, context=(2**32 - 1).to_bytes(4, "big")))
    assert timing == AtCounter(999_999)


def test_a_delay_of_nothing_is_the_uplinks_own_moment() -> None:
    _, timing = request_of(item(timing=gw.Timing(delay=gw.DelayTimingInfo())))
    assert timing == AtCounter(54_000_000)


def test_at_once_and_at_a_gps_time_need_no_uplink() -> None:
    at_once = gw.Timing(immediately=gw.ImmediatelyTimingInfo())
    assert request_of(item(timing=at_once, context=b""))[1] == AtOnce()
    gps = gw.Timing(gps_epoch=gw.GpsEpochTimingInfo(gw.Duration(5, 1_999_999)))
    assert request_of(item(timing=gps, context=bytes(16)))[1] == AtGpsTime(5_001)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"context": b""}, "context of 0 bytes"),
        ({"context": bytes(16)}, "context of 16 bytes"),
        ({"modulation": None}, "modulation"),
        ({"modulation": gw.Modulation()}, "modulation"),
        ({"modulation": gw.Modulation(lr_fhss=gw.LrFhssModulationInfo())}, "modulation"),
        ({"modulation": gw.Modulation(lora=gw.LoraModulationInfo(125_000, 13, code_rate=1))}, "SF13"),
        ({"modulation": gw.Modulation(lora=gw.LoraModulationInfo(203_000, 7, code_rate=1))}, "203000 Hz"),
        ({"modulation": gw.Modulation(lora=gw.LoraModulationInfo(125_000, 7))}, "code_rate 0"),
        ({"modulation": gw.Modulation(lora=gw.LoraModulationInfo(125_000, 7, code_rate=10))}, "code_rate 10"),
        ({"modulation": gw.Modulation(lora=gw.LoraModulationInfo(125_000, 7, code_rate=99))}, "code_rate 99"),
        (
            {"modulation": gw.Modulation(lora=gw.LoraModulationInfo(125_000, 7, code_rate=1, preamble=65_536))},
            "preamble",
        ),
        ({"modulation": gw.Modulation(fsk=gw.FskModulationInfo(datarate=1))}, "1 bit/s"),
        ({"timing": None}, "timing"),
        ({"timing": gw.Timing()}, "timing"),
        ({"timing": gw.Timing(delay=gw.DelayTimingInfo(gw.Duration(-1)))}, "delay"),
        ({"timing": gw.Timing(delay=gw.DelayTimingInfo(gw.Duration(2_148)))}, "delay"),
        ({"timing": gw.Timing(gps_epoch=gw.GpsEpochTimingInfo(gw.Duration(-1)))}, "gps_epoch"),
        ({"timing": gw.Timing(gps_epoch=gw.GpsEpochTimingInfo(gw.Duration(2**62)))}, "gps_epoch"),
    ],
)
def test_what_no_radio_can_do_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ItemError, match=named):
        request_of(item(**changes))


def test_the_answer_to_an_uplink_that_came_late_is_too_late() -> None:
    with pytest.raises(ItemError, match="was late") as late:
        request_of(item(context=LATE_CONTEXT))
    with pytest.raises(ItemError) as foreign:
        request_of(item(context=bytes(16)))
    assert (late.value.status, foreign.value.status) == (TxAckStatus.TOO_LATE, TxAckStatus.INTERNAL_ERROR)
    at_once = gw.Timing(immediately=gw.ImmediatelyTimingInfo())
    assert request_of(item(timing=at_once, context=LATE_CONTEXT))[1] == AtOnce()


def test_a_payload_that_is_too_long_and_an_item_of_nothing() -> None:
    with pytest.raises(ItemError, match="256 bytes"):
        request_of(gw.DownlinkFrameItem(bytes(256), item().tx_info))
    with pytest.raises(ItemError, match="tx_info"):
        request_of(gw.DownlinkFrameItem(b"payload"))


@given(strategies.any_of(gw.DownlinkFrameItem))
def test_any_item_is_a_request_or_a_mistake(any_item: gw.DownlinkFrameItem) -> None:
    try:
        packet, _ = request_of(any_item)
    except ItemError:
        return
    assert packet.payload == any_item.phy_payload


def test_each_of_our_refusals_has_a_word_of_the_servers() -> None:
    assert {status: ack_status(status).name for status in TxStatus} == {
        **{status: status.name for status in TxStatus},
        TxStatus.INVALID: "INTERNAL_ERROR",
        TxStatus.NOT_PERMITTED: "INTERNAL_ERROR",
        TxStatus.RADIO_DOWN: "INTERNAL_ERROR",
    }


@given(st.sampled_from(TxStatus))
def test_no_item_that_was_tried_is_said_to_be_ignored(status: TxStatus) -> None:
    assert ack_status(status) is not TxAckStatus.IGNORED
