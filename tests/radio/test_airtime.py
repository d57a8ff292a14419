"""Time on air; the values are shown by the reference recordings."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.airtime import fsk_airtime_us, lora_airtime, preamble_sent, rx_airtime_us, tx_airtime_us
from radio.packets import CodingRate, CrcStatus, Modulation, TxPacket
from tests.packets import packet

spreading_factors = st.integers(5, 12)
bandwidths_hz = st.sampled_from((125_000, 250_000, 500_000))
coding_rates = st.integers(1, 4)
sizes = st.integers(0, 255)


@pytest.mark.parametrize(
    ("spreading_factor", "size_bytes", "airtime_us"), [(7, 20, 56_576), (10, 20, 370_688), (12, 51, 2_465_792)]
)
def test_known_durations(spreading_factor: int, size_bytes: int, airtime_us: int) -> None:
    """As the public calculators for LoRaWAN give them at 125 kHz, 4/5."""
    assert lora_airtime(spreading_factor, 125_000, 1, size_bytes).airtime_us == airtime_us


@given(spreading_factors, bandwidths_hz, coding_rates, sizes, sizes)
def test_more_bytes_never_take_less_time(
    spreading_factor: int, bandwidth_hz: int, coding_rate: int, size: int, other: int
) -> None:
    shorter, longer = (
        lora_airtime(spreading_factor, bandwidth_hz, coding_rate, count).airtime_us for count in sorted((size, other))
    )
    assert shorter <= longer


@given(spreading_factors, coding_rates, sizes)
def test_twice_the_bandwidth_is_half_the_time(spreading_factor: int, coding_rate: int, size: int) -> None:
    narrow, wide = (lora_airtime(spreading_factor, hz, coding_rate, size).airtime_us for hz in (125_000, 250_000))
    assert narrow == pytest.approx(2 * wide, abs=1)


@given(spreading_factors, bandwidths_hz, coding_rates, sizes, st.integers(0, 100))
def test_each_preamble_symbol_costs_one_symbol(
    spreading_factor: int, bandwidth_hz: int, coding_rate: int, size: int, preamble: int
) -> None:
    some, more = (
        lora_airtime(spreading_factor, bandwidth_hz, coding_rate, size, preamble_symbols=preamble + extra)
        for extra in (0, 4)
    )
    assert more.airtime_us - some.airtime_us == 4 * some.symbol_us


@pytest.mark.parametrize(
    ("spreading_factor", "bandwidth_hz", "coding_rate"),
    [(4, 125_000, 1), (13, 125_000, 1), (7, 62_500, 1), (7, 0, 1), (7, 125_000, 0), (7, 125_000, 5)],
)
def test_what_is_no_lora_is_refused(spreading_factor: int, bandwidth_hz: int, coding_rate: int) -> None:
    with pytest.raises(ValueError, match="no LoRa"):
        lora_airtime(spreading_factor, bandwidth_hz, coding_rate, 20)


def test_fsk_counts_preamble_sync_word_length_payload_and_checksum() -> None:
    assert fsk_airtime_us(50_000, 20) == (5 + 3 + 1 + 20 + 2) * 8 * 20
    assert fsk_airtime_us(50_000, 20, preamble_bytes=8, sync_word_bytes=2, crc=False) == (8 + 2 + 1 + 20) * 8 * 20


@pytest.mark.parametrize("bitrate_bps", [0, -1])
def test_no_fsk_bit_rate_is_refused(bitrate_bps: int) -> None:
    with pytest.raises(ValueError, match="no FSK bit rate"):
        fsk_airtime_us(bitrate_bps, 20)


LORA = TxPacket(
    payload=bytes(20),
    freq_hz=868_100_000,
    power_dbm=14,
    bandwidth_hz=125_000,
    spreading_factor=7,
    coding_rate=CodingRate.CR_4_5,
)
FSK = TxPacket(
    payload=bytes(20),
    freq_hz=868_800_000,
    power_dbm=14,
    modulation=Modulation.FSK,
    bitrate_bps=50_000,
    deviation_hz=25_000,
)


def but(packet: TxPacket, **changes: object) -> TxPacket:
    return msgspec.structs.replace(packet, **changes)


@pytest.mark.parametrize(
    ("packet", "sent"),
    [
        (LORA, 8),
        (but(LORA, preamble=10), 10),
        (but(LORA, preamble=2), 6),
        (FSK, 5),
        (but(FSK, preamble=8), 8),
        (but(FSK, preamble=1), 3),
    ],
)
def test_a_preamble_is_the_usual_one_or_at_least_the_shortest(packet: TxPacket, sent: int) -> None:
    assert preamble_sent(packet) == sent


def test_a_packet_to_transmit_lasts_as_its_parameters_say() -> None:
    assert tx_airtime_us(LORA) == lora_airtime(7, 125_000, 1, 20).airtime_us
    longer = but(LORA, coding_rate=CodingRate.CR_4_8, crc=False, implicit_header=True, preamble=12)
    assert (
        tx_airtime_us(longer)
        == lora_airtime(7, 125_000, 4, 20, preamble_symbols=12, crc=False, header=False).airtime_us
    )
    assert tx_airtime_us(FSK) == fsk_airtime_us(50_000, 20)
    assert tx_airtime_us(but(FSK, crc=False)) == fsk_airtime_us(50_000, 20, crc=False)


def test_a_packet_without_a_modulation_has_no_duration() -> None:
    for wrong in (but(LORA, coding_rate=None), but(LORA, spreading_factor=4), but(FSK, bitrate_bps=0)):
        with pytest.raises(ValueError, match="no "):
            tx_airtime_us(wrong)


def test_a_received_packet_was_on_the_air_as_long_as_its_sender_needed() -> None:
    payload = bytes(51)
    heard = packet(payload=payload, spreading_factor=12)
    sent = TxPacket(payload, 868_300_000, 14, bandwidth_hz=125_000, spreading_factor=12, coding_rate=CodingRate.CR_4_5)
    assert rx_airtime_us(heard) == tx_airtime_us(sent) == 2_465_792


def test_a_received_packet_without_checksum_was_shorter() -> None:
    heard = packet(payload=bytes(20), crc_status=CrcStatus.ABSENT)
    assert rx_airtime_us(heard) == lora_airtime(7, 125_000, 1, 20, crc=False).airtime_us < 56_576


def test_a_received_fsk_packet_s_airtime() -> None:
    heard = packet(payload=bytes(20), modulation=Modulation.FSK, bitrate_bps=50_000, spreading_factor=0)
    assert rx_airtime_us(heard) == fsk_airtime_us(50_000, 20)


def test_an_unknown_coding_rate_counts_as_the_slowest() -> None:
    assert rx_airtime_us(packet(coding_rate=None)) == rx_airtime_us(packet(coding_rate=CodingRate.CR_4_8))


def test_a_modulation_that_the_chip_does_not_tell_has_no_airtime() -> None:
    assert rx_airtime_us(packet(spreading_factor=0)) == 0
    assert rx_airtime_us(packet(modulation=Modulation.FSK, bitrate_bps=0)) == 0
