"""Region plans: each is one that the hardware does, and EU868 is Semtech's reference."""

import json
import os
from pathlib import Path

import pytest

from gateway.channel_plans import REGION_PLANS
from gateway.config import ConfigError, parse_config
from radio.sx1302.plan import ConcentratorPlan

SHARED = Path(os.environ.get("CANDELABRE_SHARED", Path(__file__).parents[3] / "shared"))


def plan(radio: str) -> ConcentratorPlan:
    return parse_config(f'[radio]\n{radio}\n[[server]]\nname = "main"\nhost = "localhost"\n'.encode()).plan


def channels_hz(radio: str) -> list[int]:
    asked = plan(radio)
    centres = [chain.freq_hz if chain else 0 for chain in asked.radios]
    return [centres[channel.radio] + channel.if_hz for channel in asked.channels if channel]


@pytest.mark.parametrize("region", sorted(REGION_PLANS))
def test_every_region_plan_is_one_that_the_hardware_does(region: str) -> None:
    assert channels_hz(f'region_plan = "{region}"') == list(REGION_PLANS[region].channels_hz)


def test_us915_sub_band_2_is_semtechs() -> None:
    asked = plan('region_plan = "US915_2"')
    assert [chain.freq_hz for chain in asked.radios if chain] == [904_300_000, 905_000_000]
    assert channels_hz('region_plan = "US915_2"')[0] == 903_900_000
    assert asked.lora_std is not None
    assert (asked.lora_std.radio, asked.lora_std.if_hz, asked.lora_std.spreading_factor) == (0, 300_000, 8)


def test_eu868_is_the_configuration_of_the_reference_recordings() -> None:
    path = SHARED / "oracle" / "start_EU868.conf.json"
    if not path.exists():
        pytest.skip("the reference recordings are not here: set CANDELABRE_SHARED")
    reference = json.loads(path.read_text())["SX130x_conf"]
    asked = plan('region_plan = "EU868"')
    for number, chain in enumerate(asked.radios):
        written = reference[f"radio_{number}"]
        assert chain is not None
        assert (chain.freq_hz, chain.rssi_offset_db) == (written["freq"], written["rssi_offset"])
        assert chain.rssi_temperature.c == written["rssi_tcomp"]["coeff_c"]
        gains = [(gain.rf_power_dbm, gain.pa_gain, gain.pwr_idx) for gain in chain.tx_gain_table]
        assert gains == [tuple(line.values()) for line in reference["radio_0"]["tx_gain_lut"]]
    for number, channel in enumerate(asked.channels):
        written = reference[f"chan_multiSF_{number}"]
        assert channel is not None
        assert (channel.radio, channel.if_hz) == (written["radio"], written["if"])


def test_what_the_file_says_of_a_chain_replaces_the_plan_key_by_key() -> None:
    first, second = plan('region_plan = "EU868"\n[[radio.chain]]\nrssi_offset_db = -200.5').radios
    assert first is not None
    assert second is not None
    assert (first.freq_hz, first.rssi_offset_db, second.rssi_offset_db) == (867_500_000, -200.5, -215.4)


def test_channels_in_the_file_replace_all_of_the_plans() -> None:
    assert channels_hz('region_plan = "EU868"\n[[radio.channel]]\nfreq_hz = 868300000') == [868_300_000]


def test_a_channel_of_the_plan_can_be_switched_off() -> None:
    asked = plan('region_plan = "EU868"\n[radio.fsk]\nenabled = false')
    assert asked.fsk is None
    assert asked.lora_std is not None


CHAINS = "[[radio.chain]]\nfreq_hz = 867500000\n[[radio.chain]]\nfreq_hz = 868500000\n"


def test_without_a_region_plan_the_file_says_everything() -> None:
    asked = plan(CHAINS + "[[radio.channel]]\nif_hz = -400000\nchain = 1")
    assert asked.channels[0] is not None
    assert (asked.channels[0].radio, asked.channels[0].if_hz) == (1, -400_000)
    assert (asked.lora_std, asked.fsk) == (None, None)


@pytest.mark.parametrize(
    ("radio", "path"),
    [
        ('region_plan = "EU86"', "radio.region_plan"),
        ("", "radio.region_plan"),
        ("[[radio.chain]]\nenabled = true\n[[radio.channel]]\nfreq_hz = 868100000", "radio.chain[0].freq_hz"),
        (CHAINS * 2 + "[[radio.channel]]\nfreq_hz = 868100000", "radio.chain"),
        (CHAINS + "[[radio.channel]]\nfreq_hz = 868100000\nif_hz = 0", "radio.channel[0]"),
        (CHAINS + "[[radio.channel]]\nif_hz = 0", "radio.channel[0].chain"),
        (CHAINS + "[[radio.channel]]\nfreq_hz = 868100000\n" * 2, "radio.channel[1]"),
        (CHAINS + "[[radio.channel]]\nif_hz = 0\nchain = 1\n" * 9, "radio.channel"),
        (CHAINS + "[[radio.channel]]\nfreq_hz = 869500000", "radio.channel[0].if_hz"),
        (
            "clock_source = 1\n[[radio.chain]]\nfreq_hz = 868500000\n[radio.fsk]\nfreq_hz = 868800000",
            "radio.clock_source",
        ),
        (
            "[[radio.chain]]\nfreq_hz = 868500000\n[[radio.chain]]\nenabled = false\n[radio.fsk]\nif_hz = 0\nchain = 1",
            "radio.fsk.chain",
        ),
    ],
)
def test_an_impossible_plan_is_refused_at_its_key(radio: str, path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(radio)
    assert path in {problem.path for problem in caught.value.problems}
