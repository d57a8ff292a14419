"""All lanes: what waits on each, what goes next, and how each fares. Time is an argument."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from gateway.notices.delivery import (
    Pace,
    Parcel,
    Progress,
    accepted,
    allowed_at,
    begun,
    failed,
    next_parcel,
    put,
)
from gateway.notices.notice import Lane, Notice
from gateway.notices.outbox_file import LaneState, Stored

MS_PER_S = 1000


class LaneReport(msgspec.Struct, frozen=True):
    """How a lane fares. `reason` is why the last attempt failed, None where it did not."""

    lane: Lane
    waiting: int
    delivered: int
    failures: int
    reason: str | None


class Lanes:
    """The ways to all contacts."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._progress: dict[Lane, Progress] = {}
        self._busy: set[Lane] = set()
        self._delivered: dict[Lane, int] = {}
        self._reasons: dict[Lane, str] = {}

    def resume(self, stored: Stored, now_s: float, unix_s: float) -> None:
        """Go on with what was kept. A clock that was set back meanwhile grants nothing."""
        for lane, state in stored.lanes.items():
            elapsed_s = max(0.0, unix_s - state.unix_ms / MS_PER_S)
            self._progress[lane] = begun(
                self._pace, now_s, state.allowed + elapsed_s * self._pace.refill_per_s, state.lost
            )
        for lane, notices in stored.waiting.items():
            for notice in notices:
                waited_s = 0.0 if notice.created_unix_s is None else max(0.0, unix_s - notice.created_unix_s)
                self.put(lane, notice, now_s - waited_s, now_s)

    def put(self, lane: Lane, notice: Notice, since_s: float, now_s: float) -> tuple[Notice, ...]:
        """Add the newest notice. Returns the oldest, where they had to make room."""
        progress = self._progress.get(lane) or begun(self._pace, now_s)
        self._progress[lane], dropped = put(progress, notice, since_s)
        return dropped

    def due(self, reachable: Collection[Lane], now_s: float) -> tuple[list[tuple[Lane, Parcel]], float | None]:
        """What is to be sent now; and when to look again. A lane then has nothing more to send until it is released."""
        parcels: list[tuple[Lane, Parcel]] = []
        next_s: float | None = None
        for lane, progress in self._progress.items():
            if lane in self._busy or lane not in reachable:
                continue
            found = next_parcel(progress, self._pace, now_s)
            if isinstance(found, Parcel):
                parcels.append((lane, found))
            elif found is not None:
                next_s = found if next_s is None else min(next_s, found)
        self._busy |= {lane for lane, _ in parcels}
        return parcels, next_s

    def accepted(self, lane: Lane, parcel: Parcel, now_s: float) -> str | None:
        """It was taken. Returns why the attempts before were not, if there were some."""
        if lane in self._progress:
            self._progress[lane] = accepted(self._progress[lane], parcel, self._pace, now_s)
        self._delivered[lane] = self._delivered.get(lane, 0) + 1
        return self._reasons.pop(lane, None)

    def failed(self, lane: Lane, reason: str, now_s: float, chance: float, *, is_refusal: bool, wait_s: float) -> bool:
        """It was not. Returns whether this is news."""
        if lane in self._progress:
            self._progress[lane] = failed(
                self._progress[lane], self._pace, now_s, chance, is_refusal=is_refusal, wait_s=wait_s
            )
        is_news = self._reasons.get(lane) != reason
        self._reasons[lane] = reason
        return is_news

    def release(self, lane: Lane) -> None:
        """What was sent is settled: the next may go."""
        self._busy.discard(lane)

    def try_now(self, lane: Lane) -> None:
        """Forget that attempts failed: something is different now."""
        if lane in self._progress:
            self._progress[lane] = msgspec.structs.replace(self._progress[lane], failures=0, not_before_s=0)

    def withdraw(self, reachable: Collection[Lane]) -> Iterator[tuple[Lane, tuple[Notice, ...]]]:
        """End every other lane; what waited there."""
        for lane in [lane for lane in self._progress if lane not in reachable]:
            progress = self._progress.pop(lane)
            self._reasons.pop(lane, None)
            self._delivered.pop(lane, None)
            yield lane, tuple(each.notice for each in progress.waiting)

    def state(self, lane: Lane, now_s: float, unix_s: float) -> LaneState | None:
        """What has to be kept of a lane beside what waits; None where it has come to its end."""
        progress = self._progress.get(lane)
        if progress is None:
            return None
        return LaneState(allowed_at(progress, self._pace, now_s), int(unix_s * MS_PER_S), progress.lost)

    def reports(self) -> Mapping[Lane, LaneReport]:
        """How all lanes fare."""
        return {
            lane: LaneReport(
                lane,
                len(progress.waiting),
                self._delivered.get(lane, 0),
                progress.failures,
                self._reasons.get(lane),
            )
            for lane, progress in self._progress.items()
        }
