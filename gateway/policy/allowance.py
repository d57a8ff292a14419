"""How much use is agreed: the words of the policy, for one device, one group or one depositor."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

DAY_S = 86_400
MOST_PER_DAY = 10_000_000


class Allowance(msgspec.Struct, frozen=True):
    """Limits on use; what is left out is not limited.

    The first two are a token bucket in the words of LoRaWAN TS011 (relay): it is refilled steadily with
    `reload_per_hour` uplinks an hour, and holds `bucket_size_factor` times as many.
    """

    reload_per_hour: Annotated[int, Meta(ge=1, le=36_000, title="uplinks an hour, on average")] | None = None
    bucket_size_factor: Annotated[
        Literal[1, 2, 4, 12], Meta(title="how many times as many may come at once", description="1, 2, 4 or 12")
    ] = 1
    min_interval_s: Annotated[int, Meta(ge=1, le=DAY_S, title="seconds from one uplink to the next")] | None = None
    daily_uplinks: Annotated[int, Meta(ge=0, le=MOST_PER_DAY, title="uplinks in any 24 hours")] | None = None
    daily_bytes: (
        Annotated[int, Meta(ge=0, le=255 * MOST_PER_DAY, title="bytes of PHYPayload in any 24 hours")] | None
    ) = None
    daily_airtime_s: Annotated[float, Meta(ge=0, le=10 * DAY_S, title="seconds on the air in any 24 hours")] | None = (
        None
    )
    joins_per_hour: Annotated[int, Meta(ge=0, le=36_000, title="join requests in any hour")] | None = None
    daily_downlink_airtime_s: (
        Annotated[float, Meta(ge=0, le=DAY_S, title="seconds in any 24 hours during which the gateway sends")] | None
    ) = None


UNLIMITED = Allowance()
