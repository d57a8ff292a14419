"""Class B beacons: their octets, their frequency, their time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.airtime import tx_airtime_us
from radio.beacon import (
    BEACON_PERIOD_S,
    BEACON_PLANS,
    NS_PER_S,
    AntennaPosition,
    beacon_freq_hz,
    beacon_packet,
    beacon_payload,
    next_beacon_s,
)
from radio.packets import CodingRate, Modulation

BERN = AntennaPosition(46.9480, 7.4474)
# TS001-1.0.4, 13.4: the example's time, in seconds since the GPS epoch.
EXAMPLE_S = 0xCC020000
REGIONS = sorted(BEACON_PLANS)


def test_the_common_part_is_that_of_the_specification_s_example() -> None:
    assert beacon_payload(9, EXAMPLE_S, BERN)[:8] == bytes.fromhex("0000 000002CC A27E")


def test_the_gateway_s_part_is_that_of_the_specification_s_example() -> None:
    degrees = 0x002001 / (1 << 23) * 90, 0x038100 / (1 << 23) * 180
    assert beacon_payload(9, EXAMPLE_S, AntennaPosition(*degrees))[8:] == bytes.fromhex("00 012000 008103 DE55")


def test_an_rfu_octet_after_the_gateway_s_part_is_in_its_checksum() -> None:
    degrees = 0x002001 / (1 << 23) * 90, 0x038100 / (1 << 23) * 180
    payload = beacon_payload(10, EXAMPLE_S, AntennaPosition(*degrees))
    assert payload == bytes.fromhex("000000 000002CC A27E 00 012000 008103 00 50D4")


@pytest.mark.parametrize(("spreading_factor", "length"), [(8, 19), (9, 17), (10, 19), (12, 23)])
def test_the_length_follows_the_spreading_factor(spreading_factor: int, length: int) -> None:
    assert len(beacon_payload(spreading_factor, EXAMPLE_S, BERN)) == length


def test_other_spreading_factors_have_no_beacon() -> None:
    with pytest.raises(ValueError, match="SF7"):
        beacon_payload(7, EXAMPLE_S, BERN)


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "octets"),
    [
        (0.0, 0.0, "000000 000000"),
        (90.0, 180.0, "ffff7f ffff7f"),
        (-90.0, -180.0, "000080 000080"),
        (-45.0, 90.0, "0000c0 000040"),
        (47.2853, 8.5652, "0d4043 3f1706"),
    ],
)
def test_coordinates_are_24_bits(latitude_deg: float, longitude_deg: float, octets: str) -> None:
    payload = beacon_payload(9, EXAMPLE_S, AntennaPosition(latitude_deg, longitude_deg, antenna=2))
    assert payload[8:15] == b"\x02" + bytes.fromhex(octets)


@pytest.mark.parametrize("region", REGIONS)
def test_a_beacon_is_sent_without_header_checksum_or_inversion(region: str) -> None:
    packet = beacon_packet(BEACON_PLANS[region], 128 * 11_340_844, BERN, power_dbm=14)
    assert packet.modulation is Modulation.LORA
    assert packet.coding_rate is CodingRate.CR_4_5
    assert (packet.implicit_header, packet.crc, packet.invert_polarity) == (True, False, False)
    assert (packet.preamble, packet.rf_chain, packet.power_dbm) == (10, 0, 14)
    assert 50_000 < tx_airtime_us(packet) < 400_000


@pytest.mark.parametrize(
    ("region", "first_hz", "last_hz"),
    [("US915", 923_300_000, 927_500_000), ("AU915", 923_300_000, 927_500_000), ("CN470", 508_300_000, 509_700_000)],
)
def test_hopping_regions_take_their_eight_channels_in_turn(region: str, first_hz: int, last_hz: int) -> None:
    start = 8 * 1_417_605
    found = [beacon_freq_hz(BEACON_PLANS[region], (start + turn) * BEACON_PERIOD_S) for turn in range(9)]
    step_hz = (last_hz - first_hz) // 7
    assert found == [*range(first_hz, last_hz + 1, step_hz), first_hz]


@pytest.mark.parametrize("region", sorted(set(REGIONS) - {"US915", "AU915", "CN470"}))
def test_other_regions_have_one_frequency(region: str) -> None:
    plan = BEACON_PLANS[region]
    assert {beacon_freq_hz(plan, turn * BEACON_PERIOD_S) for turn in range(16)} == {plan.freq_hz}


@given(st.integers(0, (1 << 33) * NS_PER_S))
def test_the_next_beacon_is_the_first_multiple_of_128_s_that_is_later(gps_ns: int) -> None:
    found_s = next_beacon_s(gps_ns)
    assert found_s % 128 == 0
    assert 0 < found_s * NS_PER_S - gps_ns <= 128 * NS_PER_S


def test_at_any_other_second_there_is_no_beacon() -> None:
    with pytest.raises(ValueError, match="no multiple of 128"):
        beacon_packet(BEACON_PLANS["EU868"], 1_451_628_033, BERN, 14)


def test_the_time_wraps_after_136_years() -> None:
    assert beacon_payload(9, 1 << 32, BERN)[2:6] == bytes(4)


@pytest.mark.parametrize(("crystal_ratio", "freq_hz"), [(1.000010, 869_516_305), (0.999990, 869_533_695)])
def test_the_frequency_is_corrected_by_the_clock_s_error(crystal_ratio: float, freq_hz: int) -> None:
    packet = beacon_packet(BEACON_PLANS["EU868"], 1_451_628_032, BERN, 14, crystal_ratio=crystal_ratio)
    assert packet.freq_hz == freq_hz
