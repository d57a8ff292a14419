"""`python -m tests.robustness.ledger_child DIRECTORY SEED`: charges without end, and says what it promised.

One line each on standard output, which is a file: `ready`; `batch` with the charges that are about to be written;
`written` when they are; `refused` with a device; `synced` with how many batches and refusals came before the sync began
and how long each segment was.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import structlog

from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.journal_store import Sync
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.accounts.ledger_keeping import keep, open_ledger
from radio.duty_cycle_store import read_boot_id
from tests.robustness.ledger_load import claim_of

MOST_A_BATCH = 20
DEVICES = 40


class Load:
    """What this process does, and its account of it."""

    def __init__(self, ledger: Ledger, now_ms: Callable[[], int], seed: int) -> None:
        self._ledger = ledger
        self._now_ms = now_ms
        self._chance = random.Random(seed)
        self._devices = [seed * DEVICES + number for number in range(DEVICES)]
        self._batches = 0
        self._refusals = 0

    async def run(self) -> NoReturn:
        """Batch after batch, with a short rest in between."""
        while True:
            batch = [self._charge() for _ in range(self._chance.randint(1, MOST_A_BATCH))]
            tell("batch", [charge for charge in batch if charge is not None])
            self._ledger.write(self._now_ms())
            self._batches += 1
            tell("written", None)
            await asyncio.sleep(self._chance.random() / 500)

    def watch_syncs(self) -> None:
        """Tell of each sync what it promises."""
        start, finish = self._ledger.start_sync, self._ledger.finish_sync
        promises: list[dict[str, object]] = []

        def start_sync(now_ms: int) -> Sync | None:
            sync = start(now_ms)
            if sync is not None:
                lengths = {str(name): length for name, length in sync.lengths.items()}
                promises[:] = [{"batches": self._batches, "refusals": self._refusals, "lengths": lengths}]
            return sync

        def finish_sync(sync: Sync) -> None:
            finish(sync)
            tell("synced" if sync.error is None else "failed", promises[0])

        self._ledger.start_sync = start_sync  # type: ignore[method-assign] # looked at from outside
        self._ledger.finish_sync = finish_sync  # type: ignore[method-assign] # looked at from outside

    def _charge(self) -> tuple[str, int, int, int] | None:
        device = self._chance.choice(self._devices)
        claim, now_ms = claim_of(device), self._now_ms()
        size_bytes, airtime_us = self._chance.randint(12, 255), self._chance.randint(20_000, 2_000_000)
        kind = self._chance.choice(["uplink", "uplink", "uplink", "join", "downlink"])
        if kind == "uplink":
            cost = UplinkCost(size_bytes, airtime_us, self._chance.getrandbits(32))
            if self._ledger.uplink(claim, device, cost, now_ms).refusal is not None:
                tell("refused", device)
                self._refusals += 1
                return None
        elif kind == "join":
            self._ledger.join(claim, device, now_ms)
        else:
            self._ledger.downlink(claim, device, airtime_us, now_ms)
        return kind, device, size_bytes, airtime_us


def tell(what: str, more: object) -> None:
    """One line, in one write: it is there as a whole or not at all."""
    os.write(1, json.dumps([what, more]).encode() + b"\n")


async def charge_for_ever(directory: Path, seed: int) -> None:
    """The daemon's part that is under test, under load."""
    opened = open_ledger(directory, read_boot_id())
    tell("ready", opened.problems)
    load = Load(opened.ledger, opened.clock.now_ms, seed)
    load.watch_syncs()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep(opened.ledger, opened.clock.now_ms))
        tasks.create_task(load.run())


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(charge_for_ever(Path(sys.argv[1]), int(sys.argv[2])))
