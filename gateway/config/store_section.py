"""[store]: uplinks that wait on the disk while no network server of their route answers."""

from typing import Annotated

import msgspec
from msgspec import Meta

from forwarder.store.limits import StoreLimits

MB = 1 << 20
HOUR_MS = 3_600_000


class StoreSection(msgspec.Struct, frozen=True):
    """[store]: how much may wait, for how long, and how fast it is sent when a server is back."""

    max_mb: Annotated[int, Meta(ge=8, le=16_384)] = StoreLimits().most_bytes // MB
    max_age_h: Annotated[float, Meta(gt=0, le=8_784)] = StoreLimits().max_age_ms / HOUR_MS
    replay_per_s: Annotated[float, Meta(ge=1, le=1_000)] = 20.0

    @property
    def limits(self) -> StoreLimits:
        """As the store takes them."""
        return StoreLimits(most_bytes=self.max_mb * MB, max_age_ms=round(self.max_age_h * HOUR_MS))
