"""The channels that a server wants, on the radios of a board."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.chirpstack_mqtt.channel_plan import FskChannel, LoraChannel
from forwarder.chirpstack_mqtt.placing import PlacingError, Wanted, with_channels
from radio.sx1302 import plan as hardware
from radio.sx1302.plan import ConcentratorPlan, Radio, TxGain, check_plan

ALL = (7, 8, 9, 10, 11, 12)
GAINS = (TxGain(14, 1, 20),)
BOARD = ConcentratorPlan(
    radios=(Radio(867_500_000, -215.4, tx_enabled=True, tx_gain_table=GAINS), Radio(868_500_000, -215.4)),
    channels=(hardware.Channel(1, -400_000), *(None,) * 7),
    spreading_factors=frozenset(ALL),
)
ONE_RADIO = msgspec.structs.replace(
    BOARD, radios=(BOARD.radios[0], None), channels=(hardware.Channel(0, 400_000), *(None,) * 7)
)


def lora(*frequencies_hz: int) -> list[Wanted]:
    return [LoraChannel(freq_hz, 125_000, ALL) for freq_hz in frequencies_hz]


EU868 = lora(868_100_000, 868_300_000, 868_500_000, 867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)
WIDE = LoraChannel(868_300_000, 250_000, (7,))
FSK = FskChannel(868_800_000, 125_000, 50_000)


def heard(plan: ConcentratorPlan) -> list[int]:
    """The frequencies of all channels, in their order."""
    used = [channel for channel in (*plan.channels, plan.lora_std, plan.fsk) if channel is not None]
    return [centre(plan, channel.radio) + channel.if_hz for channel in used]


def centre(plan: ConcentratorPlan, radio: int) -> int:
    one = plan.radios[radio]
    assert one is not None
    return one.freq_hz


def test_europes_channels_are_placed_without_moving_the_radios() -> None:
    plan = with_channels(BOARD, [*EU868, WIDE, FSK])
    assert plan.radios == BOARD.radios
    assert heard(plan) == [channel.freq_hz for channel in (*EU868, WIDE, FSK)]
    assert plan.lora_std == hardware.LoraStdChannel(1, -200_000, 250_000, 7)
    assert plan.fsk == hardware.FskChannel(1, 300_000, 125_000, 50_000)


def test_what_the_server_does_not_want_is_not_heard_any_more() -> None:
    board = msgspec.structs.replace(BOARD, lora_std=hardware.LoraStdChannel(1, 0), fsk=hardware.FskChannel(1, 0))
    plan = with_channels(board, lora(868_100_000))
    assert (plan.channels.count(None), plan.lora_std, plan.fsk) == (7, None, None)


def test_radios_go_where_the_channels_are_and_are_the_same_radios() -> None:
    wanted = lora(*(902_300_000 + 200_000 * number for number in range(8)))
    plan = with_channels(BOARD, [*wanted, LoraChannel(903_000_000, 500_000, (8,))])
    assert check_plan(plan) == []
    first, second = plan.radios
    assert first is not None
    assert second is not None
    assert 902_300_000 < first.freq_hz < 903_000_000 < second.freq_hz < 903_700_000
    assert (first.tx_enabled, first.tx_gain_table, first.rssi_offset_db) == (True, GAINS, -215.4)
    assert heard(plan)[:8] == [channel.freq_hz for channel in wanted]


def test_a_board_with_one_radio_takes_what_fits_there() -> None:
    plan = with_channels(ONE_RADIO, lora(868_100_000, 868_300_000, 868_500_000))
    assert plan.radios[1] is None
    assert centre(plan, 0) == 868_300_000
    with pytest.raises(PlacingError, match="within 800 kHz"):
        with_channels(ONE_RADIO, [*EU868, FSK])


def test_the_boards_synchronisation_word_stays() -> None:
    board = msgspec.structs.replace(BOARD, fsk=hardware.FskChannel(1, 0, sync_word=0xABCD, sync_word_bytes=2))
    plan = with_channels(board, [FSK])
    assert plan.fsk == hardware.FskChannel(1, 300_000, 125_000, 50_000, sync_word=0xABCD, sync_word_bytes=2)


def test_no_channels_are_no_wish() -> None:
    assert with_channels(BOARD, []) == BOARD


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ([*EU868, *lora(868_800_000)], "9 channels of LoRa, 125 kHz: the concentrator has 8"),
        ([WIDE, WIDE], "2 channels of wider LoRa: the concentrator has 1"),
        ([FSK, FSK], "2 channels of FSK: the concentrator has 1"),
        ([LoraChannel(868_300_000, 250_000, (7, 8))], "868300000 Hz must have one spreading factor"),
        ([LoraChannel(868_300_000, 250_000, ())], "868300000 Hz must have one spreading factor"),
        ([LoraChannel(868_300_000, 333_000, (7,))], "lora_std.bandwidth_hz = 333000: must be 125000, 250000 or 500000"),
        ([LoraChannel(868_300_000, 250_000, (13,))], "lora_std.spreading_factor = 13"),
        ([FskChannel(868_800_000, 125_000, 1)], "fsk.bitrate_bps = 1"),
        (lora(863_100_000, 866_000_000, 869_900_000), "within 800 kHz of its radio's centre"),
        (lora(2_400_000_000), "radios"),
        (lora(0), "radios"),
    ],
)
def test_what_the_concentrator_cannot_do_is_said(wanted: list[Wanted], why: str) -> None:
    with pytest.raises(PlacingError) as caught:
        with_channels(BOARD, wanted)
    assert why in str(caught.value)


_frequencies = st.integers(0, 2**32 - 1) | st.integers(863_000_000, 870_000_000)
_wanted = st.lists(
    st.builds(LoraChannel, _frequencies, st.sampled_from((125_000, 250_000, 500_000)), st.just((7,)))
    | st.builds(FskChannel, _frequencies, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    max_size=10,
)


@given(_wanted, st.sampled_from((BOARD, ONE_RADIO)))
def test_whatever_is_wanted_is_refused_or_can_be_done_to_the_hertz(
    wanted: list[Wanted], board: ConcentratorPlan
) -> None:
    try:
        plan = with_channels(board, wanted)
    except PlacingError:
        return
    assert check_plan(plan) == []
    if wanted:
        assert sorted(heard(plan)) == sorted(channel.freq_hz for channel in wanted)
