"""Channels as a source has them → a region plan where one is equal, else each of them. Pure."""

from collections.abc import Sequence

import msgspec

from gateway.channel_plans import REGION_PLANS, RegionPlan
from gateway.importing.draft import Draft, Setting, Table
from radio.regulation_tables import REGULATIONS, SAME_LAW

MULTI_SF_BANDWIDTH_HZ = 125_000
FSK_DEFAULTS = {"bandwidth_hz": 125_000, "bitrate_bps": 50_000}
# For a hint alone: where gateways of a region listen. Bands overlap, so that the law is never taken from them.
_BANDS_HZ = {
    name: (min(band.low_hz for band in law.sub_bands), max(band.high_hz for band in law.sub_bands))
    for name, law in REGULATIONS.items()
}


class Channel(msgspec.Struct, frozen=True):
    """One multi-SF channel; `chain` is None where the source leaves that open."""

    freq_hz: int
    origin: str
    chain: int | None = None


class Listening(msgspec.Struct, frozen=True):
    """What a source listens to: `centres` are the radios' frequencies, empty where the source leaves them open.

    `lora_std` and `fsk` are tables of gateway.toml, None where there is no such channel.
    """

    origin: str
    channels: tuple[Channel, ...]
    centres: tuple[Setting | None, ...] = ()
    lora_std: Table | None = None
    fsk: Table | None = None


def place(listening: Listening, draft: Draft) -> None:
    """Put into the draft what is listened to."""
    if "region_plan" in draft.tables.get("radio", {}):
        draft.note(f"{listening.origin}: its channels are not carried over: --region-plan names them")
        return
    region = draft.tables.get("regulation", {}).get("region")
    name = _equal_plan(listening, None if region is None else region.value)
    if name is None:
        _place_each(listening, draft)
        return
    plan = REGION_PLANS[name]
    draft.put("radio", "region_plan", name, f"{listening.origin}: its channels")
    for number, centre in enumerate(listening.centres):
        if centre is not None and centre.value != plan.centres_hz[number]:
            draft.chain(number)["freq_hz"] = centre
    _place_beside_plan("radio.lora_std", listening.lora_std, _lora_std_of(plan), listening, draft)
    fsk: dict[str, object] | None = None if plan.fsk_hz is None else {"freq_hz": plan.fsk_hz, **FSK_DEFAULTS}
    _place_beside_plan("radio.fsk", listening.fsk, fsk, listening, draft)


def likely_regions(frequencies_hz: Sequence[int]) -> list[str]:
    """Whose bands all of these lie in."""
    return [
        name
        for name, (low_hz, high_hz) in _BANDS_HZ.items()
        if frequencies_hz and all(low_hz <= freq_hz <= high_hz for freq_hz in frequencies_hz)
    ]


def transmit_range_hz(region: str) -> tuple[int, int] | None:
    """Where a gateway of that region transmits; None where it is not known."""
    plans = (plan for name, plan in REGION_PLANS.items() if name.partition("_")[0] == region)
    return next((plan.tx_hz for plan in plans), None)


def _equal_plan(listening: Listening, region: object) -> str | None:
    """The plan with these channels, which is also the law's region: so it is none that only might be meant."""
    wanted = sorted(channel.freq_hz for channel in listening.channels)
    equal = (name for name, plan in REGION_PLANS.items() if sorted(plan.channels_hz) == wanted)
    return next((name for name in equal if _is_of(name, listening, region)), None)


def _is_of(name: str, listening: Listening, region: object) -> bool:
    """Whether a plan with the same multi-SF channels is of that region, or, None, of no other one for certain.

    The same eight channels are AU915's sixth sub-band and what ChirpStack has for AS923; the wide channel tells.
    """
    family = name.partition("_")[0]
    law = SAME_LAW.get(family, family)
    if region is not None:
        return region in (family, law)
    wide = _lora_std_of(REGION_PLANS[name])
    if wide is not None and _without_chain(listening.lora_std) == wide:
        return True
    return set(likely_regions([channel.freq_hz for channel in listening.channels])) <= {law}


def _without_chain(table: Table | None) -> dict[str, object]:
    return {key: setting.value for key, setting in (table or {}).items() if key != "chain"}


def _lora_std_of(plan: RegionPlan) -> dict[str, object] | None:
    wide = plan.lora_std
    if wide is None:
        return None
    return {"freq_hz": wide.freq_hz, "bandwidth_hz": wide.bandwidth_hz, "spreading_factor": wide.spreading_factor}


def _place_beside_plan(
    name: str, table: Table | None, planned: dict[str, object] | None, listening: Listening, draft: Draft
) -> None:
    """Write a channel where it is not what the plan has."""
    if table is None:
        if planned is not None:
            draft.put(name, "enabled", False, f"{listening.origin}: there is none")
    elif _without_chain(table) != planned:
        draft.tables[name] = table


def _place_each(listening: Listening, draft: Draft) -> None:
    centres = listening.centres or _chosen_centres(listening)
    for number, centre in enumerate(centres):
        if centre is not None:
            draft.chain(number)["freq_hz"] = centre
    for channel in listening.channels:
        table = {"freq_hz": Setting(channel.freq_hz, channel.origin)}
        if channel.chain is not None:
            table["chain"] = Setting(channel.chain, channel.origin)
        draft.channels.append(table)
    for name, one in (("radio.lora_std", listening.lora_std), ("radio.fsk", listening.fsk)):
        if one is not None:
            draft.tables[name] = one


def _chosen_centres(listening: Listening) -> tuple[Setting, ...]:
    """Centres such that the channel farthest from its own is as near as possible."""
    edges = sorted(_edges_hz(listening))
    if not edges:
        return ()
    splits = range(1, len(edges)) if len(edges) > 1 else range(1, 2)
    groups = min(
        ([edges[:split], edges[split:]] for split in splits), key=lambda parts: max(_span_hz(part) for part in parts)
    )
    origin = f"{listening.origin}: chosen for its channels"
    return tuple(Setting((part[0][0] + max(high for _, high in part)) // 2, origin) for part in groups if part)


def _edges_hz(listening: Listening) -> list[tuple[int, int]]:
    widths = [(channel.freq_hz, MULTI_SF_BANDWIDTH_HZ) for channel in listening.channels]
    for table in (listening.lora_std, listening.fsk):
        values = {key: setting.value for key, setting in (table or {}).items()}
        freq_hz, bandwidth_hz = values.get("freq_hz"), values.get("bandwidth_hz", MULTI_SF_BANDWIDTH_HZ)
        if isinstance(freq_hz, int) and isinstance(bandwidth_hz, int):
            widths.append((freq_hz, bandwidth_hz))
    return [(freq_hz - width_hz // 2, freq_hz + width_hz // 2) for freq_hz, width_hz in widths]


def _span_hz(part: Sequence[tuple[int, int]]) -> int:
    return max(high for _, high in part) - part[0][0] if part else 0
