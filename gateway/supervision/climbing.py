"""One look at the signs of a radio at work: which troubles begin, which are over, and what is done next. Pure."""

import msgspec

from gateway.supervision.deafness import Hearing
from gateway.supervision.ladder import Case, Ladder, Step, found, mended, next_step
from gateway.supervision.rungs import OF_CHIP, Means, Rung, Trouble

# So many packets in a row that were not seen on the air are no chance.
UNSEEN_IN_A_ROW = 3
# A register that goes astray again at once is left alone for a while, twice as long each time.
ASTRAY_AGAIN_S = 10.0
LONGEST_PAUSE_S = 6 * 3600.0
# A silence is not worth a new process, or a new boot, before so much time has passed since the last rung.
SILENCE_PATIENCE_S = {Rung.RESTART_PROCESS: 300.0, Rung.REBOOT: 900.0}
_IN_VAIN = (Hearing.DEAF, Hearing.SILENT)


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of a radio at work, most of it since the last look.

    `heard` counts packets, `emitted` and `unseen` transmissions: those seen on the air, and those in a row that were
    not. `quick_s` is after how long something is as good as certain to be heard, None where that takes long. `astray`
    are registers. `idle_check` says that a receiver that hears nothing for hours is due to be restarted.
    """

    hearing: Hearing = Hearing.HEARS
    silence: str = ""
    quick_s: float | None = None
    heard: int = 0
    astray: tuple[int, ...] = ()
    emitted: int = 0
    unseen: int = 0
    idle_check: bool = False


class Looked(msgspec.Struct, frozen=True):
    """What a look came to. `gave_up` are cases for which nothing is left."""

    ladder: Ladder
    step: Step | None = None
    closed: tuple[Case, ...] = ()
    gave_up: tuple[Case, ...] = ()


def look(ladder: Ladder, signs: Signs, means: Means, now_s: float) -> Looked:
    """Close what is proven to be over, open what shows, and take the next rung of the worst case that is due."""
    ladder, closed = _closed(ladder, signs, now_s)
    ladder = _opened(ladder, signs, now_s)
    gave_up: list[Case] = []
    for case in ladder.open:
        if case.gave_up or not _is_due(case, signs, now_s):
            continue
        after, step = next_step(ladder, case.trouble, means, now_s)
        if step is None:
            ladder = after
            gave_up.append(case)
        elif _is_patient(case, step, now_s):
            return Looked(after, step, closed, tuple(gave_up))
    return Looked(ladder, _idle_check(ladder, signs, means), closed, tuple(gave_up))


def _closed(ladder: Ladder, signs: Signs, now_s: float) -> tuple[Ladder, tuple[Case, ...]]:
    proofs = {
        Trouble.DEAF: signs.heard > 0,
        Trouble.MUTE: signs.emitted > 0,
        # What was found astray is so until it is read again, and holds.
        Trouble.ASTRAY: not signs.astray,
    }
    closed = []
    for trouble, is_over in proofs.items():
        if is_over:
            ladder, case = mended(ladder, trouble, now_s)
            closed += [] if case is None else [case]
    return ladder, tuple(closed)


def _opened(ladder: Ladder, signs: Signs, now_s: float) -> Ladder:
    if signs.hearing is Hearing.DEAF:
        ladder = found(ladder, Trouble.DEAF, signs.silence, now_s)
    if signs.unseen >= UNSEEN_IN_A_ROW:
        reason = f"{signs.unseen} packets in a row were given to the chip and not seen on the air"
        ladder = found(ladder, Trouble.MUTE, reason, now_s)
    if signs.astray:
        first, count = signs.astray[0], len(signs.astray)
        more = "" if count == 1 else f", and {count - 1} more"
        reason = f"register 0x{first:04X} does not hold what was written to it{more}"
        ladder = found(ladder, Trouble.ASTRAY, reason, now_s)
    return ladder


def _is_due(case: Case, signs: Signs, now_s: float) -> bool:
    """Whether a case shows still, and its last rung has had the time to help."""
    since_s = None if case.tried_s is None else now_s - case.tried_s
    if case.trouble is Trouble.DEAF:
        is_quick = signs.quick_s is not None and since_s is not None and since_s >= signs.quick_s
        return signs.hearing in _IN_VAIN or (signs.hearing is Hearing.TRYING and is_quick)
    if case.trouble is Trouble.MUTE:
        return signs.unseen >= UNSEEN_IN_A_ROW
    if case.trouble is Trouble.ASTRAY:
        pause_s = min(LONGEST_PAUSE_S, ASTRAY_AGAIN_S * 2.0 ** len(case.rungs))
        return bool(signs.astray) and (since_s is None or since_s >= pause_s)
    return False


def _is_patient(case: Case, step: Step, now_s: float) -> bool:
    """Whether a step on the host has been waited for; those on the chip need not be."""
    patience_s = SILENCE_PATIENCE_S.get(step.rung, 0.0)
    return case.tried_s is None or now_s - case.tried_s >= patience_s


def _idle_check(ladder: Ladder, signs: Signs, means: Means) -> Step | None:
    """Where nothing is ever heard: the gentlest rung; where all was in vain, the harshest that spares the host."""
    if not signs.idle_check:
        return None
    case = ladder.case(Trouble.DEAF)
    reason = "nothing was heard for hours, which may be usual here"
    if case is None or not case.is_open:
        return Step(Rung.REARM, Trouble.QUIET, reason, 1)
    return Step([rung for rung in means.rungs if rung in OF_CHIP][-1], Trouble.QUIET, reason, 1)
