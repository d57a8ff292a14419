"""The links' file, written from the daemon: in a thread, and not waited for longer than anybody should wait."""

import asyncio
import threading
from pathlib import Path

import msgspec
import structlog

from gateway.link.link_file import Kept, save

# What the disk has not taken by then goes on without it: a depositor is told all the same.
PATIENCE_S = 1.0

_log = structlog.get_logger()


class LinkKeeper:
    """Writes the file, the latest content alone where the disk is slow. `error` is why it is not written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next: Kept | None = None
        self._writing: asyncio.Task[None] | None = None
        self._written: Kept | None = None
        self._asked = 0
        self._latest = 0
        self._lock = threading.Lock()
        self.error: str | None = None

    async def keep(self, kept: Kept) -> None:
        """Have it written if it is another than the last, and wait for that, as long as there is patience."""
        is_writing = self._writing is not None and not self._writing.done()
        if not is_writing and self.error is None and _is_same(kept, self._written):
            return
        self._next = kept
        if self._writing is None or not is_writing:
            self._writing = asyncio.create_task(self._write())
        await asyncio.wait([self._writing], timeout=PATIENCE_S)

    def keep_now(self, kept: Kept) -> None:
        """Write it at the end, blocking for as long as the disk takes."""
        self._next = None
        self._save(kept, self._number())

    async def _write(self) -> None:
        while self._next is not None:
            kept, self._next = self._next, None
            await asyncio.to_thread(self._save, kept, self._number())

    def _number(self) -> int:
        self._asked += 1
        return self._asked

    def _save(self, kept: Kept, number: int) -> None:
        """Write, unless something later was: a thread that was left to itself may come late."""
        with self._lock:
            if number < self._latest:
                return
            try:
                save(self._path, kept)
            except OSError as error:
                reason = error.strerror or str(error)
                if reason != self.error:
                    _log.error("the links' state cannot be kept", path=self._path, reason=reason)
                self.error = reason
            else:
                if self.error is not None:
                    _log.info("the links' state is kept again")
                self._latest, self._written, self.error = number, kept, None


def _is_same(kept: Kept, written: Kept | None) -> bool:
    """Whether nothing but the book's time has moved, which alone is nothing to wear the flash for."""
    return written is not None and _at_no_time(kept) == _at_no_time(written)


def _at_no_time(kept: Kept) -> Kept:
    book = msgspec.structs.replace(kept.standing.book, now_ms=0)
    return msgspec.structs.replace(kept, standing=msgspec.structs.replace(kept.standing, book=book))
