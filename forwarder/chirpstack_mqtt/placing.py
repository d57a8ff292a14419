"""The channels that a server wants, placed on the radios and modems that the board has. Pure."""

from collections.abc import Sequence

import msgspec

from forwarder.chirpstack_mqtt.channel_plan import FskChannel, LoraChannel
from radio.sx1302 import plan as hardware
from radio.sx1302.plan import MULTI_SF_CHANNELS, RADIOS, ConcentratorPlan, check_plan

MULTI_SF_BANDWIDTH_HZ = 125_000

Wanted = LoraChannel | FskChannel
Edges = tuple[int, int]
"""The lowest and the highest frequency of something."""


class PlacingError(ValueError):
    """The concentrator cannot listen to that; the text names the channel or the limit."""


def with_channels(board: ConcentratorPlan, wanted: Sequence[Wanted]) -> ConcentratorPlan:
    """The board's plan with these channels in the place of its own; all else is the board's. No channels: no change.

    The radios stay at their frequencies where all channels fit, else they go where the farthest channel is nearest. A
    channel of 125 kHz is heard at all spreading factors of the board, whichever the server names.

    Raises:
        PlacingError: the concentrator cannot do it.
    """
    if not wanted:
        return board
    centres = _centres(board, [_edges(channel) for channel in wanted])
    radios = [
        None if radio is None else msgspec.structs.replace(radio, freq_hz=centre_hz)
        for radio, centre_hz in zip(board.radios, centres, strict=True)
    ]
    multi_sf, wide, fsk = _by_modem(wanted)
    places = [hardware.Channel(*_place(channel, centres)) for channel in multi_sf]
    plan = msgspec.structs.replace(
        board,
        radios=tuple(radios),
        channels=(*places, *(None,) * (MULTI_SF_CHANNELS - len(places))),
        lora_std=None if wide is None else _lora_std(wide, centres),
        fsk=None if fsk is None else _fsk(fsk, board.fsk, centres),
    )
    for path, value, allowed in check_plan(plan):
        raise PlacingError(f"{path} = {value}: must be {allowed}")
    return plan


def _by_modem(wanted: Sequence[Wanted]) -> tuple[list[LoraChannel], LoraChannel | None, FskChannel | None]:
    lora = [channel for channel in wanted if isinstance(channel, LoraChannel)]
    multi_sf = [channel for channel in lora if channel.bandwidth_hz == MULTI_SF_BANDWIDTH_HZ]
    wide = [channel for channel in lora if channel.bandwidth_hz != MULTI_SF_BANDWIDTH_HZ]
    fsk = [channel for channel in wanted if isinstance(channel, FskChannel)]
    for found, most, kind in ((multi_sf, MULTI_SF_CHANNELS, "LoRa, 125 kHz"), (wide, 1, "wider LoRa"), (fsk, 1, "FSK")):
        if len(found) > most:
            raise PlacingError(f"{len(found)} channels of {kind}: the concentrator has {most}")
    if wide and len(wide[0].spreading_factors) != 1:
        raise PlacingError(
            f"the channel at {wide[0].freq_hz} Hz must have one spreading factor: it is wider than 125 kHz"
        )
    return multi_sf, next(iter(wide), None), next(iter(fsk), None)


def _lora_std(channel: LoraChannel, centres: Sequence[int | None]) -> hardware.LoraStdChannel:
    radio, if_hz = _place(channel, centres)
    return hardware.LoraStdChannel(radio, if_hz, channel.bandwidth_hz, channel.spreading_factors[0])


def _fsk(channel: FskChannel, board: hardware.FskChannel | None, centres: Sequence[int | None]) -> hardware.FskChannel:
    """With the board's synchronisation word, of which the server says nothing."""
    radio, if_hz = _place(channel, centres)
    own = hardware.FskChannel(radio, if_hz) if board is None else board
    return msgspec.structs.replace(
        own, radio=radio, if_hz=if_hz, bandwidth_hz=channel.bandwidth_hz, bitrate_bps=channel.bitrate_bps
    )


def _place(channel: Wanted, centres: Sequence[int | None]) -> tuple[int, int]:
    """The radio whose centre is nearest, and the intermediate frequency there."""
    offsets = [
        (abs(channel.freq_hz - centre_hz), number) for number, centre_hz in enumerate(centres) if centre_hz is not None
    ]
    _, number = min(offsets)
    return number, channel.freq_hz - (centres[number] or 0)


def _centres(board: ConcentratorPlan, edges: Sequence[Edges]) -> list[int | None]:
    """One for each radio that the board has."""
    centres = [None if radio is None else radio.freq_hz for radio in board.radios]
    numbers = [number for number in range(RADIOS) if centres[number] is not None]
    if all(any(_holds(centres[number] or 0, edge) for number in numbers) for edge in edges):
        return centres
    for number, group in zip(numbers, _groups(sorted(edges), len(numbers)), strict=False):
        centres[number] = (group[0][0] + _highest(group)) // 2
    return centres


def _holds(centre_hz: int, edges: Edges) -> bool:
    half_hz = hardware.RADIO_BANDWIDTH_HZ // 2
    return centre_hz - half_hz <= edges[0] and edges[1] <= centre_hz + half_hz


def _groups(edges: Sequence[Edges], most: int) -> list[Sequence[Edges]]:
    """Neighbours, in one group or two, so that the widest is as narrow as possible."""
    if most == 1 or len(edges) == 1:
        return [edges]
    splits = [[edges[:split], edges[split:]] for split in range(1, len(edges))]
    return min(splits, key=lambda groups: max(_highest(group) - group[0][0] for group in groups))


def _highest(group: Sequence[Edges]) -> int:
    return max(high for _, high in group)


def _edges(channel: Wanted) -> Edges:
    half_hz = channel.bandwidth_hz // 2
    return channel.freq_hz - half_hz, channel.freq_hz + half_hz
