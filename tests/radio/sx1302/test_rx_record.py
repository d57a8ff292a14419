"""Records to packets: what the reference recordings cannot show."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.counter import first_reading
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket
from radio.sx1302.plan import ConcentratorPlan, FskChannel, LoraStdChannel, Radio, TemperatureCompensation
from radio.sx1302.rx_record import (
    Reception,
    Rejection,
    channel_facts,
    decode,
    fsk_bitrate,
    if_error_hz,
    implicit_settings,
    temperature_offset_db,
)
from tests.radio.plans import EU868, ONE_RADIO
from tests.radio.sx1302.record_builder import checksummed, record

PAYLOAD = b"city light"
IMPLICIT = msgspec.structs.replace(
    EU868, lora_std=LoraStdChannel(1, 0, implicit_header=True, implicit_crc=True, implicit_coding_rate=3)
)


def reception(plan: ConcentratorPlan = EU868, temperature_c: float | None = None) -> Reception:
    """What a record is read by, ten seconds after the chip's reset."""
    return Reception(
        channels=channel_facts(plan, temperature_c),
        counter=first_reading(10_000_000, 0.0),
        pps_history=(),
        fine_timestamp=plan.fine_timestamp is not None,
        implicit=implicit_settings(plan),
        fsk_bitrate_bps=fsk_bitrate(plan),
    )


def decoded(raw: bytes, plan: ConcentratorPlan = EU868, temperature_c: float | None = None) -> RxPacket:
    """The packet in a record that has one."""
    packet = decode(raw, reception(plan, temperature_c))
    assert isinstance(packet, RxPacket), packet
    return packet


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"channel": 10}, Rejection.CHANNEL),
        ({"channel": 255}, Rejection.CHANNEL),
        ({"modem": 18}, Rejection.MODEM),
        ({"spreading_factor": 4}, Rejection.SPREADING_FACTOR),
        ({"spreading_factor": 13}, Rejection.SPREADING_FACTOR),
        ({"channel": 8, "spreading_factor": 0, "modem": 17}, Rejection.SPREADING_FACTOR),
        ({"crc": 0x1234}, Rejection.PAYLOAD_CRC),
    ],
)
def test_a_record_that_cannot_be_is_rejected_with_its_reason(wrong: dict[str, Any], why: Rejection) -> None:
    assert decode(record(PAYLOAD, **wrong), reception()) is why


records = st.builds(
    lambda body, size, metrics: checksummed(
        b"\xa5\xc0" + bytes((size,)) + body[: 18 + size] + bytes((metrics,)) + bytes(2 * metrics)
    ),
    st.binary(min_size=18 + 40, max_size=18 + 40),
    st.integers(0, 40),
    st.integers(0, 8),
)


@given(records, st.sampled_from((EU868, ONE_RADIO, IMPLICIT)))
def test_any_record_with_a_right_checksum_is_a_packet_or_a_rejection(raw: bytes, plan: ConcentratorPlan) -> None:
    result = decode(raw, reception(plan, 20.0))
    assert isinstance(result, RxPacket | Rejection)
    if isinstance(result, RxPacket):
        assert result.payload == raw[9 : 9 + raw[2]]
        assert 0 <= result.counter_us < 1 << 32


@pytest.mark.parametrize(
    ("flags", "present", "status"),
    [(0, True, CrcStatus.OK), (1, True, CrcStatus.BAD), (0, False, CrcStatus.ABSENT), (1, False, CrcStatus.ABSENT)],
)
def test_the_checksum_s_status(flags: int, present: bool, status: CrcStatus) -> None:
    assert decoded(record(PAYLOAD, flags=flags, crc_present=present)).crc_status is status


def test_a_damaged_payload_is_passed_on_as_damaged_rather_than_rejected() -> None:
    assert decoded(record(PAYLOAD, flags=1, crc=0x1234)).crc_status is CrcStatus.BAD


def test_without_a_header_the_plan_knows_coding_rate_and_checksum() -> None:
    raw = record(PAYLOAD, channel=8, modem=16, coding_rate=1, crc_present=False)
    packet = decoded(raw, IMPLICIT)
    assert (packet.coding_rate, packet.crc_status) == (CodingRate.CR_4_7, CrcStatus.OK)
    assert decoded(raw).coding_rate is CodingRate.CR_4_5


@pytest.mark.parametrize("coding_rate", [0, 5, 6, 7])
def test_an_unknown_coding_rate_is_none(coding_rate: int) -> None:
    assert decoded(record(PAYLOAD, coding_rate=coding_rate)).coding_rate is None


@pytest.mark.parametrize(
    ("channel", "freq_hz", "rf_chain"), [(0, 868_100_000, 1), (3, 867_100_000, 0), (8, 868_300_000, 1)]
)
def test_frequency_and_chain_are_the_plan_s(channel: int, freq_hz: int, rf_chain: int) -> None:
    packet = decoded(record(PAYLOAD, channel=channel))
    assert (packet.freq_hz, packet.rf_chain, packet.channel) == (freq_hz, rf_chain, channel)


@given(st.integers(-(1 << 19), (1 << 19) - 1))
def test_a_frequency_error_is_signed_and_scaled_by_the_bandwidth(error: int) -> None:
    narrow = decoded(record(PAYLOAD, frequency_error=error)).freq_offset_hz
    wide = decoded(record(PAYLOAD, channel=8, frequency_error=error)).freq_offset_hz
    assert narrow == pytest.approx(error * 125_000 / 2**20 + if_error_hz(-400_000), abs=1)
    assert wide == pytest.approx(error * 250_000 / 2**20 + if_error_hz(-200_000), abs=1)


@given(st.integers(-800_000, 800_000))
def test_the_if_register_s_rounding_is_less_than_a_step(if_hz: int) -> None:
    error_hz = if_error_hz(if_hz)
    assert abs(error_hz) <= 489
    assert error_hz == 0 or (error_hz > 0) is (if_hz > 0)


def test_snr_is_signed_quarters() -> None:
    assert decoded(record(PAYLOAD, snr_quarters=-37)).snr_db == -9.25


def test_rssi_follows_the_temperature_by_the_board_s_curve() -> None:
    raw = record(PAYLOAD, rssi_channel=130, rssi_signal=120)
    cold, warm, unknown = (decoded(raw, temperature_c=celsius) for celsius in (0.0, 40.0, None))
    drift_db = (20.41 * 40**2 + 2162.56 * 40) / 65536
    assert warm.rssi_channel_dbm - cold.rssi_channel_dbm == pytest.approx(drift_db)
    assert warm.rssi_signal_dbm - cold.rssi_signal_dbm == pytest.approx(drift_db)
    assert unknown.rssi_channel_dbm == pytest.approx(130 - 215.4)


def test_all_five_coefficients_count() -> None:
    curve = TemperatureCompensation(a=1.0, b=2.0, c=3.0, d=4.0, e=5.0)
    assert temperature_offset_db(curve, -2.0) == pytest.approx((16 - 16 + 12 - 8 + 5) / 65536)


def test_each_radio_has_its_own_offset() -> None:
    plan = msgspec.structs.replace(
        EU868, radios=(Radio(867_500_000, rssi_offset_db=-200.0), Radio(868_500_000, rssi_offset_db=-210.0))
    )
    levels = [decoded(record(PAYLOAD, channel=channel), plan).rssi_channel_dbm for channel in (0, 3)]
    assert levels == [120 - 210.0, 120 - 200.0]


def test_an_fsk_packet() -> None:
    plan = msgspec.structs.replace(EU868, fsk=FskChannel(1, 300_000, bandwidth_hz=250_000, bitrate_bps=100_000))
    packet = decoded(record(PAYLOAD, channel=9, modem=17, spreading_factor=0, coding_rate=0, crc=0xBEEF), plan)
    assert (packet.modulation, packet.bitrate_bps, packet.bandwidth_hz) == (Modulation.FSK, 100_000, 250_000)
    assert (packet.spreading_factor, packet.coding_rate, packet.crc_status) == (0, None, CrcStatus.OK)
    assert packet.freq_hz == 868_800_000


@given(st.integers(0, 9_000_000))
def test_a_stamp_becomes_the_counter_at_the_packet_s_end(stamp_us: int) -> None:
    early, late = (decoded(record(PAYLOAD, stamp_us=us)).counter_us for us in (stamp_us + 10_000, stamp_us + 11_000))
    assert late - early == 1_000
    assert stamp_us < early <= stamp_us + 10_000
