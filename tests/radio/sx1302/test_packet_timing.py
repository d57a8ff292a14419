"""What lies between a time stamp and the end of its packet; the values are shown by the reference recordings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.airtime import lora_airtime
from radio.simulator.lora_timing import demodulation_delay_us
from radio.sx1302.packet_timing import (
    end_of_header_correction_us,
    end_of_packet_correction_us,
    fsk_correction_us,
)

lora = (
    st.integers(5, 12),
    st.sampled_from((125_000, 250_000, 500_000)),
    st.integers(1, 4),
    st.integers(0, 255),
    st.booleans(),
)


@given(*lora)
def test_the_correction_undoes_the_chip_s_own_delay(
    spreading_factor: int, bandwidth_hz: int, coding_rate: int, size_bytes: int, crc: bool
) -> None:
    correction_us = end_of_packet_correction_us(spreading_factor, bandwidth_hz, coding_rate, size_bytes, crc)
    assert correction_us == -demodulation_delay_us(size_bytes, spreading_factor, bandwidth_hz, coding_rate, crc)
    assert correction_us < 0


@given(*lora)
def test_a_fine_stamp_is_earlier_than_the_end_by_the_payload_alone(
    spreading_factor: int, bandwidth_hz: int, coding_rate: int, size_bytes: int, crc: bool
) -> None:
    correction_us = end_of_header_correction_us(spreading_factor, bandwidth_hz, coding_rate, size_bytes, crc)
    airtime = lora_airtime(spreading_factor, bandwidth_hz, coding_rate, size_bytes, crc=crc)
    filters_us = 16 * 125_000 / bandwidth_hz + 2.03125
    assert correction_us == pytest.approx(airtime.payload_symbols * airtime.symbol_us - filters_us, abs=1.5)


@pytest.mark.parametrize("coding_rate", [0, 5, 7])
def test_an_unknown_coding_rate_is_left_uncorrected(coding_rate: int) -> None:
    assert end_of_packet_correction_us(7, 125_000, coding_rate, 20, True) == 0
    assert end_of_header_correction_us(7, 125_000, coding_rate, 20, True) == 0


@pytest.mark.parametrize(("bitrate_bps", "correction_us"), [(500, 1340), (50_000, -7), (250_000, -18)])
def test_fsk_by_its_bit_rate(bitrate_bps: int, correction_us: int) -> None:
    assert fsk_correction_us(bitrate_bps) == correction_us
