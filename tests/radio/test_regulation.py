"""What the law lets pass, region by region."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channel_plans import REGION_PLANS
from radio.duty_cycle import Account, fresh_account
from radio.packets import CodingRate, Modulation, TxPacket, TxStatus
from radio.regulation import (
    Emission,
    check,
    duty_cycle_limit_us,
    emission_of,
    lawful_power_dbm,
    record,
    regulation_for,
    release,
    sub_band_of,
)
from radio.regulation_tables import REGULATIONS, Regulation

NOW_US = 5_000_000_000
EU868 = regulation_for("EU868")
regulations = st.sampled_from(list(REGULATIONS.values()))


def emission(
    freq_hz: int = 868_100_000, bandwidth_hz: int = 125_000, airtime_us: int = 50_000, power_dbm: float = 14
) -> Emission:
    """A short emission in the middle of EU868, but for what is named."""
    return Emission(NOW_US, airtime_us, freq_hz, bandwidth_hz, power_dbm)


def status(regulation: Regulation, request: Emission, gain_dbi: float = 0.0) -> TxStatus:
    """What becomes of a request after an hour of silence."""
    return check(regulation, request, fresh_account(NOW_US), gain_dbi)


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "erp_dbm", "limit_us"),
    [
        (863_000_000, 865_000_000, 14, 3_600_000),
        (865_000_000, 868_000_000, 14, 36_000_000),
        (868_000_000, 868_600_000, 14, 36_000_000),
        (868_700_000, 869_200_000, 14, 3_600_000),
        (869_400_000, 869_650_000, 27, 360_000_000),
        (869_700_000, 870_000_000, 14, 36_000_000),
    ],
)
def test_eu868_is_en_300_220(low_hz: int, high_hz: int, erp_dbm: int, limit_us: int) -> None:
    for freq_hz in (low_hz + 62_500, high_hz - 62_500):
        band = sub_band_of(EU868, freq_hz, 125_000)
        assert band is not None
        assert band.max_eirp_dbm == pytest.approx(erp_dbm + 2.15)
        assert duty_cycle_limit_us(band) == limit_us
        assert status(EU868, emission(freq_hz, airtime_us=limit_us)) is TxStatus.OK
        assert status(EU868, emission(freq_hz, airtime_us=limit_us + 1)) is TxStatus.DUTY_CYCLE_OVERFLOW


@pytest.mark.parametrize(
    "freq_hz",
    [
        862_900_000,
        863_062_499,  # the bandwidth reaches out of 863 MHz
        865_000_000,  # half in K, half in L
        868_537_501,
        868_650_000,
        869_300_000,
        869_675_000,
        869_937_501,
        433_175_000,
    ],
)
def test_a_bandwidth_that_is_not_inside_one_sub_band_is_refused(freq_hz: int) -> None:
    assert status(EU868, emission(freq_hz)) is TxStatus.TX_FREQ
    assert lawful_power_dbm(EU868, freq_hz, 125_000) is None


def test_half_an_odd_bandwidth_is_not_rounded_away() -> None:
    assert sub_band_of(EU868, 863_000_050, 100) is not None
    assert sub_band_of(EU868, 863_000_050, 101) is None


def test_power_is_that_which_is_radiated() -> None:
    assert status(EU868, emission(power_dbm=14), gain_dbi=2.15) is TxStatus.OK
    assert status(EU868, emission(power_dbm=14), gain_dbi=2.16) is TxStatus.TX_POWER
    assert status(EU868, emission(power_dbm=16)) is TxStatus.OK
    assert status(EU868, emission(power_dbm=17)) is TxStatus.TX_POWER
    assert status(EU868, emission(869_525_000, power_dbm=27), gain_dbi=2.15) is TxStatus.OK
    assert status(EU868, emission(869_525_000, power_dbm=28), gain_dbi=2.15) is TxStatus.TX_POWER


def test_a_power_that_is_no_number_is_not_lawful() -> None:
    assert status(EU868, emission(power_dbm=float("nan"))) is TxStatus.TX_POWER
    assert status(EU868, emission(), gain_dbi=float("nan")) is TxStatus.TX_POWER


@pytest.mark.parametrize(("gain_dbi", "power_dbm"), [(2.15, 14), (0, 16), (3, 13), (6, 10), (-1, 17)])
def test_the_lawful_power_is_the_highest_whole_one(gain_dbi: float, power_dbm: int) -> None:
    assert lawful_power_dbm(EU868, 868_100_000, 125_000, gain_dbi) == power_dbm


@given(regulations, st.data(), st.floats(-10, 15), st.floats(-20, 40))
def test_nothing_is_radiated_above_the_law(
    regulation: Regulation, data: st.DataObject, gain_dbi: float, power_dbm: float
) -> None:
    band = data.draw(st.sampled_from(regulation.sub_bands))
    width_hz = max(band.min_bandwidth_hz, 125_000)
    freq_hz = data.draw(st.integers(band.low_hz + width_hz // 2, band.high_hz - width_hz // 2))
    most_dbm = lawful_power_dbm(regulation, freq_hz, width_hz, gain_dbi)
    assert most_dbm is not None
    assert most_dbm + gain_dbi <= band.max_eirp_dbm + 1e-6
    assert status(regulation, emission(freq_hz, width_hz, power_dbm=most_dbm), gain_dbi) is TxStatus.OK
    assert status(regulation, emission(freq_hz, width_hz, power_dbm=most_dbm + 1), gain_dbi) is TxStatus.TX_POWER
    if status(regulation, emission(freq_hz, width_hz, power_dbm=power_dbm), gain_dbi) is TxStatus.OK:
        assert power_dbm + gain_dbi <= band.max_eirp_dbm + 1e-6


@given(regulations, st.integers(400_000_000, 1_000_000_000), st.integers(1, 1_000_000))
def test_nothing_is_emitted_outside_the_sub_bands(regulation: Regulation, freq_hz: int, width_hz: int) -> None:
    if status(regulation, emission(freq_hz, width_hz, power_dbm=0)) is TxStatus.OK:
        assert any(
            band.low_hz <= freq_hz - width_hz / 2 and freq_hz + width_hz / 2 <= band.high_hz
            for band in regulation.sub_bands
        )


@pytest.mark.parametrize(
    ("region", "freq_hz", "bandwidth_hz", "power_dbm"),
    [
        ("IN865", 866_550_000, 125_000, 29),
        ("KR920", 921_900_000, 125_000, 23),
        ("KR920", 923_300_000, 125_000, 23),
        ("AS923", 923_200_000, 125_000, 16),
        ("US915_2", 923_300_000, 500_000, 26),
        ("US915_2", 927_500_000, 500_000, 26),
        ("AU915_1", 927_500_000, 500_000, 30),
        ("CN470_11", 505_300_000, 125_000, 19),
        ("CN490", 509_700_000, 125_000, 19),
    ],
)
def test_other_regions_have_their_power(region: str, freq_hz: int, bandwidth_hz: int, power_dbm: int) -> None:
    regulation = regulation_for(region)
    assert lawful_power_dbm(regulation, freq_hz, bandwidth_hz) == power_dbm
    assert lawful_power_dbm(regulation, freq_hz + 20_000_000, bandwidth_hz) is None


def test_us915_lowers_the_conducted_power_only_for_antennas_above_6_dbi() -> None:
    regulation = regulation_for("US915_2")
    powers = [lawful_power_dbm(regulation, 923_300_000, 500_000, gain_dbi) for gain_dbi in (-3, 0, 6, 7, 9)]
    assert powers == [26, 26, 26, 25, 23]


@pytest.mark.parametrize("region", ["US915_2", "AU915_1"])
def test_downlinks_without_hopping_are_500_khz_wide(region: str) -> None:
    assert status(regulation_for(region), emission(923_300_000, 125_000)) is TxStatus.TX_FREQ
    assert status(regulation_for(region), emission(923_300_000, 500_000)) is TxStatus.OK


def test_one_emission_in_china_lasts_a_second_at_most() -> None:
    regulation = regulation_for("CN470_1")
    assert status(regulation, emission(505_300_000, airtime_us=1_000_000)) is TxStatus.OK
    assert status(regulation, emission(505_300_000, airtime_us=1_000_001)) is TxStatus.DUTY_CYCLE_OVERFLOW


@pytest.mark.parametrize(("region", "bandwidth_hz"), [("AS923", 125_000), ("AU915_1", 500_000)])
def test_dwell_time_is_limited_where_the_country_asks_for_it(region: str, bandwidth_hz: int) -> None:
    long_one = emission(923_400_000, bandwidth_hz, airtime_us=400_001)
    assert status(regulation_for(region), long_one) is TxStatus.OK
    limited = regulation_for(region, limit_downlink_dwell=True)
    assert status(limited, long_one) is TxStatus.DUTY_CYCLE_OVERFLOW
    assert status(limited, emission(923_400_000, bandwidth_hz, airtime_us=400_000)) is TxStatus.OK


@pytest.mark.parametrize("region", ["EU868", "US915_1", "IN865", "KR920", "CN490"])
def test_regions_without_an_optional_dwell_time_have_none_to_switch_on(region: str) -> None:
    assert regulation_for(region, limit_downlink_dwell=True) == regulation_for(region)


@pytest.mark.parametrize("region", list(REGION_PLANS))
def test_every_region_plan_has_a_law(region: str) -> None:
    low_hz, high_hz = REGION_PLANS[region].tx_hz
    regulation = regulation_for(region)
    assert any(low_hz < band.high_hz and band.low_hz < high_hz for band in regulation.sub_bands)


@pytest.mark.parametrize("region", ["EU868", "IN865", "KR920", "AS923"])
def test_an_answer_on_the_uplink_s_channel_is_lawful(region: str) -> None:
    for freq_hz in REGION_PLANS[region].channels_hz:
        assert status(regulation_for(region), emission(freq_hz, power_dbm=14)) is TxStatus.OK


def test_an_unknown_region_has_no_law() -> None:
    with pytest.raises(ValueError, match="no law is known for region XX999"):
        regulation_for("XX999")


@pytest.mark.parametrize("region", ["KR920", "AS923"])
def test_listen_before_talk_is_named_where_it_is_required_and_not_done(region: str) -> None:
    assert any("listen before talk" in gap for gap in regulation_for(region).not_enforced)


def test_what_has_no_duration_or_no_width_is_no_emission() -> None:
    assert status(EU868, emission(airtime_us=0)) is TxStatus.INVALID
    assert status(EU868, emission(bandwidth_hz=0)) is TxStatus.INVALID


def test_a_lora_packet_s_emission() -> None:
    packet = TxPacket(b"x" * 20, 869_525_000, 27, 0, Modulation.LORA, 125_000, 9, CodingRate.CR_4_5)
    assert emission_of(packet, NOW_US) == Emission(NOW_US, 185_344, 869_525_000, 125_000, 27)


def test_an_fsk_packet_occupies_its_bit_rate_and_both_deviations() -> None:
    packet = TxPacket(b"x" * 20, 868_800_000, 14, 0, Modulation.FSK, bitrate_bps=50_000, deviation_hz=25_000)
    assert emission_of(packet, NOW_US) == Emission(NOW_US, 4_960, 868_800_000, 100_000, 14)


def test_an_emission_is_charged_to_its_sub_band_only() -> None:
    account = record(EU868, fresh_account(NOW_US), emission(868_100_000, airtime_us=36_000_000), NOW_US)
    assert check(EU868, emission(868_300_000, airtime_us=1), account) is TxStatus.DUTY_CYCLE_OVERFLOW
    assert check(EU868, emission(867_900_000, airtime_us=36_000_000), account) is TxStatus.OK


def test_a_released_emission_costs_nothing() -> None:
    cancelled = emission(airtime_us=36_000_000)
    account = record(EU868, fresh_account(NOW_US), cancelled, NOW_US)
    assert check(EU868, cancelled, release(EU868, account, cancelled)) is TxStatus.OK


def test_regions_without_a_duty_cycle_keep_no_account() -> None:
    regulation = regulation_for("US915_1")
    account = Account(0)
    sent = emission(923_300_000, 500_000, airtime_us=300_000_000)
    assert record(regulation, account, sent, NOW_US) is account
    assert release(regulation, account, sent) is account
