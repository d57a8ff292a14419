"""When what is sent to one contact on one channel. Pure: the time is an argument, and so is chance.

**Order.** Notices go out as they were made. One that cannot be delivered holds back those behind it, at first; once
many wait, or the first has waited for long, all go as one message, whose content is another.

**Merging.** Notices of one matter that wait one behind the other go as one message: who could not be told of an
incident before it was over is told of both in one.

**Ceiling.** At most `ceiling_per_hour` messages in any hour: half of them at once, the others evenly spaced (a token
bucket of half the ceiling, refilled by the other half each hour). Where fewer may go than want to, what waits becomes
one message.

**Failures.** The pause grows from one attempt to the next; where a refusal will hardly change, it is an hour.
"""

import msgspec

from gateway.notices.notice import Notice

HOUR_S = 3_600.0
# Sums of fractions may be a little less than they should.
ROUNDING = 1e-3
MOST_WAITING = 500
MOST_IN_ONE = 60
"""Notices in one message, which a person must still be able to read."""


class Pace(msgspec.Struct, frozen=True):
    """How often a contact is written to, and how soon after a failure."""

    ceiling_per_hour: int = 6
    first_pause_s: float = 15
    longest_pause_s: float = 1_800
    refused_pause_s: float = 3_600
    most_held_back: int = 10
    late_s: float = 3_600

    @property
    def at_once(self) -> float:
        """How many messages may go one right after the other."""
        return max(1, self.ceiling_per_hour // 2)

    @property
    def refill_per_s(self) -> float:
        """How many more may go as time passes."""
        return max(1, self.ceiling_per_hour - self.at_once) / HOUR_S


class Waiting(msgspec.Struct, frozen=True):
    """A notice and since when it waits."""

    notice: Notice
    since_s: float


class Progress(msgspec.Struct, frozen=True):
    """One lane: what waits, oldest first; how many messages may go, as of when; and what went wrong lately.

    `lost` counts notices that made room for newer ones, and of which nobody was told yet.
    """

    waiting: tuple[Waiting, ...] = ()
    allowed: float = 0
    allowed_at_s: float = 0
    failures: int = 0
    not_before_s: float = 0
    lost: int = 0


class Parcel(msgspec.Struct, frozen=True):
    """What goes as one message now."""

    notices: tuple[Notice, ...]
    lost: int = 0


def begun(pace: Pace, now_s: float, allowed: float | None = None, lost: int = 0) -> Progress:
    """A lane without anything in it, with its full allowance unless less is left of it."""
    left = pace.at_once if allowed is None else min(max(allowed, 0), pace.at_once)
    return Progress(allowed=left, allowed_at_s=now_s, lost=lost)


def put(progress: Progress, notice: Notice, now_s: float) -> tuple[Progress, tuple[Notice, ...]]:
    """Add the newest notice. Returns also the oldest ones, where they had to make room for it."""
    waiting = (*progress.waiting, Waiting(notice, now_s))
    excess = max(0, len(waiting) - MOST_WAITING)
    dropped = tuple(each.notice for each in waiting[:excess])
    changed = msgspec.structs.replace(progress, waiting=waiting[excess:], lost=progress.lost + excess)
    return changed, dropped


def next_parcel(progress: Progress, pace: Pace, now_s: float) -> Parcel | float | None:
    """What to send now; or when to ask again; None while nothing waits."""
    if not progress.waiting:
        return None
    if now_s < progress.not_before_s:
        return progress.not_before_s
    allowed = allowed_at(progress, pace, now_s)
    if allowed < 1 - ROUNDING:
        return now_s + (1 - allowed) / pace.refill_per_s
    return Parcel(tuple(each.notice for each in _chosen(progress, pace, int(allowed + ROUNDING), now_s)), progress.lost)


def allowed_at(progress: Progress, pace: Pace, now_s: float) -> float:
    """How many messages may go."""
    elapsed_s = max(0.0, now_s - progress.allowed_at_s)
    return min(pace.at_once, progress.allowed + elapsed_s * pace.refill_per_s)


def accepted(progress: Progress, parcel: Parcel, pace: Pace, now_s: float) -> Progress:
    """The channel has taken a parcel."""
    numbers = {notice.number for notice in parcel.notices}
    return Progress(
        waiting=tuple(each for each in progress.waiting if each.notice.number not in numbers),
        allowed=max(0.0, allowed_at(progress, pace, now_s) - 1),
        allowed_at_s=now_s,
        lost=max(0, progress.lost - parcel.lost),
    )


def failed(
    progress: Progress, pace: Pace, now_s: float, chance: float, *, is_refusal: bool = False, wait_s: float = 0
) -> Progress:
    """The channel has not taken it. `chance` is from 0 to 1; `wait_s` is what the other side asked for."""
    failures = progress.failures + 1
    pause_s = min(pace.longest_pause_s, pace.first_pause_s * 2.0 ** min(failures - 1, 30))
    if is_refusal:
        pause_s = max(pause_s, pace.refused_pause_s)
    pause_s = max(pause_s * (0.75 + chance / 2), min(wait_s, pace.refused_pause_s))
    return msgspec.structs.replace(progress, failures=failures, not_before_s=now_s + pause_s)


def _chosen(progress: Progress, pace: Pace, allowed: int, now_s: float) -> tuple[Waiting, ...]:
    """The first matter's notices; or all that wait, where they are too many or too late for one message each."""
    waiting = progress.waiting
    first = _of_one_matter(waiting)
    is_late = now_s - waiting[0].since_s >= pace.late_s
    if is_late or len(waiting) > pace.most_held_back or _matters(waiting, allowed + 1) > allowed:
        first = len(waiting)
    return waiting[: min(first, MOST_IN_ONE)]


def _of_one_matter(waiting: tuple[Waiting, ...]) -> int:
    """How many of the first belong to one matter."""
    matter = waiting[0].notice.incident_id
    return next((index for index, each in enumerate(waiting) if each.notice.incident_id != matter), len(waiting))


def _matters(waiting: tuple[Waiting, ...], most: int) -> int:
    """Into how many messages they would be merged, counted up to `most`."""
    left, count = waiting, 0
    while left and count < most:
        left = left[_of_one_matter(left) :]
        count += 1
    return count
