"""An hour of outage at ten uplinks a second writes little, and an hour without one writes nothing.

The hour passes in seconds, so what a journal writes by its own timers is not in the figure; docs/outage-store.md has a
measurement of a whole file system in real time.
"""

import random
from pathlib import Path

import msgspec

from forwarder.store.keeper import SYNC_S
from tests.forwarder.store.scene import fates, opened, segments, stored, uplinks_in
from tests.packets import packet

MOST_BYTES = 20_000_000
PAGE_BYTES = 4096
SECOND_MS = 1000


def written_bytes() -> int:
    """What this process made the kernel write: proc_pid_io(5). Nothing counts on a disk made of memory."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["write_bytes"])


def test_an_hour_of_outage_at_ten_uplinks_a_second_writes_at_most_twenty_megabytes(tmp_path: Path) -> None:
    store, chance, syncs, before = opened(tmp_path, now_ms=0), random.Random(1), 0, written_bytes()
    for key in range(1, 36_001):
        now_ms = key * 100
        heard = stored(key << 20, device=~(key % 50), at_ms=now_ms)
        uplink = msgspec.structs.replace(heard.uplink, packet=packet(payload=chance.randbytes(24)))
        store.append(msgspec.structs.replace(heard, uplink=uplink), now_ms)
        if now_ms % (SYNC_S * SECOND_MS) == 0:
            store.sync(now_ms)
            syncs += 1
    assert syncs == 3600 / SYNC_S
    assert written_bytes() - before <= MOST_BYTES
    log_bytes = sum(len(uplinks_in(path)) for path in segments(tmp_path)) + len(fates(tmp_path))
    # By arithmetic, for any disk: a sync also writes the page again that it shares with the one before; and a journal
    # that is written every five seconds, three pages each time.
    assert log_bytes + syncs * PAGE_BYTES + 3600 // 5 * 3 * PAGE_BYTES <= MOST_BYTES


def test_an_hour_in_which_servers_answer_writes_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path, now_ms=0)
    for now_ms in range(0, 3600 * SECOND_MS, 2 * SECOND_MS):
        store.delivered([now_ms << 20], now_ms)
        store.tend(now_ms)
        assert not store.needs_sync
    assert list(tmp_path.iterdir()) == []
