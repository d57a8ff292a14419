"""What is told of refusals and kept of them, and how often.

Whoever may write to a topic can send refusals without end: they must not fill the log or wear out the flash. So one a
minute is told, and one a minute written; what comes in between waits for its turn, and the last one counts.
"""

import asyncio
from collections.abc import Callable

import structlog

from gateway.policy.source.keeper import Refusal, Refused
from gateway.policy.source.policy_store import PolicyStore

BETWEEN_TOLD_S = 60.0
BETWEEN_WRITTEN_S = 60.0

_log = structlog.get_logger()


def tell_refusal(source: str, reason: str) -> None:
    """Say it now."""
    _log.error("policy refused: the present one stays", source=source, reason=reason)


class RefusalLog:
    """Tells of the refusals of a topic. `now_s` is a clock that never goes back."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._told_s: float | None = None
        self._waiting: tuple[str, str] | None = None
        self._count = 0

    def tell(self, source: str, reason: str) -> None:
        """Say it, at once or in its turn."""
        self._waiting = (source, reason)
        self._count += 1
        self.look()

    def look(self) -> None:
        """Tell the last one that waits, and how many there were, once their turn has come."""
        now_s = self._now_s()
        if self._waiting is None or (self._told_s is not None and now_s - self._told_s < BETWEEN_TOLD_S):
            return
        source, reason = self._waiting
        if self._count == 1:
            tell_refusal(source, reason)
        else:
            event = "policies refused: the present one stays"
            _log.error(event, source=source, refusals=self._count, last_reason=reason)
        self._told_s, self._waiting, self._count = now_s, None, 0


class RefusalKeeping:
    """Writes the last refusal for `candelabre policy show`; `kept` is what lies on the disk already."""

    def __init__(self, store: PolicyStore, now_s: Callable[[], float], kept: Refusal | None) -> None:
        self._store = store
        self._now_s = now_s
        self._kept = kept
        self._waiting: Refusal | None = None
        self._tried_s: float | None = None
        self._problem: str | None = None

    def note(self, refused: Refused, refusal: Refusal | None) -> None:
        """Have it written in its turn; the same one once more is not."""
        if refusal is None:
            return
        if refused.is_new or self._kept is None or _words(refusal) != _words(self._kept):
            self._waiting = refusal
        else:
            self._waiting = None

    async def look(self) -> None:
        """Write the last one that waits, once its turn has come."""
        now_s, refusal = self._now_s(), self._waiting
        if refusal is None or (self._tried_s is not None and now_s - self._tried_s < BETWEEN_WRITTEN_S):
            return
        self._tried_s = now_s
        try:
            await asyncio.to_thread(self._store.save_refusal, refusal)
        except OSError as error:
            self._tell_problem(error)
            return
        self._kept, self._problem = refusal, None
        if self._waiting is refusal:
            self._waiting = None

    def _tell_problem(self, error: OSError) -> None:
        if error.strerror != self._problem:
            _log.error("the refusal cannot be kept", reason=error.strerror)
        self._problem = error.strerror


def _words(refusal: Refusal) -> tuple[str, str]:
    return refusal.source, refusal.reason
