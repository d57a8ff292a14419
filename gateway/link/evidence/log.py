"""The evidence log in the daemon: entries come from the event loop, and a thread brings them on the disk."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import msgspec
import structlog

from gateway.link.evidence.chain import EVERYBODY, Draft, EntryTime, Kind
from gateway.link.evidence.pace import Pace
from gateway.link.evidence.store import MOST_BYTES, SEGMENT_BYTES, EvidenceStore
from gateway.policy.source.signature import SigningKey

MOST_WAITING = 10_000
MOST_A_BATCH = 500
RETRY_S = 10.0

_log = structlog.get_logger()


class EvidenceLog:
    """Keeps what happened, in `directory`, signed by the gateway's key.

    An entry is safe from kills and power cuts within seconds; one that is added `at_once`, as soon as the disk has it.
    `error` is why the disk does not take them, None while it does; `lost` counts entries for which there was no room
    meanwhile.
    """

    def __init__(
        self, directory: Path, key: SigningKey, *, most_bytes: int = MOST_BYTES, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._store = EvidenceStore(directory, key, most_bytes, segment_bytes)
        self._directory = directory
        self._writing = threading.Lock()
        self._waiting: deque[Draft] = deque()
        self._added = self._taken = self._written = 0
        self._batch_over = asyncio.Event()
        self._lost_told = 0
        self._pace = Pace()
        self._something = asyncio.Event()
        self._something_urgent = asyncio.Event()
        self.lost = 0
        self.error: str | None = None

    @property
    def head(self) -> str | None:
        """The last signed head, for the link documents: of entries that are on the disk. None before the first."""
        head = self._store.head
        return None if head is None else head.text

    def append(
        self,
        kind: Kind,
        depositor: str | None,
        body: Mapping[str, object] | msgspec.Struct,
        at: EntryTime,
        *,
        at_once: bool = False,
    ) -> None:
        """Add an entry: a depositor's, everybody's (None), or the host's alone (`chain.HOST`).

        Costs microseconds, waits for nothing and never fails. What everybody's entries say is shown to every depositor.
        """
        if len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            return
        whose = EVERYBODY if depositor is None else depositor
        self._waiting.append(Draft(kind, whose, _encoded(body), at))
        self._added += 1
        self._something.set()
        if at_once:
            self._something_urgent.set()

    @property
    def is_written(self) -> bool:
        """Whether all that was added is on the disk."""
        return self._written == self._added

    async def written(self, patience_s: float) -> bool:
        """Wait until what was added so far is on the disk; whether it is, when patience is over."""
        added = self._added
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._written < added:
                    self._batch_over.clear()
                    await self._batch_over.wait()
        return self._written >= added

    async def run(self) -> NoReturn:
        """Write until cancelled; then write what is left."""
        try:
            while True:
                self._something.clear()
                self._something_urgent.clear()
                await asyncio.to_thread(self._write)
                self._batch_over.set()
                await self._next_batch()
        finally:
            self.close()

    def close(self) -> None:
        """Write what is left. Blocks for as long as the disk takes; may be called again after further entries."""
        self._write()

    async def _next_batch(self) -> None:
        """Wait until there is something to write, and a little longer for more."""
        if self.error is not None:
            await asyncio.sleep(RETRY_S)
            return
        await self._something.wait()
        try:
            async with asyncio.timeout(self._pace.wait_s(time.monotonic())):
                await self._something_urgent.wait()
        except TimeoutError:
            pass

    def _write(self) -> None:
        """Bring on the disk what waits now; what comes meanwhile waits for the next time. On any thread."""
        with self._writing:
            try:
                self._store.get_ready()
                # What could not be written before is, now.
                self._written = self._taken
                left = len(self._waiting)
                while left > 0:
                    self._store.write(self._take(min(left, MOST_A_BATCH)))
                    self._written = self._taken
                    self._pace.written(time.monotonic())
                    left -= MOST_A_BATCH
            except OSError as error:
                self._tell(str(error))
            else:
                self._tell(None)

    def _take(self, count: int) -> list[Draft]:
        drafts = [self._waiting.popleft() for _ in range(count)]
        self._taken += count
        if lost := self.lost - self._lost_told:
            self._lost_told += lost
            body = msgspec.json.encode({"event": "lost", "entries": lost})
            drafts.append(Draft(Kind.LOG, EVERYBODY, body, drafts[-1].at))
        return drafts

    def _tell(self, error: str | None) -> None:
        if error is not None and self.error is None:
            _log.error("the evidence cannot be written", path=self._directory, reason=error)
        elif error is None and self.error is not None:
            _log.info("the evidence is written again")
        self.error = error


def _encoded(body: Mapping[str, object] | msgspec.Struct) -> bytes:
    # Keys are sorted as text: those that are enumerations are not until then.
    return msgspec.json.encode(msgspec.to_builtins(body, str_keys=True), order="deterministic")
