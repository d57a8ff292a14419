"""How often something is heard where a gateway stands, by the hour of the day and the kind of the day. Pure.

What is learnt is the hazard of a silence: once nothing was heard for `CLUSTER_S`, how soon does something come? So the
seconds between a frame and its repetitions count for nothing, nor does a storm of joins: however many packets come
close together, they end one silence. Of packets that come independently of each other (a Poisson process) it is the
plain rate. Everything fades within weeks.

The hours share what they know (an empirical Bayes estimate, gamma-Poisson): where they do not differ by more than
chance, all have the same rate, from all that was heard; the more they differ, the more each stands for itself.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec

from gateway.supervision.chance import chance_of

# A confirmed uplink is repeated 3 to 8 s after the first, airtime at SF12 included (LoRaWAN L2 1.0.4, 18.1).
CLUSTER_S = 10.0
HOUR_S = 3600.0
DAY_S = 86_400.0
FADES_S = 21 * DAY_S
HOURS = 24
# Working days, Saturdays, Sundays.
KINDS_OF_DAY = 3
SLOTS = HOURS * KINDS_OF_DAY
UNKNOWN_HOUR = SLOTS
# 1 January 1970 was a Thursday.
EPOCH_WEEKDAY = 3
SATURDAY = 5
# So long listened to, an hour is known.
KNOWN_FROM_S = HOUR_S / 2
# An hour that nobody has listened to yet may be as quiet as the quietest, and that by half.
UNKNOWN_SHARE = 0.5
# Of a silence no more is learnt: one outage of the sensors is not to outweigh a week.
LONGEST_LEARNT_S = DAY_S
# A guess is worth a tenth of a silence: a day without a packet is to make all its hours quiet.
_PRIOR_EVENTS = 0.1
# An hour whose silences are so improbable at the common rate has a rate of its own.
CONTRADICTS = 1e-3
_ZEROS = (0.0,) * (SLOTS + 1)

Span = tuple[int, float]
"""A slot, and seconds spent in it."""


class Rates(msgspec.Struct, frozen=True):
    """What is usual: the hazard of a silence by slot (1/s), and how many silences stand behind one of them.

    `are_alike` says that the hours differ by chance only.
    """

    by_slot: tuple[float, ...]
    evidence: float
    are_alike: bool


class UsualTraffic(msgspec.Struct, frozen=True):
    """By slot: how many silences ended, how many seconds of silence were listened to, and how many seconds at all.

    A silence counts from `CLUSTER_S` on. The last slot is that of hours which nobody knew.
    """

    ends: tuple[float, ...] = _ZEROS
    silent_s: tuple[float, ...] = _ZEROS
    listened_s: tuple[float, ...] = _ZEROS

    @property
    def columns(self) -> tuple[tuple[float, ...], ...]:
        """The three of them."""
        return self.ends, self.silent_s, self.listened_s

    def with_listened(self, spans: Sequence[Span]) -> "UsualTraffic":
        """Listened meanwhile."""
        return msgspec.structs.replace(self, listened_s=_added(self.listened_s, spans))

    def with_silence(self, spans: Sequence[Span], end_slot: int | None) -> "UsualTraffic":
        """Silent meanwhile, and something came in a slot, or None where it did not."""
        ends = self.ends if end_slot is None else _added(self.ends, [(end_slot, 1.0)])
        return msgspec.structs.replace(self, ends=ends, silent_s=_added(self.silent_s, spans))

    def faded(self, elapsed_s: float) -> "UsualTraffic":
        """Less is left of it after a while."""
        kept = math.exp(-elapsed_s / FADES_S)
        return UsualTraffic(*(tuple(value * kept for value in values) for values in self.columns))

    def rates(self) -> Rates:
        """What to expect of each slot."""
        ends, silent_s, listened_s = (sum(values) for values in self.columns)
        pool = _rate(_PRIOR_EVENTS, quick_rate(silent_s, listened_s), ends, silent_s)
        known = [slot for slot in range(SLOTS) if self.listened_s[slot] >= KNOWN_FROM_S]
        weight = self._weight_of_pool(known, pool)
        if weight is None:
            rates = dict.fromkeys(known, pool)
            evidence = ends
        else:
            rates = {slot: self._rate_of(slot, weight, pool) for slot in known}
            evidence = self._evidence(known, weight)
        lowest = min(rates.values(), default=pool)
        unknown = lowest * UNKNOWN_SHARE if known else pool
        return Rates((*(_cautious(rates, slot, unknown) for slot in range(SLOTS)), lowest), evidence, weight is None)

    def _rate_of(self, slot: int, weight: float, pool: float) -> float:
        """A slot's own. What is hardly ever silent for `CLUSTER_S` says so by that; who contradicts is believed."""
        prior = max(pool, quick_rate(self.silent_s[slot], self.listened_s[slot]))
        if chance_of(self.ends[slot], self.silent_s[slot] * prior) < CONTRADICTS:
            weight = _PRIOR_EVENTS
        return _rate(weight, prior, self.ends[slot], self.silent_s[slot])

    def _evidence(self, known: Sequence[int], weight: float) -> float:
        """Behind the rate that a silence meets: the harmonic mean, since it is the errors that add up."""
        errors = sum(self.ends[slot] / (self.ends[slot] + weight) for slot in known)
        return sum(self.ends[slot] for slot in known) / errors if errors else weight

    def _weight_of_pool(self, known: Sequence[int], pool: float) -> float | None:
        """How many silences the common rate is worth to a slot; None where the slots differ by chance only."""
        expected = {slot: self.silent_s[slot] * pool for slot in known if self.silent_s[slot] * pool > 0}
        if len(expected) < 2:
            return None
        freedom = len(expected) - 1
        squares = sum((self.ends[slot] - mean) ** 2 for slot, mean in expected.items())
        chance = sum(expected.values()) * (1 + 2 * math.sqrt(2 / freedom))
        if squares <= chance:
            return None
        return max(_PRIOR_EVENTS, sum(mean**2 for mean in expected.values()) / (squares - chance))


def slot_at(local_s: float) -> int:
    """The slot of a moment, given as the seconds of the wall clock since 1970."""
    day, second = divmod(local_s, DAY_S)
    weekday = (int(day) + EPOCH_WEEKDAY) % 7
    kind = 0 if weekday < SATURDAY else weekday - SATURDAY + 1
    return kind * HOURS + int(second // HOUR_S)


def spans_between(begin_s: float, end_s: float, to_wall_s: float | None) -> Iterator[Span]:
    """The slots from one moment to another; `to_wall_s` makes them the wall clock's, None where nobody knows it."""
    if to_wall_s is None:
        if end_s > begin_s:
            yield UNKNOWN_HOUR, end_s - begin_s
        return
    at_s, last_s = begin_s + to_wall_s, end_s + to_wall_s
    while at_s < last_s:
        next_s = min(last_s, (at_s // HOUR_S + 1) * HOUR_S)
        yield slot_at(at_s), next_s - at_s
        at_s = next_s


def _added(values: tuple[float, ...], spans: Sequence[Span]) -> tuple[float, ...]:
    changed = list(values)
    for slot, amount in spans:
        changed[slot] += amount
    return tuple(changed)


def _rate(weight: float, prior: float, ends: float, silent_s: float) -> float:
    """The mean of the gamma posterior."""
    return (weight + ends) / (weight / prior + silent_s)


def quick_rate(silent_s: float, listened_s: float) -> float:
    """The rate (1/s) at which so little time is `CLUSTER_S` or more after the last packet; half of it, for caution."""
    share = max(silent_s, 1.0) / max(listened_s, CLUSTER_S)
    return max(-math.log(min(share, 1.0)) / CLUSTER_S / 2, 1 / DAY_S)


def _cautious(rates: dict[int, float], slot: int, unknown: float) -> float:
    """The lowest of an hour and its neighbours: mornings are not punctual, and summer time shifts them."""
    if slot not in rates:
        return unknown
    kind, hour = divmod(slot, HOURS)
    around = (kind * HOURS + (hour + step) % HOURS for step in (-1, 0, 1))
    return min(rates[each] for each in around if each in rates)
