"""What a gateway knows of its silences, and what it expects of them. Pure.

The memory outlives the process; what is expected is computed from it, once an hour.
"""

import math

import msgspec

from gateway.supervision.recent_traffic import RecentTraffic
from gateway.supervision.silence_tail import MONTH_S, THRESHOLDS, SilenceTail, TailLaw
from gateway.supervision.usual_traffic import (
    CLUSTER_S,
    DAY_S,
    LONGEST_LEARNT_S,
    SLOTS,
    UNKNOWN_HOUR,
    UsualTraffic,
    slot_at,
    spans_between,
)

VERSION = 1
# A false alarm costs a restart and a notice: less than one a month, with as much again for what no model knows.
DEAF_PER_MONTH = 0.5
# A suspicion costs a look at the registers: one a day.
SUSPICIOUS_PER_MONTH = 30.0
# Silences are counted in what was to be expected meanwhile from a day on, less what has faded: then each hour is known.
COUNTS_FROM_S = 23 * 3600.0
COUNTS_FROM_SILENCES = 20.0
# Or there is hardly any silence at all.
BUSY_SHARE = 0.01
# And they are judged by that when half a day of them was counted.
LEARNT_FROM_S = 11 * 3600.0
# An alarm after which a restart brought the packets back was right, or chance: it counts as a third of a false one.
DOUBT = 1 / 3
# Where nothing but chance is seen, that many false alarms a month are chance too. More lengthen what counts as deaf.
PLAIN_FALSE_ALARMS = 1.0
MOST_CAUTION = 4.0
# Longer silences are all alike; where they are usual, nobody can tell a deaf radio by its silence.
FARTHEST_S = 14 * DAY_S
# Of anything that is counted here, in a century.
MOST = 1e10


class HearingMemory(msgspec.Struct, frozen=True):
    """All that is learnt. `false_alarms` are those of about a month."""

    usual: UsualTraffic = UsualTraffic()
    tail: SilenceTail = SilenceTail()
    recent: RecentTraffic = RecentTraffic()
    false_alarms: float = 0.0

    def faded(self, elapsed_s: float) -> "HearingMemory":
        """Less is left of it after a while."""
        return msgspec.structs.replace(
            self,
            usual=self.usual.faded(elapsed_s),
            tail=self.tail.faded(elapsed_s),
            false_alarms=self.false_alarms * math.exp(-elapsed_s / MONTH_S),
        )

    @property
    def counts(self) -> bool:
        """Whether the rates are known well enough to count silences in them."""
        ends, silent_s, listened_s = (sum(values) for values in self.usual.columns)
        is_busy = silent_s <= BUSY_SHARE * listened_s
        return listened_s >= COUNTS_FROM_S and (ends >= COUNTS_FROM_SILENCES or is_busy)

    @property
    def is_learnt(self) -> bool:
        """Whether enough is known to judge by."""
        return self.counts and self.tail.listened_s >= LEARNT_FROM_S


class Expectation(msgspec.Struct, frozen=True):
    """The hazard of a silence by slot (1/s), and the lengths that tell it from chance.

    A silence's length is how many silences were to be expected to end meanwhile. `hours_differ` says that this is
    another number by day than by night; `plain_length` is what would count as deaf if all came independently.
    """

    rates: tuple[float, ...]
    hours_differ: bool
    law: TailLaw
    plain_length: float
    deaf_length: float
    suspicious_length: float
    counts: bool
    is_learnt: bool

    def length(self, begin_s: float, end_s: float, now: "Circumstances") -> float:
        """Of a silence that follows a packet."""
        end_s = min(end_s, begin_s + FARTHEST_S)
        spans = spans_between(begin_s + CLUSTER_S, end_s, now.to_wall_s)
        return sum(min(self.rates[slot] * now.share, now.most_rate) * seconds for slot, seconds in spans)

    def moment_of(self, length: float, begin_s: float, now: "Circumstances") -> float:
        """When a silence that follows a packet will have a length; infinite where that takes weeks."""
        at_s, left = begin_s + CLUSTER_S, length
        for slot, seconds in spans_between(at_s, at_s + FARTHEST_S, now.to_wall_s):
            rate = min(self.rates[slot] * now.share, now.most_rate)
            if rate * seconds >= left:
                return at_s + left / rate
            left -= rate * seconds
            at_s += seconds
        return math.inf

    def under(self, recent: RecentTraffic, to_wall_s: float | None) -> "Circumstances":
        """The circumstances of a silence that begins now."""
        return Circumstances(to_wall_s, recent.share, recent.most_rate if self.hours_differ else math.inf)


class Circumstances(msgspec.Struct, frozen=True):
    """How the usual is taken: `share` of it, `most_rate` (1/s) at the most.

    `to_wall_s` makes monotonic moments the wall clock's; None where nobody knows it.
    """

    to_wall_s: float | None = None
    share: float = 1.0
    most_rate: float = math.inf


class Listening(msgspec.Struct, frozen=True):
    """A time that ends with a packet: from `begins_s` on packets came close together, from `silent_s` on none."""

    begins_s: float
    silent_s: float
    ends_s: float
    to_wall_s: float | None

    @property
    def ends_a_silence(self) -> bool:
        """Or all packets came close together."""
        return self.ends_s - self.silent_s > CLUSTER_S


def expectation_of(memory: HearingMemory) -> Expectation:
    """What follows from what is known."""
    rates = memory.usual.rates()
    law = memory.tail.law(rates.evidence, DEAF_PER_MONTH)
    is_plain = rates.are_alike and law.threshold == 0
    excess = memory.false_alarms - (PLAIN_FALSE_ALARMS if is_plain else DOUBT)
    budget = DEAF_PER_MONTH * memory.tail.trust
    deaf = law.length_of(budget) * min(1 + max(0.0, excess), MOST_CAUTION)
    return Expectation(
        rates=rates.by_slot,
        hours_differ=not rates.are_alike,
        law=law,
        plain_length=memory.tail.plain_law(rates.evidence).length_of(budget),
        deaf_length=deaf,
        suspicious_length=min(deaf, law.length_of(SUSPICIOUS_PER_MONTH)),
        counts=memory.counts,
        is_learnt=memory.is_learnt,
    )


def with_doubtful_alarm(memory: HearingMemory, expected: Expectation) -> HearingMemory:
    """With an alarm that was right, or chance: some in a month change little, many lengthen the next.

    No more is learnt of its length than that it was no plain chance, else each would lengthen the next one's.
    """
    length = min(expected.deaf_length, expected.plain_length)
    return msgspec.structs.replace(
        memory,
        tail=memory.tail.with_silence(length),
        recent=memory.recent.with_time(0.0, 0.0, length).with_end(),
        false_alarms=memory.false_alarms + DOUBT,
    )


def with_listening(memory: HearingMemory, expected: Expectation, time: Listening) -> HearingMemory:
    """With what was heard and not heard. What counts as deaf is not usual; that it happens is learnt all the same."""
    chained_s = max(0.0, time.silent_s - time.begins_s)
    silent_s = max(time.silent_s, time.ends_s - LONGEST_LEARNT_S)
    time = Listening(silent_s - chained_s, silent_s, time.ends_s, time.to_wall_s)
    now = expected.under(memory.recent, time.to_wall_s)
    usual = _with_usual(memory.usual, expected, time, now)
    if not expected.counts:
        return msgspec.structs.replace(memory, usual=usual)
    listened_s = time.ends_s - time.begins_s
    memory = msgspec.structs.replace(memory, usual=usual, tail=memory.tail.with_listened(listened_s))
    if not time.ends_a_silence:
        recent = memory.recent.with_time(listened_s, 0.0, 0.0)
        return msgspec.structs.replace(memory, recent=recent)
    return _with_silence(memory, expected, time, now)


def _with_usual(usual: UsualTraffic, expected: Expectation, time: Listening, now: Circumstances) -> UsualTraffic:
    until_s = time.ends_s
    if expected.is_learnt:
        until_s = min(until_s, expected.moment_of(expected.deaf_length, time.silent_s, now))
    usual = usual.with_listened(list(spans_between(time.begins_s, until_s, time.to_wall_s)))
    if not time.ends_a_silence:
        return usual
    slot = UNKNOWN_HOUR if time.to_wall_s is None else slot_at(time.ends_s + time.to_wall_s)
    return usual.with_silence(list(spans_between(time.silent_s + CLUSTER_S, until_s, time.to_wall_s)), slot)


def _with_silence(memory: HearingMemory, expected: Expectation, time: Listening, now: Circumstances) -> HearingMemory:
    length = expected.length(time.silent_s, time.ends_s, now)
    usual_length = expected.length(time.silent_s, time.ends_s, Circumstances(time.to_wall_s))
    usual_length = min(usual_length, expected.deaf_length / now.share)
    is_false_alarm = expected.is_learnt and length >= expected.deaf_length
    recent = memory.recent.with_time(
        time.ends_s - time.begins_s, time.ends_s - time.silent_s - CLUSTER_S, usual_length
    ).with_end()
    return msgspec.structs.replace(
        memory,
        tail=memory.tail.with_silence(length),
        recent=recent.changed(usual_length) if is_false_alarm else recent,
        false_alarms=memory.false_alarms + is_false_alarm,
    )


class _Kept(msgspec.Struct, frozen=True):
    version: int
    memory: HearingMemory


def to_bytes(memory: HearingMemory) -> bytes:
    """To be kept; about 3 kB."""
    return msgspec.msgpack.encode(_Kept(VERSION, memory))


def from_bytes(data: bytes) -> HearingMemory | None:
    """What was kept; None for what is none, or of another version."""
    try:
        kept = msgspec.msgpack.decode(data, type=_Kept)
    except (msgspec.DecodeError, RecursionError):
        return None
    return kept.memory if kept.version == VERSION and _is_sound(kept.memory) else None


def _is_sound(memory: HearingMemory) -> bool:
    tail, recent = memory.tail, memory.recent
    by_slot, by_class = memory.usual.columns, (tail.counts, tail.sums)
    if {len(values) for values in by_slot} != {SLOTS + 1} or {len(values) for values in by_class} != {len(THRESHOLDS)}:
        return False
    numbers = [*sum(by_slot + by_class, ()), *recent.ended, *recent.expected]
    numbers += [tail.listened_s, recent.silent_s, recent.listened_s, memory.false_alarms]
    return all(0 <= number < MOST for number in numbers)
