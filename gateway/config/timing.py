"""[gateway], [gnss] and [beacon] → where the gateway is, and the beacons that it sends."""

from gateway.config.reader import Reader
from gateway.config.sections import BeaconSection, GatewaySection, GnssSection
from gateway.gnss_time import GatewayPosition
from radio.beacon import BEACON_PLANS, BeaconPlan

POSITION_KEYS = ("latitude_deg", "longitude_deg", "altitude_m")


def build_position(gateway: GatewaySection, reader: Reader) -> GatewayPosition | None:
    """The configured position; None without, or, and the reader holds why, where a part of it is missing."""
    latitude_deg, longitude_deg, altitude_m = gateway.latitude_deg, gateway.longitude_deg, gateway.altitude_m
    if latitude_deg is not None and longitude_deg is not None and altitude_m is not None:
        return GatewayPosition(latitude_deg, longitude_deg, altitude_m)
    keys = [f"gateway.{key}" for key in POSITION_KEYS]
    if reader.written.intersection(keys):
        for key in keys:
            if key not in reader.written:
                reader.require(key, "latitude_deg, longitude_deg and altitude_m together, or none of them")
    return None


def build_beacon(
    beacon: BeaconSection, gnss: GnssSection, region: str | None, *, transmits: bool, reader: Reader
) -> BeaconPlan | None:
    """Where the region's beacons are; None where none are sent, or, and the reader holds why, where none can be."""
    if not beacon.enabled or reader.failed_under("gnss") or reader.failed_at("radio.region_plan", "regulation.region"):
        return None
    plan = BEACON_PLANS.get(region or "") or BEACON_PLANS.get((region or "").partition("_")[0])
    if gnss.port is None:
        reader.require("gnss.port", "the GNSS receiver's port, since beacon.enabled is true: a beacon needs exact time")
    elif not gnss.ublox:
        reader.refuse("gnss.ublox", gnss.ublox, "must be true where beacon.enabled is: only UBX tells GPS time")
    if not transmits:
        reader.refuse("beacon.enabled", beacon.enabled, "must be false: no radio chain has tx_enabled")
    elif plan is None:
        reader.refuse("beacon.enabled", beacon.enabled, f"must be false: no beacon is defined for region {region}")
    return plan
