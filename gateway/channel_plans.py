"""Region plans: which frequencies a gateway of eight channels listens to, by region.

Frequencies and data rates are those of LoRaWAN Regional Parameters RP002-1.0.4; radio centres and
intermediate frequencies follow Semtech's reference configurations of sx1302_hal 2.1.0 where it has one
(EU868, US915, AS923, CN490) and are chosen likewise, within ±400 kHz of a centre, where it has none.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

MULTI_SF_SPACING_HZ = 200_000


class SingleSf(msgspec.Struct, frozen=True):
    """The single-SF LoRa channel of a region."""

    freq_hz: int
    chain: int
    bandwidth_hz: Literal[125_000, 250_000, 500_000]
    spreading_factor: int


class RegionPlan(msgspec.Struct, frozen=True):
    """What a region's gateway listens to, and where its first radio may transmit."""

    source: str
    centres_hz: tuple[int, int]
    channels_hz: tuple[int, ...]
    tx_hz: tuple[int, int]
    lora_std: SingleSf | None = None
    fsk_hz: int | None = None


def _evenly(first_hz: int, count: int = 8, spacing_hz: int = MULTI_SF_SPACING_HZ) -> tuple[int, ...]:
    return tuple(first_hz + number * spacing_hz for number in range(count))


def _sub_bands(
    region: str, first_hz: int, wide_first_hz: int, wide_sf: int, tx_hz: tuple[int, int]
) -> Iterable[tuple[str, RegionPlan]]:
    """The eight sub-bands of a 64-channel region, each with its 500 kHz channel."""
    for number in range(8):
        low_hz = first_hz + number * 8 * MULTI_SF_SPACING_HZ
        wide_hz = wide_first_hz + number * 8 * MULTI_SF_SPACING_HZ
        yield (
            f"{region}_{number + 1}",
            RegionPlan(
                source=f"RP002-1.0.4, {region}, channels {8 * number} to {8 * number + 7} and {64 + number}",
                centres_hz=(low_hz + 400_000, low_hz + 1_100_000),
                channels_hz=_evenly(low_hz),
                tx_hz=tx_hz,
                lora_std=SingleSf(wide_hz, 0, 500_000, wide_sf),
            ),
        )


def _cn470() -> Iterable[tuple[str, RegionPlan]]:
    """The 96 uplink channels of CN470-510, eight at a time."""
    for number in range(12):
        low_hz = 470_300_000 + number * 8 * MULTI_SF_SPACING_HZ
        yield (
            f"CN470_{number + 1}",
            RegionPlan(
                source=f"RP002-1.0.4, CN470-510, uplink channels {8 * number} to {8 * number + 7}",
                centres_hz=(low_hz + 300_000, low_hz + 1_100_000),
                channels_hz=_evenly(low_hz),
                tx_hz=(500_000_000, 510_000_000),
            ),
        )


REGION_PLANS: dict[str, RegionPlan] = {
    "EU868": RegionPlan(
        source="RP002-1.0.4, EU863-870, with the five channels that European networks add",
        centres_hz=(867_500_000, 868_500_000),
        channels_hz=(*_evenly(868_100_000, 3), *_evenly(867_100_000, 5)),
        tx_hz=(863_000_000, 870_000_000),
        lora_std=SingleSf(868_300_000, 1, 250_000, 7),
        fsk_hz=868_800_000,
    ),
    "IN865": RegionPlan(
        source="RP002-1.0.4, IN865-867: the three default channels",
        centres_hz=(865_200_000, 866_000_000),
        channels_hz=(865_062_500, 865_402_500, 865_985_000),
        tx_hz=(865_000_000, 867_000_000),
    ),
    "KR920": RegionPlan(
        source="RP002-1.0.4, KR920-923: the three default channels and the next four",
        centres_hz=(922_400_000, 923_100_000),
        channels_hz=_evenly(922_100_000, 7),
        tx_hz=(920_900_000, 923_300_000),
    ),
    "AS923": RegionPlan(
        source="RP002-1.0.4, AS923-1, with Semtech's six additional channels",
        centres_hz=(922_300_000, 923_100_000),
        channels_hz=_evenly(922_000_000),
        tx_hz=(920_000_000, 924_000_000),
        lora_std=SingleSf(922_600_000, 0, 500_000, 8),
    ),
    "CN490": RegionPlan(
        source="Semtech's reference configuration for 490 MHz boards, uplinks at 471.1 to 475.3 MHz",
        centres_hz=(471_400_000, 475_000_000),
        channels_hz=(*_evenly(471_100_000, 4), *_evenly(474_700_000, 4)),
        tx_hz=(500_000_000, 510_000_000),
        lora_std=SingleSf(474_800_000, 1, 250_000, 7),
        fsk_hz=475_300_000,
    ),
    **dict(_sub_bands("US915", 902_300_000, 903_000_000, 8, (923_000_000, 928_000_000))),
    **dict(_sub_bands("AU915", 915_200_000, 915_900_000, 8, (923_000_000, 928_000_000))),
    **dict(_cn470()),
}


def region_names() -> str:
    """The names of all plans, families shortened: AS923, AU915_1 to AU915_8, …"""
    families: dict[str, list[str]] = {}
    for name in REGION_PLANS:
        families.setdefault(name.partition("_")[0], []).append(name)
    return ", ".join(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}" for names in families.values())
