"""The outbox on a thread of its own, so that a slow disk holds up nothing but what waits for it.

Changes go to the disk in the order in which they are given, all that wait at once in one transaction. What the disk
does not take is tried again; until then it is as good as not written, and whoever waits for it is told so.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

from gateway.notices.outbox_file import Change, OutboxError

_log = structlog.get_logger()

RETRY_S = 10.0
MOST_PENDING = 5_000
"""Changes that the disk has not taken; beyond, the oldest are given up, and what they were about may be told twice."""


class Disk(Protocol):
    """What takes changes."""

    def apply(self, changes: list[Change]) -> None:
        """All or none. Raises OutboxError."""

    def close(self) -> None:
        """Let go of it."""


class Outbox:
    """Writes changes. Nothing but `close` ever blocks."""

    def __init__(self, disk: Disk, retry_s: float = RETRY_S) -> None:
        self._disk = disk
        self._retry_s = retry_s
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._pending: list[tuple[Change, Callable[[bool], None]]] = []
        self._is_closed = False
        self.error: str | None = None
        """Why the disk did not take the last changes; None where it did."""
        self.given_up = 0
        self._thread = threading.Thread(target=self._work, name="outbox", daemon=True)
        self._thread.start()

    def write(self, change: Change, written: Callable[[bool], None]) -> None:
        """Have it written. `written` is called in the event loop: with False after each failure, with True at last."""
        with self._changed:
            self._pending.append((change, written))
            if len(self._pending) > MOST_PENDING:
                del self._pending[0]
                self.given_up += 1
            self._changed.notify()

    def close(self) -> None:
        """Write what waits, once more at most, and end. Blocks as long as the disk does, a few seconds at most."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(5)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._pending and not self._is_closed:
                    self._changed.wait()
                batch, is_last = list(self._pending), self._is_closed
            done = not batch or self._write(batch)
            if is_last:
                self._disk.close()
                return
            if not done:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_closed, self._retry_s)

    def _write(self, batch: list[tuple[Change, Callable[[bool], None]]]) -> bool:
        try:
            self._disk.apply([change for change, _ in batch])
        except OutboxError as error:
            self._note(str(error))
            self._tell(batch, done=False)
            return False
        with self._changed:
            # The oldest may have been given up meanwhile.
            written = {id(each) for each in batch}
            self._pending = [each for each in self._pending if id(each) not in written]
        self._note(None)
        self._tell(batch, done=True)
        return True

    def _note(self, error: str | None) -> None:
        if error != self.error:
            if error is None:
                _log.info("notices are kept on disk again")
            else:
                _log.error("notices cannot be kept on disk; they are sent all the same", reason=error)
        self.error = error

    def _tell(self, batch: list[tuple[Change, Callable[[bool], None]]], *, done: bool) -> None:
        for _, written in batch:
            with suppress(RuntimeError):  # the event loop was closed: nobody waits
                self._loop.call_soon_threadsafe(written, done)
