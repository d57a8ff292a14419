"""An hour of heavy use writes little: ten uplinks admitted each second, and as many refused just after them.

The hour passes in seconds. So the kernel's own writing, by its timers, is not in the figure; where there is a sync
every ten seconds it finds next to nothing to do.
"""

import random
from pathlib import Path

from gateway.policy.accounts.account import HOUR_MS
from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.ledger_keeping import open_ledger
from gateway.policy.claim import Claim, Limits

MOST_BYTES = 5_000_000
PAGE_BYTES = 4096
DEVICES = 2000
LIMITS = (Limits(min_interval_ms=60_000), Limits(), Limits())
CLAIMS = [Claim(f"depositor {number % 10}", f"group {number}", LIMITS) for number in range(100)]


def written_bytes() -> int:
    """What this process made the kernel write: proc_pid_io(5). Nothing counts on a disk made of memory."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["write_bytes"])


def test_an_hour_at_ten_uplinks_a_second_writes_at_most_five_megabytes(tmp_path: Path) -> None:
    boottime_ms, chance, syncs = 1_000_000, random.Random(1), 0
    opened = open_ledger(tmp_path / "accounts", "boot", lambda: boottime_ms * 1000)
    ledger, before = opened.ledger, written_bytes()
    for number in range(10 * 3600):
        boottime_ms += 100
        now_ms, device = opened.clock.now_ms(), number % DEVICES
        for admitted in (True, False):
            cost = UplinkCost(20, 50_000, chance.getrandbits(32))
            refusal = ledger.uplink(CLAIMS[device % len(CLAIMS)], device, cost, now_ms).refusal
            assert (refusal is None) == admitted
            ledger.write(now_ms)
        if ledger.sync_is_due(now_ms):
            sync = ledger.start_sync(now_ms)
            assert sync is not None
            sync.run()
            ledger.finish_sync(sync)
            syncs += 1
    ledger.close(opened.clock.now_ms())
    assert boottime_ms == 1_000_000 + HOUR_MS
    assert written_bytes() - before <= MOST_BYTES
    log_bytes = sum(path.stat().st_size for path in (tmp_path / "accounts").iterdir())
    # By arithmetic, for any disk: each sync also writes the page again that it shares with the one before.
    assert log_bytes + (syncs + 1) * PAGE_BYTES <= MOST_BYTES
    assert syncs > 300
