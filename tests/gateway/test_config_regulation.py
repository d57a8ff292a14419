"""[regulation] and what it comes to: the law, or why none is known."""

import pytest

from tests.gateway.test_config import RADIO, SERVER, mistakes, parsed

OWN_PLAN = """\
[radio]
[[radio.chain]]
freq_hz = 868500000
tx_enabled = {transmits}
[[radio.channel]]
freq_hz = 868500000
"""


def test_the_law_is_that_of_the_region_plan() -> None:
    law = parsed(RADIO + SERVER).law
    assert law is not None
    assert law.region == "EU868"


@pytest.mark.parametrize(
    ("plan", "region"), [("US915_2", "US915"), ("AU915_1", "AU915"), ("CN490", "CN470"), ("CN470_3", "CN470")]
)
def test_parts_of_a_region_share_its_law(plan: str, region: str) -> None:
    law = parsed(f'[radio]\nregion_plan = "{plan}"\n{SERVER}').law
    assert law is not None
    assert law.region == region


def test_a_region_of_its_own_takes_precedence() -> None:
    law = parsed(RADIO + '[regulation]\nregion = "IN865"\n' + SERVER).law
    assert law is not None
    assert law.region == "IN865"


def test_a_plan_of_one_s_own_that_transmits_needs_a_region() -> None:
    assert set(mistakes(OWN_PLAN.format(transmits="true") + SERVER)) == {"regulation.region"}
    assert parsed(OWN_PLAN.format(transmits="true") + '[regulation]\nregion = "EU868"\n' + SERVER).law is not None


def test_a_gateway_that_only_listens_needs_no_law() -> None:
    assert parsed(OWN_PLAN.format(transmits="false") + SERVER).law is None


def test_an_unknown_region_is_refused_with_those_that_are_known() -> None:
    found = mistakes(RADIO + '[regulation]\nregion = "EU433"\n' + SERVER)
    assert found["regulation.region"].endswith("must be one of EU868, IN865, KR920, AS923, US915, AU915, CN470")


def test_the_dwell_time_limit_is_there_where_a_region_has_one() -> None:
    law = parsed('[radio]\nregion_plan = "AS923"\n[regulation]\nlimit_downlink_dwell = true\n' + SERVER).law
    assert law is not None
    assert {band.max_airtime_us for band in law.sub_bands} == {400_000}


@pytest.mark.parametrize("gain", ["51", '"high"', "nan"])
def test_an_antenna_s_gain_is_a_sensible_number(gain: str) -> None:
    assert set(mistakes(RADIO + f"antenna_gain_dbi = {gain}\n" + SERVER)) == {"radio.antenna_gain_dbi"}
