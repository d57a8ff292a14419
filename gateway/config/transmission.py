"""[regulation] → the law that this gateway keeps, where it transmits at all."""

from gateway.config.reader import Reader
from gateway.config.sections import RegulationSection
from radio.regulation import regulation_for
from radio.regulation_tables import REGULATIONS, Regulation
from radio.sx1302.plan import ConcentratorPlan


def build_regulation(
    section: RegulationSection, region_plan: str | None, plan: ConcentratorPlan, reader: Reader
) -> Regulation | None:
    """The law of the region; None where no radio transmits, or, and the reader holds why, where none is known."""
    if not any(radio is not None and radio.tx_enabled for radio in plan.radios):
        return None
    region = section.region or region_plan
    allowed = f"one of {', '.join(REGULATIONS)}"
    if region is None:
        reader.require(
            "regulation.region", f"{allowed}, since a radio chain has tx_enabled and there is no region_plan"
        )
        return None
    try:
        return regulation_for(region, limit_downlink_dwell=section.limit_downlink_dwell)
    except ValueError:
        reader.refuse("regulation.region", region, f"must be {allowed}")
        return None
