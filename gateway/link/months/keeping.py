"""The months of all depositors: counted in memory, kept in files, one for each depositor and month.

The first saving reads what a former run kept last; what was counted meanwhile is added to it. While the clock is not
sure, packets are counted apart, in a file of their own, and belong to the month in which it becomes sure. A kill loses
what was counted since the last saving; files are old or new, never half.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import NoReturn

import msgspec
import structlog

from gateway.link.instant import Instant
from gateway.link.months.month_files import MOST_BYTES, Key, MonthFiles
from gateway.link.months.tally import MonthTally
from gateway.link.months.tallying import NO_DATE, UNDATED, Counted, Date, count, count_lost, date_of, merge
from gateway.policy.verdict import Verdict
from radio.airtime import rx_airtime_us
from radio.packets import RxPacket

SAVE_S = 3600.0

Steps = Generator[Callable[[], None], None, None]

_encoder = msgspec.json.Encoder()
_log = structlog.get_logger()


class _Held(msgspec.Struct):
    """A month in memory. `is_read` says that its file's counts are in it, `takes_undated` that the undated ones are."""

    counted: Counted
    is_read: bool = False
    takes_undated: bool = False


class MonthKeeper:
    """Keeps the months in `directory`. Used on the event loop; only files are handled on a thread."""

    def __init__(self, directory: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._directory = directory
        self._files = MonthFiles(directory, most_bytes)
        self._held: dict[Key, _Held] = {}
        self._date: Date = NO_DATE
        self._has_undated = False
        self._is_open = False
        self._writing = threading.Lock()
        self._written: dict[Key, int] = {}
        self._savings = 0
        self._failed = False

    def take(self, packets: Sequence[RxPacket], verdicts: Sequence[Verdict], now: Instant) -> None:
        """Count a batch, heard just now, with its verdicts. What is no depositor's is not counted."""
        date, unix_s = self._look(now), None if now.unix_ms is None else now.unix_ms // 1000
        for packet, verdict in zip(packets, verdicts, strict=True):
            if verdict.depositor is not None:
                counted = self._of(verdict.depositor, date.month).counted
                count(counted, packet, verdict, rx_airtime_us(packet), date.day, unix_s=unix_s)

    def lose(self, depositor: str, lost: int, now: Instant) -> None:
        """So many of a depositor's forwarded uplinks were found lost."""
        date = self._look(now)
        count_lost(self._of(depositor, date.month).counted, lost, date.day)

    async def tally_of(self, depositor: str, month: str) -> MonthTally | None:
        """A depositor's month as counted so far, which is not to be changed; None where nothing is known of it.

        Raises:
            OSError: its file can be neither read nor set aside.
        """
        key = (depositor, month)
        held = self._held.get(key)
        if held is not None and held.is_read:
            return held.counted.tally
        kept = await asyncio.to_thread(self._files.read, key)
        held = self._held.get(key)
        if held is None:
            return kept
        _take_kept(held, kept)
        return held.counted.tally

    async def run(self) -> NoReturn:
        """Read what was kept, and save once an hour until cancelled; then save what is left."""
        try:
            while True:
                await _in_threads(self._steps())
                await asyncio.sleep(SAVE_S)
        finally:
            self.save()

    def save(self) -> None:
        """Save what has changed. Blocks for as long as the disk takes; a disk that fails is said once in the log."""
        for step in self._steps():
            step()

    def _look(self, now: Instant) -> Date:
        """Today. Once that is sure, the undated counts are today's."""
        date = date_of(now.unix_ms, self._date)
        self._date = date
        if self._has_undated and date is not NO_DATE:
            self._has_undated = False
            for key in [key for key in self._held if key[1] == UNDATED]:
                self._give_date(key, date)
        return date

    def _give_date(self, key: Key, date: Date) -> None:
        undated, depositor = self._held[key], key[0]
        if not undated.is_read:
            self._has_undated = True
            return
        del self._held[key]
        month = self._of(depositor, date.month)
        merge(month.counted, undated.counted.tally, day=date.day)
        month.takes_undated = True

    def _of(self, depositor: str, month: str) -> _Held:
        key = (depositor, month)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = _Held(Counted(MonthTally(depositor, month)))
            if month == UNDATED:
                self._has_undated = True
                # What a former run left was read, or is held: what else the file says is in a month already.
                held.is_read = self._is_open
        return held

    def _opening(self) -> Steps:
        """Take what a former run kept last into memory: the steps then read it."""
        found: list[list[Key]] = []
        yield lambda: self._try(lambda: found.append(self._files.latest()))
        for depositor, month in [key for keys in found for key in keys]:
            self._of(depositor, month)
        self._is_open = bool(found)

    def _steps(self) -> Steps:
        """What saving is made of. Each step blocks, and may run on a thread; what is between them may not."""
        if not self._is_open:
            yield from self._opening()
        # The undated ones last: what was among them is on the disk with its month by then.
        for key, held in sorted(self._held.items(), key=lambda item: item[0][1] == UNDATED):
            if not held.is_read:
                yield from self._reading(key, held)
            if held.is_read and held.counted.has_news and self._may_write(key):
                yield from self._saving(key, held)
            if self._is_over(key, held):
                del self._held[key]
        yield lambda: self._try(self._files.prune)

    def _reading(self, key: Key, held: _Held) -> Steps:
        kept: list[MonthTally | None] = []
        yield lambda: self._try(lambda: kept.append(self._files.read(key)))
        for tally in kept:
            _take_kept(held, tally)

    def _saving(self, key: Key, held: _Held) -> Steps:
        content, number = _encoder.encode(held.counted.tally), self._savings
        self._savings += 1
        takes_undated, held.takes_undated = held.takes_undated, False
        held.counted.has_news = False
        done: list[None] = []
        try:
            yield lambda: self._try(lambda: self._write(key, content, number), done)
            if done and self._failed:
                self._failed = False
                _log.info("the months' counts are kept again")
            if done and takes_undated:
                done.clear()
                yield lambda: self._try(lambda: self._remove((key[0], UNDATED)), done)
        finally:
            # Where the disk failed, and where the daemon ended in between.
            if not done:
                held.counted.has_news = True
                held.takes_undated = takes_undated or held.takes_undated

    def _may_write(self, key: Key) -> bool:
        """Whether nothing that was undated is on the disk there only, because its month is not written yet."""
        depositor, month = key
        return month != UNDATED or not any(
            held.takes_undated for (whose, _), held in self._held.items() if whose == depositor
        )

    def _is_over(self, key: Key, held: _Held) -> bool:
        """Whether a month is past, and all of it on the disk."""
        is_past = self._date is not NO_DATE and key[1] not in (UNDATED, self._date.month)
        return is_past and not held.counted.has_news

    def _write(self, key: Key, content: bytes, number: int) -> None:
        """Write, unless something later was: a thread that was left to itself may come late."""
        with self._writing:
            if number >= self._written.get(key, number):
                self._files.write(key, content)
                self._written[key] = number

    def _remove(self, key: Key) -> None:
        with self._writing:
            self._files.remove(key)

    def _try(self, step: Callable[[], None], done: list[None] | None = None) -> None:
        """Do it; `done` gets longer where that succeeds."""
        try:
            step()
        except OSError as error:
            if not self._failed:
                _log.error("the months' counts cannot be kept", path=self._directory, reason=str(error))
            self._failed = True
        else:
            if done is not None:
                done.append(None)


async def _in_threads(steps: Steps) -> None:
    with contextlib.closing(steps):
        for step in steps:
            await asyncio.to_thread(step)


def _take_kept(held: _Held, kept: MonthTally | None) -> None:
    """Add what a file says, once."""
    if not held.is_read:
        held.is_read = True
        if kept is not None:
            had_news = held.counted.has_news
            merge(held.counted, kept)
            held.counted.has_news = had_news
