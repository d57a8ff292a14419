"""What happened between one look at the signals and the next, for operators. Pure.

A part that cannot be told for a while counts as it was: a server of which nothing is known between two answers has not
come back. So not the signals of the last look are kept, but what was last known. There is no hold: what comes and goes
is told, and limited afterwards (`limiting`).
"""

from collections.abc import Iterator

import msgspec

from gateway.link.judging import DEFAULTS
from gateway.link.operator.happening import Happening
from gateway.link.operator.part_happenings import part_happening
from gateway.link.operator.parts import Part, known
from gateway.link.operator.policy_happenings import policy_ended, policy_taken
from gateway.link.operator.work_happenings import Phase, maintenance_happening
from gateway.link.signals import Maintenance, Signals
from gateway.link.state import Detail, Thresholds

# A daemon starts its radio within seconds; that it is not at work before is no loss.
START_GRACE_S = 10.0

_TOLD_FROM_THE_START = frozenset({Detail.RADIO_LOST, Detail.SERVERS_SILENT, Detail.CLOCK_UNSURE})
"""That they work is news after a start; of the others it goes without saying."""
_RADIO = Part(Detail.RADIO_LOST)


class Seen(msgspec.Struct, frozen=True):
    """What was last known: whether each part works, and what is in force. `is_first` before the first look."""

    is_first: bool = True
    works: dict[Part, bool] = {}
    restarts: int = 0
    policy_serial: int | None = None
    maintenance: Maintenance | None = None
    phase: Phase = Phase.NONE


def occurrences(seen: Seen, signals: Signals, thresholds: Thresholds = DEFAULTS) -> tuple[Seen, tuple[Happening, ...]]:
    """What is known after one more look, and what has happened since. The first look begins with `Seen()`.

    What was in force at the first look already, a policy or planned work, has not happened.
    """
    works = {**seen.works, **_known(seen, signals, thresholds)}
    after = Seen(
        is_first=False,
        works=works,
        restarts=seen.restarts if signals.radio is None else signals.radio.restarts,
        policy_serial=signals.policy_serial,
        maintenance=signals.maintenance,
        phase=_phase(seen, signals),
    )
    happened = [*_of_parts(seen, after, signals)]
    if not seen.is_first:
        happened += [*_of_policy(seen, after), *_of_maintenance(seen, after)]
    return after, tuple(happened)


def _known(seen: Seen, signals: Signals, thresholds: Thresholds) -> dict[Part, bool]:
    works = dict(known(signals, thresholds))
    radio = signals.radio
    if radio is not None and not radio.working and _RADIO not in seen.works and (radio.lost_s or 0) < START_GRACE_S:
        del works[_RADIO]
    return works


def _of_parts(seen: Seen, after: Seen, signals: Signals) -> Iterator[Happening]:
    for part, works in after.works.items():
        worked = seen.works.get(part)
        is_restart = part == _RADIO and works and bool(worked) and after.restarts > seen.restarts
        is_told = works is not worked if worked is not None else not works or part.fault in _TOLD_FROM_THE_START
        if is_told or is_restart:
            yield part_happening(part, signals, works=works)


def _of_policy(seen: Seen, after: Seen) -> Iterator[Happening]:
    if after.policy_serial == seen.policy_serial:
        return
    if after.policy_serial is None:
        yield policy_ended(seen.policy_serial)
    else:
        yield policy_taken(after.policy_serial, seen.policy_serial)


def _of_maintenance(seen: Seen, after: Seen) -> Iterator[Happening]:
    """What is announced in another's place is told alone; it is over only where nothing comes in its place."""
    planned = after.maintenance
    if planned is None:
        if seen.maintenance is not None and seen.phase is not Phase.OVER:
            yield maintenance_happening(Phase.OVER, seen.maintenance)
    elif after.phase is not seen.phase or planned != seen.maintenance:
        yield maintenance_happening(after.phase, planned)


def _phase(seen: Seen, signals: Signals) -> Phase:
    """How far planned work has come; as it was, where no time is known to tell."""
    planned, unix_s = signals.maintenance, signals.unix_s
    if planned is None:
        return Phase.NONE
    if planned.is_under_way(unix_s):
        return Phase.UNDER_WAY
    if unix_s is None:
        return seen.phase if planned == seen.maintenance else Phase.ANNOUNCED
    is_over = planned.ends_unix_s is not None and planned.ends_unix_s <= unix_s
    return Phase.OVER if is_over else Phase.ANNOUNCED
