"""The tables of the Regional Parameters."""

import pytest

from radio.simulator.region import EU868, REGIONS, US915_SECOND_BLOCK, DataRate, Region


@pytest.mark.parametrize(("data_rate", "offset", "spreading_factor"), [(5, 0, 7), (5, 2, 9), (0, 0, 12), (1, 5, 12)])
def test_rx1_in_europe_is_on_the_uplink_s_channel_and_slower_by_the_offset(
    data_rate: int, offset: int, spreading_factor: int
) -> None:
    assert EU868.rx1(867_500_000, data_rate, offset) == (867_500_000, DataRate(spreading_factor, 125_000))


def test_rx1_in_america_is_on_the_downlink_channel_of_that_number() -> None:
    assert US915_SECOND_BLOCK.rx1(904_100_000, 3, 0) == (923_900_000, DataRate(7, 500_000))
    assert US915_SECOND_BLOCK.rx1(905_300_000, 0, 1) == (927_500_000, DataRate(11, 500_000))
    with pytest.raises(ValueError, match="tuple"):
        US915_SECOND_BLOCK.rx1(868_100_000, 0, 0)


@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
def test_every_uplink_of_a_region_has_its_windows(region: Region) -> None:
    region.data_rate(region.rx2_data_rate)
    for freq_hz in region.channels_hz:
        for number, rate in enumerate(region.data_rates[: len(region.rx1_data_rates)]):
            if rate is None:
                continue
            assert region.has_uplink(freq_hz, rate)
            assert region.data_rate_number(rate.spreading_factor, rate.bandwidth_hz) == number
            for offset in range(len(region.rx1_data_rates[number])):
                region.rx1(freq_hz, number, offset)


@pytest.mark.parametrize(
    ("region", "freq_hz", "data_rate", "known"),
    [
        (EU868, 868_100_000, DataRate(7, 125_000), True),
        (EU868, 868_100_000, DataRate(7, 500_000), False),
        (US915_SECOND_BLOCK, 868_100_000, DataRate(7, 125_000), False),
        (US915_SECOND_BLOCK, 903_900_000, DataRate(12, 500_000), False),
    ],
)
def test_uplinks_are_those_of_the_plan(region: Region, freq_hz: int, data_rate: DataRate, known: bool) -> None:
    assert region.has_uplink(freq_hz, data_rate) is known


def test_a_join_accept_may_ask_for_what_the_region_has() -> None:
    assert EU868.allows(5, 6)
    assert not EU868.allows(6, 0)
    assert not EU868.allows(0, 7)
    assert not EU868.allows(0, 15)


def test_data_rates_without_lora_are_refused() -> None:
    for number in (7, 8, -1):
        with pytest.raises(ValueError, match="EU868"):
            EU868.data_rate(number)
