"""How improbable a count is. Pure."""

import math


def chance_of(count: float, expected: float) -> float:
    """At most so probable is a Poisson count this far from what was expected, or farther (Chernoff's bound)."""
    if count <= 0:
        return math.exp(-expected)
    if expected <= 0:
        return 0.0
    return math.exp(min(0.0, count - expected + count * math.log(expected / count)))
