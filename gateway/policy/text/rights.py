"""What holds at a time: the document, a depositor's right, its consent; and what ends soon.

Time is a lower bound of the true one, in Unix seconds: what has ended by then has ended. Where no time is known at all,
`time_to_judge_by` says which to take.
"""

import enum
import math
from collections.abc import Iterator

import msgspec

from gateway.policy.document import Depositor, Group, Period, Policy, Suspension
from gateway.policy.outcome import Outcome
from gateway.policy.text.dates import DAY_S


class Validity(enum.Enum):
    """Whether a document applies."""

    NOT_BEGUN = "not_begun"
    IN_FORCE = "in_force"
    ENDED = "ended"


class Right(msgspec.Struct, frozen=True, gc=False):
    """A depositor's right: in force where `refusal` is None, else why it is not.

    `reason` is that of a suspension. `until_unix_s` is when this may change, None if only a new document can change it.
    """

    refusal: Outcome | None
    until_unix_s: int | None
    reason: str | None = None


class Ending(enum.Enum):
    """What ends."""

    DOCUMENT = "document"
    CONVENTION = "convention"
    RIGHT = "right"
    CONSENT = "consent"
    SUSPENSION = "suspension"


class End(msgspec.Struct, frozen=True, gc=False):
    """Something that ends, of a depositor and a group by their ids, if it is theirs."""

    what: Ending
    ends_unix_s: int
    depositor: str | None = None
    group: str | None = None

    def days_left(self, known_unix_s: int) -> int:
        """Whole days until then."""
        return (self.ends_unix_s - known_unix_s) // DAY_S


def time_to_judge_by(policy: Policy, known_unix_s: int | None) -> int:
    """The known time; without one the document's first moment, since nobody puts it to use before."""
    return policy.valid.begins_unix_s if known_unix_s is None else known_unix_s


def validity_at(policy: Policy, known_unix_s: int) -> Validity:
    """Whether the document applies."""
    return _state(policy.valid, known_unix_s)


def right_at(depositor: Depositor, known_unix_s: int) -> Right:
    """Whether a depositor may use the network. An ended right is ended, suspended or not."""
    match _state(depositor.right, known_unix_s):
        case Validity.NOT_BEGUN:
            return Right(Outcome.RIGHT_NOT_BEGUN, depositor.right.begins_unix_s)
        case Validity.ENDED:
            return Right(Outcome.RIGHT_ENDED, None)
        case Validity.IN_FORCE:
            return _right_in_its_period(depositor, known_unix_s)


def host_copy_at(depositor: Depositor, group: Group, known_unix_s: int) -> bool:
    """Whether the host may use what a group's devices send: while the group's consent, else the depositor's, lasts."""
    consent = group.consent or depositor.consent
    if consent is None or not consent.host_copy:
        return False
    return _state(consent.period, known_unix_s) is Validity.IN_FORCE


def upcoming_ends(policy: Policy, known_unix_s: int, within_days: int) -> list[End]:
    """What ends in the next days, the soonest first. What has ended is none of it, nor what does not hold anyway."""
    latest_unix_s = known_unix_s + within_days * DAY_S
    soon = [end for end in _ends(policy, known_unix_s) if known_unix_s < end.ends_unix_s <= latest_unix_s]
    return sorted(soon, key=lambda end: end.ends_unix_s)


def _right_in_its_period(depositor: Depositor, known_unix_s: int) -> Right:
    """Of several suspensions at a time, the one that lasts longest is told."""
    held_back = [each for each in depositor.suspensions if _is_suspended(each, known_unix_s)]
    if not held_back:
        changes = [each.begins_unix_s for each in depositor.suspensions if each.begins_unix_s > known_unix_s]
        return Right(None, min([*changes, depositor.right.ends_unix_s]))
    longest = max(held_back, key=lambda each: math.inf if each.ends_unix_s is None else each.ends_unix_s)
    ends_unix_s = depositor.right.ends_unix_s
    if longest.ends_unix_s is not None:
        ends_unix_s = min(ends_unix_s, longest.ends_unix_s)
    return Right(Outcome.SUSPENDED, ends_unix_s, longest.reason)


def _is_suspended(suspension: Suspension, known_unix_s: int) -> bool:
    begun = suspension.begins_unix_s <= known_unix_s
    return begun and (suspension.ends_unix_s is None or known_unix_s < suspension.ends_unix_s)


def _ends(policy: Policy, known_unix_s: int) -> Iterator[End]:
    yield End(Ending.DOCUMENT, policy.valid.ends_unix_s)
    yield End(Ending.CONVENTION, policy.convention.period.ends_unix_s)
    for depositor in policy.depositors:
        yield End(Ending.RIGHT, depositor.right.ends_unix_s, depositor.id)
        consents = [(None, depositor.consent), *((group.id, group.consent) for group in depositor.groups)]
        for group_id, consent in consents:
            if consent is not None and consent.host_copy:
                yield End(Ending.CONSENT, consent.period.ends_unix_s, depositor.id, group_id)
        for suspension in depositor.suspensions:
            if suspension.ends_unix_s is not None and _is_suspended(suspension, known_unix_s):
                yield End(Ending.SUSPENSION, suspension.ends_unix_s, depositor.id)


def _state(period: Period, known_unix_s: int) -> Validity:
    if known_unix_s < period.begins_unix_s:
        return Validity.NOT_BEGUN
    return Validity.IN_FORCE if known_unix_s < period.ends_unix_s else Validity.ENDED
