"""The server's channels over the board's hardware."""

from typing import Any

import msgspec
import pytest

from forwarder.basics_station.channel_plan import ChannelPlan, merged, read_channel_plan
from radio.errors import PlanError
from radio.sx1302.plan import Channel, ConcentratorPlan, FskChannel, LoraStdChannel, Radio, TxGain, check_plan
from tests.forwarder.basics_station.bench import CHANNELS

TRANSMITTING = Radio(
    867_500_000,
    rssi_offset_db=-215.4,
    tx_enabled=True,
    tx_freq_min_hz=863_000_000,
    tx_freq_max_hz=870_000_000,
    tx_gain_table=(TxGain(14, 1, 15),),
)
LISTENING = Radio(868_500_000, rssi_offset_db=-214.0, single_input=True)
BOARD = ConcentratorPlan(
    radios=(TRANSMITTING, LISTENING),
    channels=(Channel(0, 0), *[None] * 7),
    lora_std=LoraStdChannel(1, -200_000),
    fsk=FskChannel(1, 300_000, sync_word=0x1234, sync_word_bytes=2),
    fine_timestamp="all_sf",
)


def wanted(**changes: Any) -> ChannelPlan:
    plan = read_channel_plan([CHANNELS | changes])
    assert plan is not None
    return plan


def test_frequencies_and_channels_are_the_server_s_and_all_else_the_board_s() -> None:
    server = wanted(
        radio_0={"enable": True, "freq": 902_600_000},
        radio_1={"enable": True, "freq": 903_300_000},
        chan_Lora_std={"enable": True, "radio": 0, "if": 300_000, "bandwidth": 500_000, "spread_factor": 8},
        chan_FSK={"enable": True, "radio": 1, "if": 100_000},
    )
    plan = merged(BOARD, server)
    assert plan.radios[0] == msgspec.structs.replace(TRANSMITTING, freq_hz=902_600_000)
    assert plan.radios[1] == msgspec.structs.replace(LISTENING, freq_hz=903_300_000)
    assert plan.channels == (Channel(1, -400_000), Channel(1, -200_000), *[None] * 6)
    assert plan.lora_std == LoraStdChannel(0, 300_000, 500_000, 8)
    assert plan.fsk == FskChannel(1, 100_000, sync_word=0x1234, sync_word_bytes=2)
    assert (plan.clock_source, plan.fine_timestamp) == (0, "all_sf")
    assert check_plan(plan) == []


def test_a_radio_of_which_the_server_says_nothing_stays_for_clock_and_transmission() -> None:
    plan = merged(BOARD, wanted(radio_0={"enable": False}))
    assert plan.radios[0] == TRANSMITTING
    assert plan.lora_std is None
    assert plan.fsk is None


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"chan_multiSF_0": {"enable": True, "radio": 1, "if": 800_000}}, "channels[0].if_hz"),
        ({"radio_1": {"enable": True, "freq": 100_000_000}}, "radios[1].freq_hz"),
        ({"chan_Lora_std": {"enable": True, "radio": 1, "if": 700_000}}, "lora_std.if_hz"),
    ],
)
def test_what_the_board_cannot_do_is_refused(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(PlanError) as caught:
        merged(BOARD, wanted(**changes))
    assert [problem[0] for problem in caught.value.problems] == [path]


def test_a_radio_that_the_board_has_not_is_named() -> None:
    board = msgspec.structs.replace(BOARD, radios=(TRANSMITTING, None), lora_std=None, fsk=None)
    with pytest.raises(PlanError, match=r"radio_1\.freq = 868500000"):
        merged(board, wanted())
