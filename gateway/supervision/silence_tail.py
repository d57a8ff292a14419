"""How long silences get, counted in silences that were expected meanwhile: the tail of their distribution. Pure.

Where packets come independently of each other, a silence in which x were expected has the probability exp(-x), and
nothing more need be learnt. Where they do not (one sensor with a period, fleets that send at the full hour, outages),
the silences above a threshold are looked at instead, as in extreme value statistics (peaks over threshold): how many
there are in a month, and by how much they exceed it in the mean.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate

import msgspec

from gateway.supervision.chance import chance_of
from gateway.supervision.usual_traffic import DAY_S

MONTH_S = 30 * DAY_S
FADES_S = 30 * DAY_S
# Lower bounds of the classes: 0, then from 1/2 on in steps of a factor of √2, up to 512.
THRESHOLDS = (0.0, *(2 ** (step / 2 - 1) for step in range(21)))
# What is rarer than this by chance is not chance; a factor of 1.2 is allowed for what the model leaves out.
CHANCE = 1e-3
TOLERANCE = 1.2
# Thresholds that are passed more often say little about the tail.
RARE_PER_MONTH = 90.0
# A sensor's period makes excesses that are all alike, and tiny if the threshold lies just below.
LEAST_EXCESS = 0.1
FEWEST_EVIDENCE = 2.0
# What is left of one silence after a month.
FORGOTTEN = 1 / math.e
# A law is not trusted with the whole budget before so long: what comes once a week was not seen yet.
TRUSTED_AFTER_S = 12 * DAY_S
LEAST_TRUST = 1e-3
LEAST_LISTENED_S = DAY_S / 2
_ZEROS = (0.0,) * len(THRESHOLDS)


class TailLaw(msgspec.Struct, frozen=True):
    """Silences above a threshold: how many a month, their mean excess, and how many stand behind that.

    The excess is Lomax: exponential, with a scale that is known from so many silences only.
    """

    threshold: float
    excess: float
    evidence: float
    per_month: float

    def length_of(self, per_month: float) -> float:
        """The length that is exceeded so many times a month."""
        growth = math.log(max(self.per_month / per_month, 1.0)) / self.evidence
        return self.threshold + self.excess * self.evidence * math.expm1(min(growth, 100.0))

    def per_month_of(self, length: float) -> float:
        """How many times a month a length is exceeded."""
        beyond = max(0.0, length - self.threshold) / (self.excess * self.evidence)
        return self.per_month * math.exp(-self.evidence * math.log1p(beyond))


class SilenceTail(msgspec.Struct, frozen=True):
    """How many silences there were in each class, the sum of their lengths, and how long was listened."""

    counts: tuple[float, ...] = _ZEROS
    sums: tuple[float, ...] = _ZEROS
    listened_s: float = 0.0

    def with_silence(self, length: float) -> "SilenceTail":
        """One more."""
        index = sum(length >= threshold for threshold in THRESHOLDS) - 1
        length = min(length, 2 * THRESHOLDS[-1])
        counts = (*self.counts[:index], self.counts[index] + 1, *self.counts[index + 1 :])
        sums = (*self.sums[:index], self.sums[index] + length, *self.sums[index + 1 :])
        return SilenceTail(counts, sums, self.listened_s)

    def with_listened(self, listened_s: float) -> "SilenceTail":
        """Listened for longer."""
        return SilenceTail(self.counts, self.sums, self.listened_s + listened_s)

    def faded(self, elapsed_s: float) -> "SilenceTail":
        """Less is left of it after a while."""
        kept = math.exp(-elapsed_s / FADES_S)
        counts, sums = (tuple(value * kept for value in values) for values in (self.counts, self.sums))
        return SilenceTail(counts, sums, self.listened_s * kept)

    @property
    def trust(self) -> float:
        """What share of a budget of false alarms a young law is to be trusted with."""
        return min(1.0, max(LEAST_TRUST, (self.listened_s / TRUSTED_AFTER_S) ** 2))

    def plain_law(self, evidence: float) -> TailLaw:
        """The law of packets that come independently of each other; `evidence` is what their rates are known from."""
        months = max(self.listened_s, LEAST_LISTENED_S) / MONTH_S
        return TailLaw(0.0, 1.0, max(evidence, FEWEST_EVIDENCE), max(sum(self.counts), 0.5) / months)

    def law(self, evidence: float, budget_per_month: float) -> TailLaw:
        """The law to go by."""
        budget_per_month *= self.trust
        above, beyond = _from_above(self.counts), _from_above(self.sums)
        months = max(self.listened_s, LEAST_LISTENED_S) / MONTH_S
        exponential = self.plain_law(evidence)
        expected = [above[0] * math.exp(-threshold) for threshold in THRESHOLDS]
        is_heavier = any(_is_more(count, mean) for count, mean in zip(above, expected, strict=True))
        if not is_heavier and not any(_is_less(count, mean) for count, mean in zip(above, expected, strict=True)):
            return exponential
        rare = max(_rare(above, beyond, months), key=lambda law: law.length_of(budget_per_month))
        if is_heavier:
            return rare
        return min(exponential, rare, key=lambda law: law.length_of(budget_per_month))


def _rare(above: Sequence[float], beyond: Sequence[float], months: float) -> Iterator[TailLaw]:
    """A law for each threshold that is seldom passed; for want of any, one for what was never passed but might be."""
    found = False
    for threshold, count, total in zip(THRESHOLDS[1:], above[1:], beyond[1:], strict=True):
        if count < FORGOTTEN:
            if not found:
                yield TailLaw(threshold, threshold / 2, FEWEST_EVIDENCE, 1 / months)
            return
        if count / months <= RARE_PER_MONTH:
            found = True
            # The mean of few is likely to be short of the true one.
            excess = max((total / count - threshold) * (1 + 0.5 / count), LEAST_EXCESS * threshold)
            yield TailLaw(threshold, excess, count + 1, count / months)
    if not found:
        yield TailLaw(THRESHOLDS[-1], THRESHOLDS[-1], FEWEST_EVIDENCE, 1 / months)


def _from_above(values: Sequence[float]) -> list[float]:
    return list(accumulate(reversed(values)))[::-1]


def _is_more(count: float, expected: float) -> bool:
    expected *= TOLERANCE
    return count > expected and chance_of(count, expected) < CHANCE


def _is_less(count: float, expected: float) -> bool:
    expected /= TOLERANCE
    return count < expected and chance_of(count, expected) < CHANCE
