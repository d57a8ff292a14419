"""The channels that a server wants a gateway to listen to: `sx1301_conf` of a router_config. Pure.

The server says frequencies and channels; which radios there are, their gains and their calibration, is the gateway's.
Unknown keys are of no consequence. What says nothing is not enabled.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from forwarder.basics_station.json_values import is_whole
from radio.errors import PlanError
from radio.sx1302.plan import (
    LORA_BANDWIDTHS_HZ,
    MULTI_SF_CHANNELS,
    RADIOS,
    SPREADING_FACTORS,
    Channel,
    ConcentratorPlan,
    FskChannel,
    LoraStdChannel,
    Problem,
    Radio,
    check_plan,
)

HIGHEST_HZ = 1 << 32


class ChannelPlan(msgspec.Struct, frozen=True):
    """What to listen to. `centres_hz` are the radios', None for one that is off; places of channels are the chip's."""

    centres_hz: tuple[int | None, int | None]
    channels: tuple[Channel | None, ...]
    lora_std: LoraStdChannel | None = None
    fsk: FskChannel | None = None


def read_channel_plan(value: object) -> ChannelPlan | None:
    """The plan for the first concentrator, we have one; None where there is none to be read."""
    entries = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not entries or not isinstance(entries[0], Mapping):
        return None
    entry = entries[0]
    centre_0, centre_1 = (_centre(entry.get(f"radio_{number}")) for number in range(RADIOS))
    channels = tuple(_channel(entry.get(f"chan_multiSF_{number}")) for number in range(MULTI_SF_CHANNELS))
    plan = ChannelPlan(
        (centre_0, centre_1), channels, _lora_std(entry.get("chan_Lora_std")), _fsk(entry.get("chan_FSK"))
    )
    return plan if any(plan.channels) or plan.lora_std or plan.fsk else None


def merged(board: ConcentratorPlan, wanted: ChannelPlan) -> ConcentratorPlan:
    """What the server wants listened to, with all else of the board as it is: gains, offsets, limits of transmission,
    clock, sync word. A radio of which the server says nothing stays where it is, without channels.

    Raises:
        PlanError: the board cannot do that; `problems` says why.
    """
    missing: list[Problem] = [
        (f"radio_{number}.freq", centre_hz, "left out: the board has no such radio, or it is not configured")
        for number, (radio, centre_hz) in enumerate(zip(board.radios, wanted.centres_hz, strict=True))
        if radio is None and centre_hz is not None
    ]
    first, second = map(_tuned, board.radios, wanted.centres_hz)
    plan = msgspec.structs.replace(
        board,
        radios=(first, second),
        channels=wanted.channels,
        lora_std=wanted.lora_std,
        fsk=_with_sync_word(wanted.fsk, board.fsk),
    )
    if problems := missing or check_plan(plan):
        raise PlanError(problems)
    return plan


def _tuned(radio: Radio | None, centre_hz: int | None) -> Radio | None:
    if radio is None or centre_hz is None:
        return radio
    return msgspec.structs.replace(radio, freq_hz=centre_hz)


def _with_sync_word(wanted: FskChannel | None, board: FskChannel | None) -> FskChannel | None:
    if wanted is None or board is None:
        return wanted
    return msgspec.structs.replace(wanted, sync_word=board.sync_word, sync_word_bytes=board.sync_word_bytes)


def _centre(radio: object) -> int | None:
    if not isinstance(radio, Mapping) or not radio.get("enable"):
        return None
    return _whole(radio, "freq", 1, HIGHEST_HZ)


def _channel(channel: object) -> Channel | None:
    place = _place(channel)
    return None if place is None else Channel(*place)


def _place(channel: object) -> tuple[int, int] | None:
    """Radio and intermediate frequency of an enabled channel; the first radio and its centre where it says nothing."""
    if not isinstance(channel, Mapping) or not channel.get("enable"):
        return None
    radio, if_hz = _whole(channel, "radio", 0, RADIOS - 1), _whole(channel, "if", -HIGHEST_HZ, HIGHEST_HZ)
    return radio or 0, if_hz or 0


def _lora_std(channel: object) -> LoraStdChannel | None:
    place = _place(channel)
    if place is None or not isinstance(channel, Mapping):
        return None
    bandwidth, factor = channel.get("bandwidth"), channel.get("spread_factor", channel.get("spreading_factor"))
    return LoraStdChannel(
        *place,
        bandwidth_hz=bandwidth if bandwidth in LORA_BANDWIDTHS_HZ else 250_000,
        spreading_factor=factor if factor in SPREADING_FACTORS else 7,
    )


def _fsk(channel: object) -> FskChannel | None:
    place = _place(channel)
    if place is None or not isinstance(channel, Mapping):
        return None
    bandwidth = channel.get("bandwidth")
    return FskChannel(
        *place,
        bandwidth_hz=bandwidth if bandwidth in LORA_BANDWIDTHS_HZ else 125_000,
        bitrate_bps=_whole(channel, "datarate", 500, 250_000) or 50_000,
    )


def _whole(table: Mapping[str, Any], key: str, low: int, high: int) -> int | None:
    value = table.get(key)
    return value if is_whole(value) and low <= value <= high else None
