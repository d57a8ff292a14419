"""router_config, read with tolerance."""

from typing import Any

import pytest

from forwarder.basics_station.data_rates import DataRate
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.basics_station.power import radiated_dbm
from forwarder.basics_station.router_config import RouterConfig, read_router_config
from radio.sx1302.plan import Channel, FskChannel, LoraStdChannel
from tests.forwarder.basics_station.bench import CHANNELS, US915_RATES, router_config


def read(**changes: Any) -> RouterConfig:
    return read_router_config(router_config(**changes))


class TestDataRates:
    """[spreading factor, bandwidth, downlink only], by their index."""

    def test_0_is_fsk_and_minus_1_is_none(self) -> None:
        rates = read(DRs=[[12, 125, 0], [-1, 0, 0], [0, 125, 0]]).data_rates
        assert rates == (DataRate(12, 125_000), None, DataRate(0, 0))

    def test_an_uplink_has_the_first_that_is_not_for_downlinks_alone(self) -> None:
        config = read(DRs=US915_RATES)
        assert config.uplink_indices == {
            (10, 125_000): 0,
            (9, 125_000): 1,
            (8, 125_000): 2,
            (7, 125_000): 3,
            (8, 500_000): 4,
        }

    def test_of_two_alike_the_first_counts(self) -> None:
        assert read(DRs=[[8, 500, 1], [8, 500, 0], [8, 500, 0]]).uplink_indices == {(8, 500_000): 1}

    @pytest.mark.parametrize("entry", [None, 7, "a", [], [7], [7, 126], [4, 125], [13, 125], ["7", 125], [7.0, 125, 0]])
    def test_what_cannot_be_read_is_undefined_and_its_place_kept(self, entry: object) -> None:
        assert read(DRs=[entry, [7, 125]]).data_rates == (None, DataRate(7, 125_000))

    def test_there_are_16_at_most(self) -> None:
        assert len(read(DRs=[[7, 125, 0]] * 20).data_rates) == 16

    @pytest.mark.parametrize("values", [{}, {"DRs": []}, {"DRs": [[7, 126]]}])
    def test_without_them_a_remark_says_what_it_comes_to(self, values: dict[str, object]) -> None:
        assert any("DRs" in remark for remark in read_router_config(values).remarks)

    @pytest.mark.parametrize("value", [7, "DRs", {}])
    def test_what_is_no_list_of_them_is_no_configuration(self, value: object) -> None:
        with pytest.raises(MalformedMessageError, match="DRs"):
            read(DRs=value)


class TestPlan:
    """The channels of sx1301_conf."""

    @pytest.mark.parametrize("key", ["sx1301_conf", "SX1301_conf", "sx1302_conf", "SX1302_conf", "radio_conf"])
    def test_it_is_read_under_each_of_its_names(self, key: str) -> None:
        plan = read(**{"sx1301_conf": None, key: [CHANNELS]}).plan
        assert plan is not None
        assert plan.centres_hz == (867_500_000, 868_500_000)
        assert plan.channels[:3] == (Channel(1, -400_000), Channel(1, -200_000), None)

    def test_the_two_other_modems_have_their_usual_values_where_none_are_given(self) -> None:
        entry = CHANNELS | {"chan_FSK": {"enable": True}, "chan_Lora_std": {"enable": True, "radio": 1, "if": -200_000}}
        plan = read(sx1301_conf=[entry]).plan
        assert plan is not None
        assert plan.fsk == FskChannel(0, 0)
        assert plan.lora_std == LoraStdChannel(1, -200_000)

    def test_or_those_given(self) -> None:
        entry = {
            "chan_Lora_std": {"enable": True, "radio": 1, "if": 0, "bandwidth": 500_000, "spread_factor": 8},
            "chan_FSK": {"enable": True, "radio": 1, "if": 300_000, "bandwidth": 125_000, "datarate": 50_000},
        }
        plan = read(sx1301_conf=[entry]).plan
        assert plan is not None
        assert plan.lora_std == LoraStdChannel(1, 0, 500_000, 8)
        assert plan.fsk == FskChannel(1, 300_000)

    def test_unknown_keys_are_of_no_consequence(self) -> None:
        entry = CHANNELS | {"x": 1, "chan_multiSF_0": {"enable": True, "radio": 1, "if": 0, "y": {}}}
        plan = read(sx1301_conf=[entry]).plan
        assert plan is not None
        assert plan.channels[0] == Channel(1, 0)

    @pytest.mark.parametrize("value", [None, [], [None], 7, "x", [{"chan_multiSF_0": 7}], [{}], [{"radio_0": []}]])
    def test_without_one_the_configured_channels_stay(self, value: object) -> None:
        config = read(sx1301_conf=value)
        assert config.plan is None
        assert any("configured channels stay" in remark for remark in config.remarks)


@pytest.mark.parametrize("key", ["nocca", "nodc", "nodwell"])
def test_what_would_switch_the_law_off_is_noted_and_not_obeyed(key: str) -> None:
    assert any(remark.startswith(key) for remark in read(**{key: True}).remarks)
    assert not any(remark.startswith(key) for remark in read(**{key: False}).remarks)


@pytest.mark.parametrize("hwspec", ["sx1302/1", "sx1301/8", "", None, 7])
def test_the_name_of_a_chip_is_of_no_consequence(hwspec: object) -> None:
    assert read(hwspec=hwspec).plan is not None


def test_the_server_s_spelling_is_kept() -> None:
    assert read(JoinEui=[[1, 2]]).eui_suffix == "Eui"
    spelled = read(JoinEUI=[[1, 2]])
    assert (spelled.eui_suffix, spelled.filters.join_euis) == ("EUI", ((1, 2),))


@pytest.mark.parametrize("value", [None, 7, [1], [1, 2, 3], ["a", "b"], "12"])
def test_without_a_range_of_frequencies_nothing_limits_them(value: object) -> None:
    assert read(freq_range=value).freq_range_hz is None


@pytest.mark.parametrize("value", [None, 7, [], "x" * 500])
def test_any_region_will_do(value: object) -> None:
    assert len(read(region=value).region) <= 32


@pytest.mark.parametrize(
    ("region", "max_eirp_dbm", "freq_hz", "power_dbm"),
    [
        ("EU863", None, 868_100_000, 16),
        ("EU868", None, 869_525_000, 27),
        ("EU868", 36.0, 869_525_000, 27),
        ("EU868", 16.0, 869_525_000, 16),
        ("EU868", 13.7, 868_100_000, 13),
        ("IL915", None, 916_300_000, 20),
        ("IN865", None, 866_000_000, 14),
        ("IN865", 20.0, 866_000_000, 20),
        ("", 1e9, 866_000_000, 36),
        ("", -1e9, 866_000_000, 0),
    ],
)
def test_the_power_asked_for_is_the_region_s_or_the_server_s(
    region: str, max_eirp_dbm: float | None, freq_hz: int, power_dbm: int
) -> None:
    assert radiated_dbm(region, max_eirp_dbm, freq_hz) == power_dbm
