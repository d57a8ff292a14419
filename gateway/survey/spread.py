"""How values lie, kept as a count of each: exact to a tenth, and no larger for a long survey. Pure."""

import math

import msgspec

from gateway.survey.result import Quantiles

TENTHS = 10


class Spread(msgspec.Struct, frozen=True):
    """`counts` by the value in tenths."""

    counts: dict[int, int] = {}

    def taken(self, value: float) -> "Spread":
        """With one more value."""
        tenths = round(value * TENTHS)
        return Spread({**self.counts, tenths: self.counts.get(tenths, 0) + 1})

    def quantiles(self) -> Quantiles | None:
        """By nearest rank; None where there is no value."""
        if not self.counts:
            return None
        return Quantiles(self._at(0.1), self._at(0.5), self._at(0.9))

    def _at(self, share: float) -> float:
        rank, passed = math.ceil(share * sum(self.counts.values())), 0
        for tenths in sorted(self.counts):
            passed += self.counts[tenths]
            if passed >= rank:
                return tenths / TENTHS
        raise AssertionError("a share of all is never more than all")
