from collections.abc import Mapping, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channel_plans import REGION_PLANS
from gateway.config import parse_config
from gateway.importing.draft import Draft, Setting
from gateway.importing.listening import Channel, Listening, likely_regions, place
from gateway.importing.writing import toml_text

SPAN_HZ = 1_400_000


def listening(frequencies_hz: Sequence[int]) -> Listening:
    return Listening("x", tuple(Channel(freq_hz, "x") for freq_hz in frequencies_hz))


def drafted(
    frequencies_hz: Sequence[int], region: str | None = None, wide: Mapping[str, object] | None = None
) -> Draft:
    draft = Draft()
    draft.put("regulation", "region", region, "x")
    lora_std = None if wide is None else {key: Setting(value, "x") for key, value in wide.items()}
    place(msgspec.structs.replace(listening(frequencies_hz), lora_std=lora_std), draft)
    draft.servers.append({"name": Setting("main", "x"), "host": Setting("localhost", "x")})
    return draft


def plan_of(draft: Draft) -> object:
    found = draft.tables.get("radio", {}).get("region_plan")
    return None if found is None else found.value


@pytest.mark.parametrize("name", REGION_PLANS)
def test_the_channels_of_each_plan_in_any_order_are_that_plan(name: str) -> None:
    draft = drafted(REGION_PLANS[name].channels_hz[::-1], region=name.partition("_")[0])
    assert plan_of(draft) == name
    assert not draft.channels


@pytest.mark.parametrize("name", [name for name, plan in REGION_PLANS.items() if plan.lora_std])
def test_where_no_region_is_named_the_wide_channel_tells_it(name: str) -> None:
    wide = REGION_PLANS[name].lora_std
    assert wide is not None
    values = {"freq_hz": wide.freq_hz, "bandwidth_hz": wide.bandwidth_hz, "spreading_factor": wide.spreading_factor}
    assert plan_of(drafted(REGION_PLANS[name].channels_hz, wide=values)) == name


@pytest.mark.parametrize("name", ["KR920", "AS923", "AU915_6", "IN865"])
def test_channels_that_lie_in_another_regions_band_too_are_no_plan_since_a_plan_names_the_law(name: str) -> None:
    assert plan_of(drafted(REGION_PLANS[name].channels_hz)) is None


def test_the_same_channels_in_another_region_are_not_the_plan() -> None:
    """ChirpStack's channels for AS923 are those of AU915's sixth sub-band."""
    draft = drafted(REGION_PLANS["AU915_6"].channels_hz, region="AS923")
    assert plan_of(draft) is None
    assert len(draft.channels) == 8


def test_a_plan_is_of_its_laws_region_too() -> None:
    assert plan_of(drafted(REGION_PLANS["CN490"].channels_hz, region="CN470")) == "CN490"


@given(
    st.integers(903_000_000, 912_000_000),
    st.lists(st.integers(0, SPAN_HZ // 100_000), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(0, SPAN_HZ // 100_000), min_size=0, max_size=4, unique=True),
    st.integers(15, 100),
)
def test_channels_that_two_radios_can_hear_get_centres_from_which_they_are_heard(
    first_hz: int, near: list[int], far: list[int], away: int
) -> None:
    frequencies = [first_hz + 100_000 * step for step in near]
    frequencies += [first_hz + 100_000 * (step + away + SPAN_HZ // 100_000) for step in far]
    draft = drafted(frequencies)
    draft.put("regulation", "region", "US915", "x")
    config = parse_config(toml_text(draft, ["x"]).encode())
    heard = [
        radio.freq_hz + channel.if_hz
        for channel in config.plan.channels
        if channel is not None and (radio := config.plan.radios[channel.radio]) is not None
    ]
    assert sorted(heard) == sorted(frequencies)


def test_a_plan_that_was_asked_for_stands_in_the_place_of_the_channels() -> None:
    draft = Draft()
    draft.put("radio", "region_plan", "US915_2", "--region-plan")
    place(listening([868_100_000]), draft)
    assert draft.tables["radio"]["region_plan"].value == "US915_2"
    assert not draft.channels
    assert draft.notes == ["x: its channels are not carried over: --region-plan names them"]


def test_bands_that_overlap_are_all_named() -> None:
    assert likely_regions([865_100_000]) == ["EU868", "IN865"]
    assert likely_regions([]) == []
