"""What was heard of a depositor's devices, counted since the start; and the day's part of it. Pure.

The day's counters are what came to the totals since the day began, so that no packet is counted twice.
"""

from collections.abc import Callable, Mapping

import msgspec

from gateway.link.instant import Instant
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict

DAY_MS = 86_400_000


class TrafficTotals(msgspec.Struct):
    """Counts of packets, changed in place; `heard` is `forwarded` and the sum of `refused`.

    `over_limits` were forwarded although their outcome refuses, in observe mode. `lost` are those of the forwarded that
    no network server will get: those that wait for one are not.
    """

    heard: int = 0
    forwarded: int = 0
    refused: dict[Outcome, int] = {}
    over_limits: dict[Outcome, int] = {}
    lost: int = 0

    def take(self, verdict: Verdict) -> None:
        """One packet more."""
        self.heard += 1
        if not verdict.forwarded:
            self.refused[verdict.outcome] = self.refused.get(verdict.outcome, 0) + 1
            return
        self.forwarded += 1
        if verdict.would_refuse:
            self.over_limits[verdict.outcome] = self.over_limits.get(verdict.outcome, 0) + 1

    def copy(self) -> "TrafficTotals":
        """The same counts, which stay as they are."""
        return TrafficTotals(self.heard, self.forwarded, dict(self.refused), dict(self.over_limits), self.lost)

    def since(self, before: "TrafficTotals") -> "TrafficTotals":
        """What came since these were `before`."""
        return TrafficTotals(
            self.heard - before.heard,
            self.forwarded - before.forwarded,
            _more(self.refused, before.refused),
            _more(self.over_limits, before.over_limits),
            self.lost - before.lost,
        )


NONE_YET = TrafficTotals()


class Day(msgspec.Struct, frozen=True):
    """Since when the day's counters count: `began_ms`, in ledger time, when each depositor's totals were `totals`.

    `number` is the day of the Unix era, None as long as no clock was sure. `former` is what a clock that jumps back
    over midnight comes back to.
    """

    began_ms: int
    number: int | None = None
    totals: Mapping[str, TrafficTotals] = {}
    former: "Day | None" = None


def moved_on(day: Day, now: Instant, looked_ms: int, totals: Callable[[], Mapping[str, TrafficTotals]]) -> Day:
    """The day that counts now. `looked_ms` is when this was asked last: since then nothing was counted.

    A day begins at midnight by UTC. While the clock is not sure it goes on; when the clock becomes sure, or jumps
    ahead, and midnight was since, the counters begin anew at that moment. A clock that jumps back over midnight takes
    back the beginning, too, so that the counters hold again what came before it.
    """
    if now.unix_ms is None:
        return day
    number, passed_ms = divmod(now.unix_ms, DAY_MS)
    if number == day.number:
        return day
    midnight_ms = now.ms - passed_ms
    if day.number is not None and number < day.number:
        # A clock that had jumped ahead without a beginning comes back to this very day.
        begun = min((day, day.former or day), key=lambda each: abs(each.began_ms - midnight_ms))
        return msgspec.structs.replace(begun, number=number)
    if midnight_ms <= day.began_ms:
        return msgspec.structs.replace(day, number=number)
    copies = {depositor: each.copy() for depositor, each in totals().items()}
    return Day(max(midnight_ms, looked_ms), number, copies, msgspec.structs.replace(day, former=None))


def _more(now: Mapping[Outcome, int], before: Mapping[Outcome, int]) -> dict[Outcome, int]:
    return {outcome: count - before.get(outcome, 0) for outcome, count in now.items() if count > before.get(outcome, 0)}
