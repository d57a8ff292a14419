"""How much of one allowance is used."""

import msgspec

from gateway.policy.outcome import Level, Limit


class Use(msgspec.Struct, frozen=True, gc=False):
    """How much of one allowance is used, the packet included if it was admitted."""

    level: Level
    limit: Limit
    used: int
    allowed: int

    @property
    def share(self) -> float:
        """1 is all of it."""
        return self.used / self.allowed if self.allowed else 1.0
