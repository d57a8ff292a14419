"""What is done about the radio, told: in the log, to whoever listens, and for screens."""

from collections import Counter
from collections.abc import Callable

import msgspec
import structlog

from gateway.supervision.ladder import Case, Step
from gateway.supervision.repairs import DOING, Repair, RepairEvent, RepairNews
from gateway.supervision.rungs import OF_CHIP, Rung, Trouble

# A radio that is lost for days is tried again and again; nobody need be told each time.
MOST_TOLD_STEPS = 12

_log = structlog.get_logger()
_SAID = {
    RepairEvent.IN_VAIN: ("repair in vain", "warning"),
    RepairEvent.MENDED: ("repair done", "info"),
    RepairEvent.GAVE_UP: ("nothing left to try for now", "error"),
}


class _Last(msgspec.Struct, frozen=True):
    step: Step
    at_s: float
    is_mended: bool | None = None
    after_s: float | None = None


class RepairJournal:
    """Follows one repair after the other. `on_news` are told of each; `counts` are the rungs taken since the start."""

    def __init__(self) -> None:
        self.on_news: list[Callable[[RepairNews], None]] = []
        self.counts: Counter[Rung] = Counter()
        self._last: _Last | None = None

    def last(self, now_s: float) -> Repair | None:
        """The last rung that was taken."""
        last = self._last
        if last is None:
            return None
        step = last.step
        return Repair(step.rung, step.trouble, step.reason, now_s - last.at_s, last.is_mended, last.after_s)

    def begun(self, step: Step, case: Case | None, now_s: float) -> None:
        """A rung is being taken."""
        self._last = _Last(step, now_s)
        self.counts[step.rung] += 1
        after_s = 0.0 if case is None else now_s - case.found_s
        say = _log.info if step.trouble is Trouble.QUIET else _log.warning
        say(
            "repair begun",
            doing=DOING[step.rung],
            rung=step.rung.value,
            trouble=step.trouble.value,
            step=step.number,
            reason=step.reason,
            in_s=round(step.wait_s, 1),
        )
        self._publish(RepairNews(RepairEvent.BEGUN, step.trouble, step.rung, step.reason, step.number, after_s))

    def came_to(self, event: RepairEvent, case: Case, now_s: float) -> None:
        """What a case's last rung came to, or that nothing is left for it."""
        last, after_s = self._last, now_s - case.found_s
        if last is not None and last.step.trouble is case.trouble and event is not RepairEvent.GAVE_UP:
            is_mended = event is RepairEvent.MENDED
            self._last = _Last(last.step, last.at_s, is_mended, after_s if is_mended else None)
        rung = case.rungs[-1] if case.rungs else None
        text, level = _SAID[event]
        getattr(_log, level)(
            text,
            trouble=case.trouble.value,
            rung=None if rung is None else rung.value,
            steps=len(case.rungs),
            after_s=round(after_s, 1),
            reason=case.reason,
        )
        self._publish(RepairNews(event, case.trouble, rung, case.reason, len(case.rungs), after_s))

    def _publish(self, news: RepairNews) -> None:
        """That a rung was in vain is told by the next one."""
        is_one_more = news.event is RepairEvent.BEGUN and news.number > MOST_TOLD_STEPS and news.rung in OF_CHIP
        if is_one_more or news.event is RepairEvent.IN_VAIN:
            return
        for tell in self.on_news:
            tell(news)
