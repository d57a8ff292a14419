"""The ledger's beginning from its files, and its care while the daemon runs."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import msgspec
import structlog

from gateway.policy.accounts.journal_loading import Loaded
from gateway.policy.accounts.journal_store import JournalStore
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.accounts.ledger_clock import LedgerClock, resumed
from gateway.policy.accounts.ledger_recovery import AccountBook, record_charges
from radio.duty_cycle_store import boottime_us

_log = structlog.get_logger()

TICK_S = 1.0
SWEPT_A_TICK = 500


class Opened(msgspec.Struct):
    """A ledger as it was left, with its clock; `problems` are sentences for the maintainer."""

    ledger: Ledger
    clock: LedgerClock
    charges: int
    damaged: int
    problems: list[str]


def accounts_directory(state_dir: Path) -> Path:
    """Where a gateway keeps its accounts."""
    return state_dir / "accounts"


def open_ledger(directory: Path, boot_id: str, read_us: Callable[[], int] = boottime_us) -> Opened:
    """Read the accounts back; blocks for seconds where there is a day's heavy use.

    Raises:
        OSError: the directory cannot be made, entered or listed.
    """
    store = JournalStore(directory)
    book = AccountBook()
    try:
        with _uncollected():
            loaded = store.load(lambda charges: record_charges(book, charges))
    except OSError:
        store.close()
        raise
    clock = LedgerClock(resumed(loaded.mark, loaded.last_ms, boot_id, read_us() // 1000), read_us)
    problems = [*loaded.problems, *store.begin(clock.mark, clock.now_ms())]
    _report(loaded, problems)
    return Opened(Ledger(store, book), clock, loaded.charges, loaded.damaged, problems)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for garbage in cycles, which what is made here by the hundred thousand cannot be."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def keep(ledger: Ledger, now_ms: Callable[[], int], beat: Callable[[], None] = lambda: None) -> NoReturn:
    """Write, sync and sweep until cancelled, with a `beat` each time; then bring on the disk what is left."""
    wake = asyncio.Event()
    ledger.on_refusal = wake.set
    try:
        while True:
            beat()
            ledger.write(now_ms())
            if ledger.sync_is_due(now_ms()) and (sync := ledger.start_sync(now_ms())) is not None:
                await asyncio.to_thread(sync.run)
                ledger.finish_sync(sync)
            ledger.sweep(now_ms(), SWEPT_A_TICK)
            await _either(wake, TICK_S)
    finally:
        ledger.close(now_ms())


async def _either(wake: asyncio.Event, most_s: float) -> None:
    try:
        async with asyncio.timeout(most_s):
            await wake.wait()
    except TimeoutError:
        pass
    wake.clear()


def _report(loaded: Loaded, problems: list[str]) -> None:
    _log.info("accounts", charges=loaded.charges)
    for problem in problems:
        _log.warning("accounts", problem=problem)
