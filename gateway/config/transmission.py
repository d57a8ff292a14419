"""[regulation] → the law that this gateway keeps, where it transmits at all."""

import difflib

from gateway.config.reader import Reader
from gateway.config.sections import RegulationSection
from radio.regulation import regulation_for
from radio.regulation_tables import REGULATIONS, Regulation
from radio.sx1302.plan import ConcentratorPlan

REGIONS = f"one of {', '.join(REGULATIONS)}"


def check_region(region: str | None, reader: Reader) -> None:
    """Refuse a region that has no law, whether this gateway transmits or not; None is the region plan's."""
    if region is None or region in REGULATIONS:
        return
    nearest = difflib.get_close_matches(region.upper(), REGULATIONS, n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    reader.refuse("regulation.region", region, f"must be {REGIONS}{hint}")


def build_regulation(
    section: RegulationSection, region_plan: str | None, plan: ConcentratorPlan, reader: Reader
) -> Regulation | None:
    """The law of a checked region; None where no radio transmits, or, and the reader holds why, where none is known."""
    if not any(radio is not None and radio.tx_enabled for radio in plan.radios):
        return None
    region = section.region or region_plan
    if region is None:
        why = "since a radio chain has tx_enabled and there is no region_plan"
        reader.require("regulation.region", f"{REGIONS}, {why}")
        return None
    try:
        return regulation_for(region, limit_downlink_dwell=section.limit_downlink_dwell)
    except ValueError:
        reader.require("regulation.region", f"{REGIONS}: no law is known for the region plan {region}")
        return None
