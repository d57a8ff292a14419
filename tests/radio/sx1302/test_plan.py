"""What the hardware cannot do is refused, with the place, the value and what is allowed."""

from typing import Any

import msgspec
import pytest

from radio.sx1302.plan import (
    Channel,
    ConcentratorPlan,
    FskChannel,
    LoraStdChannel,
    Radio,
    check_plan,
)
from tests.radio.plans import EU868, ONE_RADIO, PLANS


def but(plan: ConcentratorPlan = EU868, **changes: Any) -> ConcentratorPlan:
    """A plan, except for these."""
    return msgspec.structs.replace(plan, **changes)


def with_channel(channel: Channel, plan: ConcentratorPlan = EU868) -> ConcentratorPlan:
    """A plan whose channel 7 is this one."""
    return but(plan, channels=(*plan.channels[:7], channel))


def complaints(plan: ConcentratorPlan) -> dict[str, object]:
    """Path to value of every problem."""
    return {path: value for path, value, _ in check_plan(plan)}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_plans_of_real_gateways_have_no_problem(plan: ConcentratorPlan) -> None:
    assert check_plan(plan) == []


@pytest.mark.parametrize(
    ("plan", "path", "value"),
    [
        (with_channel(Channel(0, 737_501)), "channels[7].if_hz", 737_501),
        (with_channel(Channel(0, -737_501)), "channels[7].if_hz", -737_501),
        (with_channel(Channel(1, 0), ONE_RADIO), "channels[7].radio", 1),
        (with_channel(Channel(2, 0)), "channels[7].radio", 2),
        (with_channel(Channel(-1, 0)), "channels[7].radio", -1),
        (but(channels=EU868.channels[:7]), "channels", 7),
        (but(spreading_factors=frozenset({4, 7})), "spreading_factors", [4, 7]),
        (but(spreading_factors=frozenset()), "spreading_factors", []),
        (but(clock_source=2), "clock_source", 2),
        (but(ONE_RADIO, clock_source=1), "clock_source", 1),
        (but(fine_timestamp="some_sf"), "fine_timestamp", "some_sf"),
        (but(lora_std=LoraStdChannel(1, 0, bandwidth_hz=62_500)), "lora_std.bandwidth_hz", 62_500),
        (but(lora_std=LoraStdChannel(1, 0, spreading_factor=13)), "lora_std.spreading_factor", 13),
        (but(lora_std=LoraStdChannel(1, 550_001, bandwidth_hz=500_000)), "lora_std.if_hz", 550_001),
        (
            but(lora_std=LoraStdChannel(1, 0, implicit_payload_length=256)),
            "lora_std.implicit_payload_length",
            256,
        ),
        (but(lora_std=LoraStdChannel(1, 0, implicit_coding_rate=5)), "lora_std.implicit_coding_rate", 5),
        (but(fsk=FskChannel(1, 0, bitrate_bps=499)), "fsk.bitrate_bps", 499),
        (but(fsk=FskChannel(1, 0, bitrate_bps=250_001)), "fsk.bitrate_bps", 250_001),
        (but(fsk=FskChannel(1, 0, bandwidth_hz=200_000)), "fsk.bandwidth_hz", 200_000),
        (but(fsk=FskChannel(1, 0, sync_word=0xC194C1, sync_word_bytes=2)), "fsk.sync_word", 0xC194C1),
        (but(fsk=FskChannel(1, 0, sync_word=0, sync_word_bytes=9)), "fsk.sync_word", 0),
        (but(radios=(Radio(99_999_999), EU868.radios[1])), "radios[0].freq_hz", 99_999_999),
        (but(radios=(EU868.radios[0], Radio(1_000_000_001))), "radios[1].freq_hz", 1_000_000_001),
    ],
)
def test_one_mistake_is_one_problem(plan: ConcentratorPlan, path: str, value: object) -> None:
    assert complaints(plan) == {path: value}


@pytest.mark.parametrize("if_hz", [-737_500, 0, 737_500])
def test_a_channel_may_touch_the_edge_of_its_radio_s_band(if_hz: int) -> None:
    assert check_plan(with_channel(Channel(0, if_hz))) == []


def test_a_radio_in_a_band_without_image_calibration_is_refused_before_anything_is_started() -> None:
    assert complaints(but(radios=(Radio(600_000_000), EU868.radios[1]))) == {"radios[0].freq_hz": 600_000_000}


def test_all_mistakes_are_told_at_once() -> None:
    plan = but(
        radios=(Radio(50_000_000), None),
        channels=(Channel(1, 0), Channel(0, 900_000), *(None,) * 6),
        spreading_factors=frozenset({13}),
        lora_std=LoraStdChannel(0, 0, spreading_factor=4),
        fsk=FskChannel(0, 0, bitrate_bps=1),
        clock_source=1,
    )
    assert complaints(plan).keys() == {
        "radios[0].freq_hz",
        "clock_source",
        "channels[0].radio",
        "channels[1].if_hz",
        "spreading_factors",
        "lora_std.spreading_factor",
        "fsk.bitrate_bps",
    }


def test_a_problem_says_what_is_allowed() -> None:
    ((_, _, allowed),) = check_plan(with_channel(Channel(0, 800_000)))
    assert allowed.startswith("-737500 to 737500 Hz")
