"""The recovery ladder: what is done next about each trouble. Pure; `now_s` is a clock that goes on over restarts.

A trouble is a case. It is opened where a sign says so, climbs one rung at a time, and is over once there is a proof: a
register holds its value again, an emission was seen, a packet was heard, the radio has started. A rung that brought
nothing is followed by the next one, and every rung has a ceiling. What comes back too soon goes on where it was.
"""

from collections.abc import Iterator

import msgspec

from gateway.supervision.rungs import (
    AGAIN_AFTER_S,
    CALM_S,
    CEILINGS,
    CEILINGS_BY_SILENCE,
    FIRST,
    LAST,
    OF_CHIP,
    OF_HOST,
    Means,
    RestartPolicy,
    Rung,
    Trouble,
)

LONGEST_WAIT_S = 600.0
# What is kept of it on disk stays small, whatever happens.
MOST_TAKEN = 32
MOST_RUNGS = 16


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """A trouble that goes on, or has been mended a short while ago.

    `rungs` are those taken, the last one at `tried_s`. `mended_s` is when it was over, `gave_up` says that nothing is
    left to be tried.
    """

    trouble: Trouble
    reason: str
    found_s: float
    rungs: tuple[Rung, ...] = ()
    tried_s: float | None = None
    mended_s: float | None = None
    gave_up: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.mended_s is None


class Taken(msgspec.Struct, frozen=True):
    """A rung that was taken, for the ceilings."""

    rung: Rung
    trouble: Trouble
    at_s: float


class Ladder(msgspec.Struct, frozen=True):
    """All that has to outlive a restart of the process."""

    cases: tuple[Case, ...] = ()
    taken: tuple[Taken, ...] = ()

    def case(self, trouble: Trouble) -> Case | None:
        """Of a trouble, be it over for a short while."""
        return next((case for case in self.cases if case.trouble is trouble), None)

    @property
    def open(self) -> tuple[Case, ...]:
        """Those that go on, the worst first."""
        return tuple(case for trouble in Trouble if (case := self.case(trouble)) is not None and case.is_open)


class Step(msgspec.Struct, frozen=True):
    """One rung to be taken, after `wait_s`. `number` counts the steps of its case, from 1."""

    rung: Rung
    trouble: Trouble
    reason: str
    number: int
    wait_s: float = 0.0


def found(ladder: Ladder, trouble: Trouble, reason: str, now_s: float) -> Ladder:
    """A sign of a trouble: its case is opened, or goes on; one that was mended too short a while ago, too."""
    case = ladder.case(trouble)
    if case is not None and case.is_open:
        is_hopeless = case.gave_up and case.tried_s is not None and now_s - case.tried_s >= AGAIN_AFTER_S
        return _with(ladder, Case(trouble, reason, now_s)) if is_hopeless else ladder
    if case is None or _is_calm(case, now_s):
        return _with(ladder, Case(trouble, reason, now_s))
    return _with(ladder, msgspec.structs.replace(case, reason=reason, found_s=now_s, mended_s=None, gave_up=False))


def mended(ladder: Ladder, trouble: Trouble, now_s: float) -> tuple[Ladder, Case | None]:
    """A proof that a trouble is over; the case that this closes."""
    case = ladder.case(trouble)
    if case is None or not case.is_open:
        return ladder, None
    closed = msgspec.structs.replace(case, mended_s=now_s)
    return _with(ladder, closed), closed


def forgotten(ladder: Ladder, trouble: Trouble) -> Ladder:
    """Without a trouble's case: what comes now is another."""
    return Ladder(tuple(case for case in ladder.cases if case.trouble is not trouble), ladder.taken)


def tried(ladder: Ladder, trouble: Trouble, now_s: float) -> Ladder:
    """The rung that a trouble's case took last has been taken; from now on it may show what it brought."""
    case = ladder.case(trouble)
    return ladder if case is None else _with(ladder, msgspec.structs.replace(case, tried_s=now_s))


def shared(ladder: Ladder, rung: Rung, now_s: float) -> Ladder:
    """The radio was started by a rung: that counts for every trouble that has not come so far yet."""
    for case in ladder.open:
        if case.trouble is not Trouble.LOST and (not case.rungs or max(case.rungs) < rung):
            ladder = _with(ladder, msgspec.structs.replace(case, rungs=(*case.rungs, rung), tried_s=now_s))
    return ladder


def next_step(ladder: Ladder, trouble: Trouble, means: Means, now_s: float) -> tuple[Ladder, Step | None]:
    """The next rung of an open case, which is taken by this; None where none is left, and the case gives up."""
    case = ladder.case(trouble)
    if case is None or not case.is_open or case.gave_up:
        return ladder, None
    rung = next((rung for rung in _above(case, means) if _is_granted(ladder, rung, trouble, now_s)), None)
    if rung is None:
        return _with(ladder, msgspec.structs.replace(case, gave_up=True)), None
    return _take(ladder, case, rung, now_s)


def next_start(
    ladder: Ladder, reason: str, means: Means, policy: RestartPolicy, now_s: float, *, after: Rung | None = None
) -> tuple[Ladder, Step]:
    """The radio is lost: how it is started again, and after what time.

    `after` is a rung that was being taken for something else, or at the process's start, and has failed by this.
    """
    ladder = found(ladder, Trouble.LOST, reason, now_s)
    case = ladder.case(Trouble.LOST) or Case(Trouble.LOST, reason, now_s)
    attempts = _attempts_in_this_life(case)
    waits_s = policy.delays_s
    if attempts < len(waits_s):
        return _take(ladder, case, _of_chip(case, means, after), now_s, waits_s[attempts])
    for rung in _of_host(case):
        if rung in means.rungs and _is_granted(ladder, rung, Trouble.LOST, now_s):
            return _take(ladder, case, rung, now_s)
    last_s = waits_s[-1] if waits_s else 1.0
    wait_s = min(LONGEST_WAIT_S, max(1.0, last_s) * 2.0 ** min(attempts - len(waits_s) + 1, 16))
    return _take(ladder, case, _of_chip(case, means, after), now_s, wait_s)


def tidied(ladder: Ladder, now_s: float) -> Ladder:
    """Without what is over for long enough, and what no ceiling counts any more."""
    cases = tuple(case for case in ladder.cases if case.is_open or not _is_calm(case, now_s))
    return Ladder(cases, _counted(ladder.taken, now_s))


def _is_calm(case: Case, now_s: float) -> bool:
    return case.mended_s is not None and now_s - case.mended_s >= CALM_S[case.trouble]


def _counted(taken: tuple[Taken, ...], now_s: float) -> tuple[Taken, ...]:
    """Those that a ceiling counts; what is done to the host is never pushed out by what is done to the chip."""
    recent = [each for each in taken if now_s - each.at_s < _longest_s(each.rung)]
    of_host = [each for each in recent if each.rung in CEILINGS_BY_SILENCE]
    of_chip = [each for each in recent if each.rung not in CEILINGS_BY_SILENCE]
    return (*of_host, *of_chip[-MOST_TAKEN:])


def _longest_s(rung: Rung) -> float:
    return max(table[rung].within_s for table in (CEILINGS, CEILINGS_BY_SILENCE) if rung in table)


def _above(case: Case, means: Means) -> Iterator[Rung]:
    """The rungs that a case may still take, the next one first."""
    highest = max(case.rungs, default=None)
    for rung in means.rungs:
        may_help = not rung < FIRST[case.trouble] and not LAST[case.trouble] < rung
        if may_help and (highest is None or highest < rung):
            yield rung


def _of_chip(case: Case, means: Means, after: Rung | None) -> Rung:
    """One higher with each attempt; the highest again where there is no higher one."""
    present = [rung for rung in OF_CHIP if rung in means.rungs]
    since = [rung for rung in _rungs_in_this_life(case) if rung in OF_CHIP]
    former = since[-1] if since else after
    return next((rung for rung in present if former is None or former < rung), present[-1])


def _of_host(case: Case) -> tuple[Rung, ...]:
    """A new process first; where that has been tried for this case, a new boot."""
    return OF_HOST[::-1] if Rung.RESTART_PROCESS in case.rungs and Rung.REBOOT not in case.rungs else OF_HOST


def _rungs_in_this_life(case: Case) -> tuple[Rung, ...]:
    of_host = [index for index, rung in enumerate(case.rungs) if rung not in OF_CHIP and rung is not Rung.REARM]
    return case.rungs[of_host[-1] + 1 :] if of_host else case.rungs


def _attempts_in_this_life(case: Case) -> int:
    return len(_rungs_in_this_life(case))


def _is_granted(ladder: Ladder, rung: Rung, trouble: Trouble, now_s: float) -> bool:
    """Whether no ceiling stands against it."""
    ceilings = [(CEILINGS[rung], ladder.taken)]
    if trouble is Trouble.DEAF and rung in CEILINGS_BY_SILENCE:
        by_silence = tuple(each for each in ladder.taken if each.trouble is Trouble.DEAF)
        ceilings.append((CEILINGS_BY_SILENCE[rung], by_silence))
    return all(
        sum(each.rung is rung and now_s - each.at_s < ceiling.within_s for each in taken) < ceiling.most
        for ceiling, taken in ceilings
    )


def _take(ladder: Ladder, case: Case, rung: Rung, now_s: float, wait_s: float = 0.0) -> tuple[Ladder, Step]:
    rungs = (*case.rungs, rung)
    # The first ones tell what was tried for this case at all, the last ones how far this process has come.
    kept = rungs if len(rungs) <= MOST_RUNGS else (*rungs[: MOST_RUNGS // 2], *rungs[-MOST_RUNGS // 2 :])
    tried = msgspec.structs.replace(case, rungs=kept, tried_s=now_s + wait_s)
    taken = _counted((*ladder.taken, Taken(rung, case.trouble, now_s)), now_s)
    step = Step(rung, case.trouble, case.reason, len(rungs), wait_s)
    return _with(Ladder(ladder.cases, taken), tried), step


def _with(ladder: Ladder, case: Case) -> Ladder:
    others = tuple(each for each in ladder.cases if each.trouble is not case.trouble)
    return Ladder((*others, case), ladder.taken)
